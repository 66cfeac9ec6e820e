import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** Who owns the asset now. */
export function ownerOf(reader: Reader, account: Address): Promise<Address> {
  return read(reader, { address: account, abi: assetAccountAbi, functionName: 'owner', args: [] });
}
