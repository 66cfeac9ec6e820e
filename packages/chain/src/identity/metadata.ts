import { fromHex, toHex } from '@tributary/protocol';
import { read, type Sent, send } from '../call.ts';
import type { Reader, Writer } from '../clients.ts';
import { identityRegistryAbi } from '../generated/index.ts';

/** An identity's metadata entry; empty when never set. */
export async function getMetadata(reader: Reader, agentId: bigint, key: string): Promise<Uint8Array> {
  const value = await read(reader, {
    address: reader.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'getMetadata',
    args: [agentId, key],
  });
  return fromHex(value);
}

/** Writes a metadata entry. Its owner or an operator; `agentWallet` is reserved. */
export function setMetadata(writer: Writer, agentId: bigint, key: string, value: Uint8Array): Promise<Sent> {
  return send(writer, {
    address: writer.contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'setMetadata',
    args: [agentId, key, toHex(value)],
  });
}
