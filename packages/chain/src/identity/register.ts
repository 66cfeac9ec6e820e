import { toHex } from '@tributary/protocol';
import { parseEventLogs } from 'viem';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';

/**
 * Registers an ERC-8004 identity; the sender owns it and is its first agentWallet. The first id is 0.
 *
 * @param metadata Entries by key; `agentWallet` is reserved.
 */
export async function register(
  writer: Writer,
  agentURI: string,
  metadata: Readonly<Record<string, Uint8Array>> = {},
): Promise<Sent<bigint> & { agentId: bigint }> {
  const entries = Object.entries(metadata).map(([metadataKey, value]) => ({
    metadataKey,
    metadataValue: toHex(value),
  }));
  const sent = await send(writer, {
    address: writer.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'register',
    args: [agentURI, entries],
  });
  // The simulated id may be another's by the time the transaction is in a block; the event is what counts.
  const [event] = parseEventLogs({ abi: identityRegistryAbi, eventName: 'Registered', logs: sent.receipt.logs });
  const agentId = event?.args.agentId ?? (sent.result as bigint);
  return { hash: sent.hash, receipt: sent.receipt, result: agentId, agentId };
}
