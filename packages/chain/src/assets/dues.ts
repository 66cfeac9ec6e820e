import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Least ppm of its revenue that anything built on this asset must pay it. */
export function dues(reader: Reader, account: Address): Promise<number> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'dues', args: [] });
}
