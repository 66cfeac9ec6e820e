import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Where a holder’s claims are paid and whether only the holder may start them. */
export function payeeOf(
  reader: Reader,
  account: Address,
  holder: Address,
): Promise<readonly [payee: Address, onlySelf: boolean]> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'payeeOf', args: [holder] });
}
