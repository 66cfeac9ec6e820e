import { decodeLogs, type NetworkEvent, type Reader, toTributaryError } from '@tributary/chain';
import { type Address, type Hex32, TributaryError } from '@tributary/protocol';
import { type Logger, pino } from 'pino';
import { BlockNotFoundError, formatLog, type Hex, type Log, pad, toEventSelector } from 'viem';
import { assets } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { appendRange, ensureSource, type FollowedBlock, lastBlocks, rollBack, TABLES_VERSION } from './tables.ts';

/** What the tables just took in. */
export interface FollowedEvents {
  /** In the order of the chain. */
  events: readonly NetworkEvent[];
  /** The last block followed. */
  head: FollowedBlock;
  /** Set when blocks were taken back first: what was told of blocks above this number never happened. */
  rolledBackTo?: number;
}

export interface Follower {
  /** Calls back after each change of the tables; gives the function that ends it. A listener's failure is logged. */
  onEvents(listener: (followed: FollowedEvents) => void): () => void;
  /** Follows the chain to its present head. */
  poll(): Promise<void>;
  /** Resolves when the tables have come to this block. */
  waitForBlock(number: bigint | number): Promise<void>;
  head(): FollowedBlock | null;
  stop(): Promise<void>;
}

export interface FollowerOptions {
  reader: Reader;
  store: Pick<Store, 'db'>;
  /** First block worth looking at: where the contracts were deployed. */
  fromBlock?: number;
  /** Pause between two looks at the chain. Default: the client's polling interval. 0: only `poll` looks. */
  intervalMs?: number;
  /** Blocks asked for at once; halved while the RPC endpoint refuses. */
  maxRange?: number;
  log?: Logger;
}

const ADDRESSES_PER_CALL = 500;
/** Blocks looked back at once for the common ancestor. */
const ANCESTOR_STEP = 64;
/** How long before its registration an account's address may have been paid to be found, blocks: a day at two seconds each. */
const PAID_AHEAD_BLOCKS = 43_200;
const TRANSFER = toEventSelector('Transfer(address,address,uint256)');

/**
 * Follows the network's events into the tables by polling. Every range is written with the hash of its last block; when
 * that block is no longer the chain's, the tables go back to the last one that is, and follow again from there.
 */
export async function startFollower({
  reader,
  store: { db },
  fromBlock = 0,
  intervalMs = reader.client.pollingInterval,
  maxRange = 2_000,
  log = pino({ level: 'silent' }),
}: FollowerOptions): Promise<Follower> {
  const { client, contracts } = reader;
  await ensureSource(db, JSON.stringify([TABLES_VERSION, reader.chainId, contracts]));
  const sources = [
    contracts.assetRegistry,
    contracts.channels,
    contracts.receiptLog,
    contracts.identityRegistry,
    contracts.reputationRegistry,
  ];
  const accounts = new Set<string>();
  let head: FollowedBlock | null = null;
  let range = maxRange;
  const listeners = new Set<(followed: FollowedEvents) => void>();
  const waiters = new Set<{ number: number; resolve: () => void; reject: (error: unknown) => void }>();

  async function loadTables(): Promise<void> {
    head = (await lastBlocks(db, 1))[0] ?? null;
    accounts.clear();
    for (const { account } of await db.select({ account: assets.account }).from(assets)) accounts.add(account);
  }

  async function blockAt(number: number): Promise<FollowedBlock | null> {
    try {
      const { hash, timestamp } = await client.getBlock({ blockNumber: BigInt(number) });
      return { number, hash, time: Number(timestamp) };
    } catch (error) {
      if (error instanceof BlockNotFoundError) return null;
      throw error;
    }
  }

  async function isOnChain(block: FollowedBlock): Promise<boolean> {
    return (await blockAt(block.number))?.hash === block.hash;
  }

  /** The newest block of the tables that the chain still has. */
  async function commonAncestor(): Promise<FollowedBlock | null> {
    let below: number | undefined;
    for (;;) {
      const candidates = await lastBlocks(db, ANCESTOR_STEP, below);
      if (candidates.length === 0) return null;
      for (const block of candidates) if (await isOnChain(block)) return block;
      below = candidates.at(-1)!.number;
    }
  }

  async function logsOf(addresses: readonly string[], from: number, to: number): Promise<Log<bigint, number, false>[]> {
    const out: Log<bigint, number, false>[] = [];
    for (let i = 0; i < addresses.length; i += ADDRESSES_PER_CALL) {
      const address = addresses.slice(i, i + ADDRESSES_PER_CALL) as Address[];
      out.push(...(await client.getLogs({ address, fromBlock: BigInt(from), toBlock: BigInt(to) })));
    }
    return out;
  }

  /** Transfers of the revenue tokens to accounts, and from them. The tokens' other transfers may be the world's. */
  async function transfersOf(
    addresses: readonly string[],
    from: number,
    to: number,
    sides: readonly ('payer' | 'payee')[],
  ): Promise<Log<bigint, number, false>[]> {
    const found = new Map<string, Log<bigint, number, false>>();
    for (let i = 0; i < addresses.length; i += ADDRESSES_PER_CALL) {
      const words = addresses.slice(i, i + ADDRESSES_PER_CALL).map((a) => pad(a as Hex));
      for (const side of sides) {
        const topics = side === 'payer' ? [TRANSFER, words] : [TRANSFER, null, words];
        const block = { fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` } as const;
        // By hand: viem's getLogs takes either a typed event or raw topics, never topics alone.
        const raw = await client.request({
          method: 'eth_getLogs',
          params: [{ address: [contracts.dollar, contracts.trib], topics, ...block }],
        });
        // Only mined logs are asked for.
        for (const log of raw) {
          found.set(`${log.blockNumber}:${log.logIndex}`, formatLog(log) as Log<bigint, number, false>);
        }
      }
    }
    return [...found.values()];
  }

  /** What reached accounts before they were registered: an address that will be an asset's can be paid ahead. */
  async function paidAhead(born: readonly string[], before: number): Promise<Log<bigint, number, false>[]> {
    const out: Log<bigint, number, false>[] = [];
    const first = Math.max(fromBlock, before - PAID_AHEAD_BLOCKS);
    for (let to = before - 1; born.length > 0 && to >= first; to -= range) {
      out.push(...(await transfersOf(born, Math.max(first, to - range + 1), to, ['payee'])));
    }
    return out;
  }

  /** Events of a range. New accounts speak in the very range they are registered in. */
  async function eventsOf(from: number, to: number): Promise<NetworkEvent[]> {
    const first = decodeLogs(contracts, await logsOf(sources, from, to), () => false);
    const born = first.flatMap((e) =>
      e.source === 'assetRegistry' && e.eventName === 'Registered' ? [e.args.account.toLowerCase()] : [],
    );
    const known = new Set([...accounts, ...born]);
    const spoken = decodeLogs(contracts, await logsOf([...known], from, to), (a) => known.has(a));
    const moved = [...(await paidAhead(born, from)), ...(await transfersOf([...known], from, to, ['payer', 'payee']))];
    return [...first, ...spoken, ...decodeLogs(contracts, moved, () => false)].sort((a, b) =>
      a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1,
    );
  }

  /** One step: a rollback, or one range. True when there is more to do. */
  async function step(): Promise<boolean> {
    const tip = await client.getBlock({ blockTag: 'latest' });
    const tipNumber = Number(tip.number);
    if (head?.hash === tip.hash) return false;
    if (head && (tipNumber < head.number || !(await isOnChain(head)))) {
      await takeBack(head);
      return true;
    }
    const from = head ? head.number + 1 : fromBlock;
    if (from > tipNumber) return false;
    const to = Math.min(tipNumber, from + range - 1);
    const last = await blockAt(to);
    if (!last) return true;
    let events: NetworkEvent[];
    try {
      events = await eventsOf(from, to);
    } catch (error) {
      if (range === 1) throw error;
      // Endpoints bound the span or the size of an answer, each in its own words.
      range = Math.max(1, Math.floor(range / 2));
      return true;
    }
    range = Math.min(maxRange, range * 2);
    const inner = await innerBlocks(events, last);
    // The chain may have changed while it was read; a block's hash covers all before it.
    if (!inner || !(await isOnChain(last)) || (head && !(await isOnChain(head)))) return true;
    if (await appendRange(db, head, [...inner, last], events)) {
      head = last;
      for (const e of events) {
        if (e.source === 'assetRegistry' && e.eventName === 'Registered') accounts.add(e.args.account.toLowerCase());
      }
      tell({ events, head: last });
    } else {
      await loadTables();
    }
    return to < tipNumber;
  }

  /** The blocks that events stand in, but the last one; null when they are gone already. */
  async function innerBlocks(events: readonly NetworkEvent[], last: FollowedBlock): Promise<FollowedBlock[] | null> {
    const hashes = new Map(events.map((e) => [Number(e.blockNumber), e.blockHash]));
    hashes.delete(last.number);
    const found = await Promise.all([...hashes.keys()].map(blockAt));
    const intact = found.every((block) => block !== null && block.hash === hashes.get(block.number));
    return intact ? (found as FollowedBlock[]) : null;
  }

  async function takeBack(from: FollowedBlock): Promise<void> {
    const ancestor = await commonAncestor();
    log.warn({ from: from.number, to: ancestor?.number ?? null }, 'the chain was reorganised; following again');
    const done = await rollBack(db, from, ancestor);
    await loadTables();
    const none: FollowedBlock = { number: fromBlock - 1, hash: `0x${'0'.repeat(64)}` as Hex32, time: 0 };
    if (done) tell({ events: [], head: ancestor ?? none, rolledBackTo: ancestor?.number ?? fromBlock - 1 });
  }

  function tell(followed: FollowedEvents): void {
    for (const waiter of waiters) {
      if (followed.head.number < waiter.number) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
    for (const listener of listeners) {
      try {
        listener(followed);
      } catch (error) {
        log.error({ err: error }, 'a listener of the follower failed');
      }
    }
  }

  let stopped = false;
  let polling: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  function poll(): Promise<void> {
    polling ??= (async () => {
      try {
        while (!stopped && (await step()));
      } catch (error) {
        throw toTributaryError(error, 'following the chain');
      } finally {
        polling = null;
      }
    })();
    return polling;
  }

  function schedule(): void {
    if (stopped || intervalMs === 0) return;
    timer = setTimeout(() => {
      poll()
        .catch((error: unknown) => log.warn({ err: error }, 'the chain cannot be followed just now'))
        .finally(schedule);
    }, intervalMs);
  }

  await loadTables();
  schedule();
  return {
    poll,
    head: () => head,
    onEvents(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    waitForBlock: (number) =>
      new Promise((resolve, reject) => {
        if (head && head.number >= Number(number)) resolve();
        else if (stopped) reject(stoppedError());
        else waiters.add({ number: Number(number), resolve, reject });
      }),
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      await polling?.catch(() => undefined);
      for (const waiter of waiters) waiter.reject(stoppedError());
    },
  };
}

function stoppedError(): TributaryError {
  return new TributaryError('follower_stopped', 'The follower has stopped.', { status: 503, retryable: true });
}
