import { type Address, toHex } from '@tributary/protocol';
import type { Reader } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';
import { eventLogs } from '../logs.ts';

/** A key that signed, or signs, for an identity, and from which block on. */
export interface PastWallet {
  wallet: Address | null;
  blockNumber: bigint;
}

/** Every agentWallet an identity ever had, oldest first; null where a transfer or its owner cleared it. */
export async function agentWallets(reader: Reader, agentId: bigint, fromBlock = 0n): Promise<PastWallet[]> {
  const logs = await eventLogs(reader, identityRegistryAbi, 'MetadataSet', {
    address: reader.contracts.identityRegistry,
    args: { agentId, indexedMetadataKey: 'agentWallet' },
    fromBlock,
  });
  return logs.map(({ args, blockNumber }) => {
    const value = args.metadataValue.toLowerCase();
    return { wallet: value === '0x' || value === toHex(new Uint8Array(20)) ? null : (value as Address), blockNumber };
  });
}
