import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';
import { type AssetFacts, registrationOf } from './register.ts';

/** The address that `register` would give `sender` for these facts: it can be paid before the asset exists. */
export async function predict(reader: Reader, sender: Address, facts: AssetFacts): Promise<Address> {
  const account = await read(reader, {
    address: reader.contracts.assetRegistry,
    abi: assetRegistryAbi,
    functionName: 'predict',
    args: [sender, registrationOf(facts)],
  });
  return account.toLowerCase() as Address;
}
