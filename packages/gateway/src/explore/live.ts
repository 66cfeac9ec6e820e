import { assets, createReader, type Obligation, type Reader } from '@tributary/chain';
import { type Address, type Contracts, type Hex32, TributaryError } from '@tributary/protocol';
import type { Money } from '@tributary/protocol/explorer';
import { http, TransactionReceiptNotFoundError } from 'viem';

/** Questions to the chain under way at the same time; strangers' page loads must not crowd out our own. */
const PARALLEL = 2;
/** Calls in one JSON-RPC batch. */
const BATCH = 100;
const TIMEOUT_MS = 5_000;
/** Questions to the chain in one second, at most: strangers cause them, and endpoints count them. */
const MOST_PER_SECOND = 500;
/** Answers of one block that are kept. */
const MOST_KEPT = 10_000;

/** What only the contracts know, because it changes with every moment: asked in batches, never for a question of a payer. */
export interface LiveChain {
  /** What somebody can claim of an account now; as its owner too where `owner`. Null when the chain does not say just now. */
  claimable(account: Address, holder: Address, role: { holder: boolean; owner: boolean }): Promise<Money[] | null>;
  /** Fixed at registration. Null when the chain does not answer. */
  obligations(account: Address): Promise<Obligation[] | null>;
  /** The block of a transaction; null when there is no such transaction. */
  blockOf(txHash: Hex32): Promise<number | null>;
}

function unreachable(cause?: unknown): TributaryError {
  return new TributaryError('chain_unreachable', 'The chain does not answer just now.', {
    status: 503,
    retryable: true,
    cause,
  });
}

/**
 * @param head number of the newest block that is known: what a block said is not asked again within it
 * @param now milliseconds, monotonic
 */
export function createLiveChain(
  options: { rpc: string; chainId: number; contracts: Contracts },
  head: () => number,
  now: () => number = () => performance.now(),
): LiveChain {
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

  let second = 0;
  let askedInSecond = 0;
  /** Takes so many questions out of this second's; false when there are not enough left. */
  function mayAsk(questions: number): boolean {
    const current = Math.floor(now() / 1000);
    if (current !== second) askedInSecond = 0;
    second = current;
    if (askedInSecond + questions > MOST_PER_SECOND) return false;
    askedInSecond += questions;
    return true;
  }

  let claimableAt = -1;
  let claimable = new Map<string, Promise<Money[] | null>>();
  /** What is claimable changes with every block, and seldom within one. */
  function keptInBlock(key: string, ask: () => Promise<Money[] | null>): Promise<Money[] | null> {
    if (claimableAt !== head() || claimable.size >= MOST_KEPT) claimable = new Map();
    claimableAt = head();
    const known = claimable.get(key);
    const asked = known ?? ask();
    if (known === undefined) {
      const ofBlock = claimable;
      ofBlock.set(key, asked);
      // What the chain did not say may be asked again.
      void asked.then(
        (money) => money ?? ofBlock.delete(key),
        () => ofBlock.delete(key),
      );
    }
    return asked;
  }

  async function orNull<T>(questions: number, work: () => Promise<T>): Promise<T | null> {
    if (!mayAsk(questions)) return null;
    try {
      return await inTurn(work);
    } catch (error) {
      if (TributaryError.is(error)) return null;
      throw error;
    }
  }

  const claimableOf = (account: Address, holder: Address, role: { holder: boolean; owner: boolean }) =>
    orNull(2 * (Number(role.holder) + Number(role.owner)), async () => {
      const amounts = await Promise.all(
        [dollar, trib].map(async (token) => {
          const asHolder = role.holder ? await assets.claimable(reader, account, holder, token) : 0n;
          const asOwner = role.owner ? await assets.claimableOwner(reader, account, token) : 0n;
          return { token, amount: asHolder + asOwner };
        }),
      );
      return amounts.filter((m) => m.amount > 0n);
    });

  return {
    claimable: (account, holder, role) =>
      keptInBlock(`${account} ${holder} ${role.holder} ${role.owner}`, () => claimableOf(account, holder, role)),
    async obligations(account) {
      const known = kept.get(account);
      if (known) return known;
      const found = await orNull(1, () => assets.obligations(reader, account));
      if (found) kept.set(account, found);
      return found;
    },
    async blockOf(txHash) {
      if (!mayAsk(1)) throw unreachable();
      try {
        return Number((await inTurn(() => reader.client.getTransactionReceipt({ hash: txHash }))).blockNumber);
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return null;
        throw unreachable(error);
      }
    },
  };
}
