import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** What the asset’s owner can claim now, base units of `token`. */
export function claimableOwner(reader: Reader, account: Address, token: Address): Promise<bigint> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'claimableOwner', args: [token] });
}
