import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Gives shares away; what they earned until now stays the sender’s. Shares have 18 decimals. */
export function transferShares(writer: Writer, account: Address, to: Address, shares: bigint): Promise<Sent<boolean>> {
  return send(writer, { address: account, abi: assetAccountAbi, functionName: 'transfer', args: [to, shares] });
}
