import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';

/** Who owns an identity. Throws `erc721_nonexistent_token` when there is no such identity. */
export async function ownerOf(reader: Reader, agentId: bigint): Promise<Address> {
  const owner = await read(reader, {
    address: reader.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'ownerOf',
    args: [agentId],
  });
  return owner.toLowerCase() as Address;
}
