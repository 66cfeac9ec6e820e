import { channels, channelsAbi, type Reader } from '@tributary/chain';
import { ChannelConfig, type Hex32 } from '@tributary/protocol';
import { type Log, parseEventLogs } from 'viem';
import type { OnChain } from './on-chain.ts';
import { type Repeating, repeat } from './repeat.ts';

/** What the tower needs of a book; `HubBook` and `EarningsBook` fit through `watchHub` and `watchEarnings`. */
export interface Watched {
  channels(): readonly { channelId: Hex32; onChain: OnChain | null; config: ChannelConfig }[];
  refresh(channelId: Hex32, onChain: OnChain): void;
  /** Takes in a channel (journalled). Only called for channels that are wanted or known. */
  learn(config: ChannelConfig, onChain: OnChain): Promise<void>;
  /** Whether a channel that was just created concerns this book. */
  wants(config: ChannelConfig): boolean;
  /** Something can be claimed on the channel. */
  owes(channelId: Hex32): boolean;
  /** Claims these channels at once. */
  claim(channelIds: Hex32[]): Promise<void>;
  /** The channel is closed: empty, and nothing was ever claimed from it. */
  drop(channelId: Hex32): Promise<void>;
}

export interface WatchTowerOptions {
  reader: Reader;
  book: Watched;
  /** Block to look for new channels from. Default 0. */
  fromBlock?: bigint;
  onError?: (error: unknown) => void;
  /** Told when a payer announces a withdrawal. */
  onWithdrawal?: (channelId: Hex32) => void;
}

/** Keeps a book's view of the chain fresh, and claims at once when a payer wants to leave. */
export interface WatchTower {
  /** Reads every known channel anew (a withdrawal may have been announced while we were down) and finds new ones. */
  catchUp(): Promise<void>;
  /** Looks at the blocks since the last look. */
  poll(): Promise<void>;
  /** `catchUp`, then `poll` again and again. Rejects when the chain cannot be read at the start. */
  start(pollMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Blocks looked at again in every poll: a reorganisation may have put other events into them. */
const OVERLAP_BLOCKS = 12n;
const ENTRY_HEX = 96;
const LOOKS_AT_ONCE = 16;

/** A channel and what was last known of it. */
interface Seen {
  channelId: Hex32;
  config: ChannelConfig;
  onChain: OnChain | null;
}

export function createWatchTower(options: WatchTowerOptions): WatchTower {
  const { reader, book, fromBlock = 0n, onError = () => undefined, onWithdrawal } = options;
  let next = fromBlock;
  /** Events of the overlap that were handled, by block hash and index. */
  let seen = new Set<string>();
  let running: Repeating | undefined;

  async function look({ channelId, config, onChain: before }: Seen): Promise<void> {
    const state = await channels.state(reader, channelId);
    await book.learn(config, state);
    book.refresh(channelId, state);
    if (state.withdrawRequestedAt !== 0 && !before?.withdrawRequestedAt) onWithdrawal?.(channelId);
    // Only an empty channel that was never claimed from announces itself again when it is funded.
    if (state.balance === 0n) await book.drop(channelId);
  }

  /** Unclaimed vouchers reserve nothing: whoever wants to leave is claimed first. Tried again until it worked. */
  async function claimLeavers(): Promise<void> {
    const leaving = book
      .channels()
      .filter((c) => c.onChain?.withdrawRequestedAt && book.owes(c.channelId))
      .map((c) => c.channelId);
    if (leaving.length > 0) await book.claim(leaving);
  }

  async function lookAtAll(seen: readonly Seen[]): Promise<void> {
    for (let i = 0; i < seen.length; i += LOOKS_AT_ONCE) await Promise.all(seen.slice(i, i + LOOKS_AT_ONCE).map(look));
  }

  async function catchUp(): Promise<void> {
    const head = await reader.client.getBlockNumber({ cacheTime: 0 });
    const known = new Map<Hex32, Seen>(book.channels().map((c) => [c.channelId, c]));
    for (const { channelId, config } of await channels.created(reader, { fromBlock: next, toBlock: head })) {
      if (book.wants(config) && !known.has(channelId)) known.set(channelId, { channelId, config, onChain: null });
    }
    await lookAtAll([...known.values()]);
    next = head + 1n;
    await claimLeavers();
  }

  async function poll(): Promise<void> {
    const head = await reader.client.getBlockNumber({ cacheTime: 0 });
    const from = next > OVERLAP_BLOCKS ? next - OVERLAP_BLOCKS : 0n;
    if (from <= head) {
      const address = reader.contracts.channels;
      const logs = await reader.client.getLogs({ address, fromBlock: from, toBlock: head });
      const nowSeen = new Set(logs.map(keyOf));
      const fresh = logs.filter((log) => !seen.has(keyOf(log)));
      const known = new Map<Hex32, Seen>(book.channels().map((c) => [c.channelId, c]));
      const touched = new Set<Hex32>();
      for (const event of parseEventLogs({ abi: channelsAbi, logs: fresh })) {
        if (event.eventName === 'ChannelCreated') {
          const { channelId } = event.args;
          const config = ChannelConfig.parse(event.args.config);
          if (book.wants(config) && !known.has(channelId)) known.set(channelId, { channelId, config, onChain: null });
        }
        if (event.eventName === 'ClaimedCompact') for (const id of entriesOf(event.args.entries)) touched.add(id);
        else if ('channelId' in event.args) touched.add(event.args.channelId);
      }
      await lookAtAll([...touched].flatMap((channelId) => known.get(channelId) ?? []));
      // Only now: a round that failed is made again.
      seen = nowSeen;
      next = head + 1n;
    }
    await claimLeavers();
  }

  return {
    catchUp,
    poll,
    async start(pollMs) {
      await catchUp();
      running ??= repeat(poll, pollMs, onError);
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

function keyOf(log: Log): string {
  return `${log.blockHash}:${log.logIndex}`;
}

/** Channel ids of `ClaimedCompact`: 48 bytes an entry, the id first. */
function entriesOf(entries: `0x${string}`): Hex32[] {
  const ids: Hex32[] = [];
  for (let at = 2; at < entries.length; at += ENTRY_HEX) ids.push(`0x${entries.slice(at, at + 64)}`);
  return ids;
}
