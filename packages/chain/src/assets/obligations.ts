import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';

/** An ancestor with dues: what it asks for, and what reaches it over all paths, ppm of the account's revenue. */
export interface Obligation {
  ancestor: Address;
  duePpm: number;
  flowPpm: number;
}

/** The ancestors with dues that an account carries, its own included. Fixed at registration. */
export async function obligations(reader: Reader, account: Address): Promise<Obligation[]> {
  const call = { address: account, abi: assetAccountAbi, functionName: 'obligations', args: [] } as const;
  const found = await read(reader, call);
  return found.map(({ ancestor, due, flow }) => ({
    ancestor: ancestor.toLowerCase() as Address,
    duePpm: due,
    flowPpm: flow,
  }));
}
