import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';

/** Moves an asset's description. Only its owner; else `not_owner`. */
export function setURI(writer: Writer, account: Address, uri: string): Promise<Sent> {
  return send(writer, {
    address: writer.contracts.assetRegistry,
    abi: assetRegistryAbi,
    functionName: 'setURI',
    args: [account, uri],
  });
}
