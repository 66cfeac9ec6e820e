import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Passes on what an account owes its upstreams, in both tokens; what cannot be paid is skipped (event `Unpaid`). */
export function flush(writer: Writer, account: Address): Promise<Sent<void>> {
  return send(writer, { address: account, abi: assetAccountAbi, functionName: 'flush', args: [] });
}
