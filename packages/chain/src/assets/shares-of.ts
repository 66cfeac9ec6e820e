import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Shares of a holder, 18 decimals. */
export function sharesOf(reader: Reader, account: Address, holder: Address): Promise<bigint> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'balanceOf', args: [holder] });
}
