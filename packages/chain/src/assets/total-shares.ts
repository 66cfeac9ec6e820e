import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** All shares there are, 18 decimals. */
export function totalShares(reader: Reader, account: Address): Promise<bigint> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'totalSupply', args: [] });
}
