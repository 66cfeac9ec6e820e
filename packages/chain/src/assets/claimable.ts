import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** What `holder` can claim now, base units of `token`. */
export function claimable(reader: Reader, account: Address, holder: Address, token: Address): Promise<bigint> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'claimable', args: [holder, token] });
}
