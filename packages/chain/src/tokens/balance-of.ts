import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { testDollarAbi } from '../generated/index.ts';

/** Tokens that `owner` holds, base units. */
export function balanceOf(reader: Reader, owner: Address, token: Address = reader.contracts.dollar): Promise<bigint> {
  return read(reader, { address: token, abi: testDollarAbi, functionName: 'balanceOf', args: [owner] });
}
