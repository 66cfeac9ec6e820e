import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';

/**
 * Passes money on along a path, in the given order: the paid account first, then what is upstream of it. An account
 * whose flush fails is skipped; an address that is no asset makes `unknown_asset`.
 */
export function flushMany(writer: Writer, accounts: readonly Address[]): Promise<Sent> {
  return send(writer, {
    address: writer.contracts.assetRegistry,
    abi: assetRegistryAbi,
    functionName: 'flushMany',
    args: [accounts],
  });
}
