import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Everything of `token` that ever arrived at the account, base units. */
export function received(reader: Reader, account: Address, token: Address): Promise<bigint> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'received', args: [token] });
}
