import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { assetAccountAbi } from '../generated/index.ts';
import type { Upstream } from './register.ts';

/** The upstream accounts with their weights, in order of registration. */
export async function upstream(reader: Reader, account: Address): Promise<Upstream[]> {
  const [accounts, weights] = await read(reader, {
    address: account,
    abi: assetAccountAbi,
    functionName: 'upstream',
    args: [],
  });
  return accounts.map((a, i) => ({ account: a.toLowerCase() as Address, weightPpm: weights[i] ?? 0 }));
}
