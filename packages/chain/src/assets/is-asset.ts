import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';

/** Whether an address is the account of a registered asset. */
export function isAsset(reader: Reader, account: Address): Promise<boolean> {
  return read(reader, {
    address: reader.contracts.assetRegistry,
    abi: assetRegistryAbi,
    functionName: 'isAsset',
    args: [account],
  });
}
