import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';

/** Enough for an account with several upstreams in both tokens; what is not used is not paid. */
const FLUSH_GAS = 400_000n;

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
    // The registry goes on after an account that failed, so an estimate would leave the accounts no gas.
    extraGas: FLUSH_GAS * BigInt(accounts.length),
  });
}
