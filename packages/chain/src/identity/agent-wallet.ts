import { type Address, ZERO_ADDRESS } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';

/**
 * The key that signs for an identity, or null when none is set.
 *
 * @param blockNumber Asks about the past; needs an archive node for old blocks.
 */
export async function agentWallet(reader: Reader, agentId: bigint, blockNumber?: bigint): Promise<Address | null> {
  const wallet = await read(reader, {
    address: reader.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'getAgentWallet',
    args: [agentId],
    ...(blockNumber === undefined ? {} : { blockNumber }),
  });
  return wallet === ZERO_ADDRESS ? null : (wallet.toLowerCase() as Address);
}
