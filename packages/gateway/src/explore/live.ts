import { assets, createReader, type Obligation, type Reader } from '@tributary/chain';
import { type Address, type Contracts, type Hex32, TributaryError } from '@tributary/protocol';
import type { Money } from '@tributary/protocol/explorer';
import { http, TransactionReceiptNotFoundError } from 'viem';

/** Questions to the chain under way at the same time; strangers' page loads must not crowd out our own. */
const PARALLEL = 2;
/** Calls in one JSON-RPC batch. */
const BATCH = 100;
const TIMEOUT_MS = 5_000;

/** What only the contracts know, because it changes with every moment: asked in batches, never for a question of a payer. */
export interface LiveChain {
  /** What somebody can claim of an account now; as its owner too where `owner`. Null when the chain does not answer. */
  claimable(account: Address, holder: Address, role: { holder: boolean; owner: boolean }): Promise<Money[] | null>;
  /** Fixed at registration. Null when the chain does not answer. */
  obligations(account: Address): Promise<Obligation[] | null>;
  /** The block of a transaction; null when there is no such transaction. */
  blockOf(txHash: Hex32): Promise<number | null>;
}

export function createLiveChain(options: { rpc: string; chainId: number; contracts: Contracts }): LiveChain {
  const transport = http(options.rpc, { batch: { batchSize: BATCH }, retryCount: 1, timeout: TIMEOUT_MS });
  const reader: Reader = createReader({ ...options, transport });
  const { dollar, trib } = options.contracts;
  const kept = new Map<Address, Obligation[]>();
  let running = 0;
  const waiting: (() => void)[] = [];

  /** Lets a few pages ask at a time; all calls of one page go out together, in batches. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (running >= PARALLEL * BATCH) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await work();
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await inTurn(work);
    } catch (error) {
      if (TributaryError.is(error)) return null;
      throw error;
    }
  }

  return {
    claimable: (account, holder, role) =>
      orNull(async () => {
        const amounts = await Promise.all(
          [dollar, trib].map(async (token) => {
            const asHolder = role.holder ? await assets.claimable(reader, account, holder, token) : 0n;
            const asOwner = role.owner ? await assets.claimableOwner(reader, account, token) : 0n;
            return { token, amount: asHolder + asOwner };
          }),
        );
        return amounts.filter((m) => m.amount > 0n);
      }),
    async obligations(account) {
      const known = kept.get(account);
      if (known) return known;
      const found = await orNull(() => assets.obligations(reader, account));
      if (found) kept.set(account, found);
      return found;
    },
    async blockOf(txHash) {
      try {
        return Number((await inTurn(() => reader.client.getTransactionReceipt({ hash: txHash }))).blockNumber);
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return null;
        throw new TributaryError('chain_unreachable', 'The chain does not answer just now.', {
          status: 503,
          retryable: true,
          cause: error,
        });
      }
    },
  };
}
