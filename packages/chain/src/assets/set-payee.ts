import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Where the sender’s own claims are paid (zero: to itself), and whether only the sender may start them. */
export function setPayee(writer: Writer, account: Address, payee: Address, onlySelf: boolean): Promise<Sent<void>> {
  return send(writer, { address: account, abi: assetAccountAbi, functionName: 'setPayee', args: [payee, onlySelf] });
}
