import { type Address, ASSET_KINDS, type AssetKind } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** The kind of a registered asset. */
export async function kindOf(reader: Reader, account: Address): Promise<AssetKind> {
  const kind = await read(reader, { address: account, abi: assetAccountAbi, functionName: 'kind', args: [] });
  const name = ASSET_KINDS[kind];
  if (!name) throw new RangeError(`asset kind ${kind} is unknown to this version`);
  return name;
}
