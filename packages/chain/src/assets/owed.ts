import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** What upstream number `index` (0-based) can pull now, base units of `token`. */
export function owed(reader: Reader, account: Address, index: number, token: Address): Promise<bigint> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'owed', args: [BigInt(index), token] });
}
