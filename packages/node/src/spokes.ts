import { type EarningsBook, type EarningsRecord, type OnChain, refuse } from '@tributary/payments';
import { type ChannelConfig, type Hex32, TributaryError } from '@tributary/protocol';

/** Refusals that a newer look at the chain may lift: the gateway has topped up since. */
const CURED_BY_LOOKING = new Set(['insufficient_balance', 'cumulative_exceeds_balance']);
/** A gateway without money must not make us ask the chain for each of its questions. */
const LOOK_AGAIN_MS = 250;

/** The channels that pay this node, as the chain has them. */
export interface Spokes {
  /** Reads a channel and takes it into the book. Throws a 402 unless it can pay one of our services now. */
  open(config: ChannelConfig, channelId: Hex32): Promise<void>;
  /** Reads one channel that the book knows again. */
  look(channelId: Hex32): Promise<OnChain>;
  /** Does something that depends on a channel's balance, and once more after a look at the chain if it fails for that. */
  withFreshBalance<T>(channelId: Hex32, work: () => T): Promise<T>;
}

export function createSpokes(options: {
  book: EarningsBook;
  keep(records: readonly EarningsRecord[]): Promise<void>;
  /** State of a channel on chain. */
  read(channelId: Hex32): Promise<OnChain>;
}): Spokes {
  const { book, keep, read } = options;
  const lookedAt = new Map<Hex32, number>();
  const looking = new Map<Hex32, Promise<OnChain>>();

  function look(channelId: Hex32): Promise<OnChain> {
    const running = looking.get(channelId);
    if (running !== undefined) return running;
    const reading = read(channelId)
      .then((onChain) => {
        book.refresh(channelId, onChain);
        return onChain;
      })
      .finally(() => looking.delete(channelId));
    looking.set(channelId, reading);
    return reading;
  }

  return {
    look,
    async open(config, channelId) {
      const onChain = await read(channelId);
      if (onChain.withdrawRequestedAt !== 0) {
        throw refuse('withdrawal_pending', `A withdrawal is pending on channel ${channelId}.`, {
          hint: 'Open another channel, or wait until the withdrawal is done.',
        });
      }
      if (onChain.balance <= onChain.totalClaimed) {
        throw refuse('insufficient_balance', `Channel ${channelId} has nothing left on this chain.`, {
          hint: 'Deposit into the channel first.',
        });
      }
      await keep(book.learn(config, onChain));
    },
    async withFreshBalance(channelId, work) {
      try {
        return work();
      } catch (error) {
        if (!TributaryError.is(error) || !CURED_BY_LOOKING.has(error.code)) throw error;
        const now = performance.now();
        // Who comes while somebody looks, waits for what is seen.
        if (!looking.has(channelId)) {
          if (now - (lookedAt.get(channelId) ?? Number.NEGATIVE_INFINITY) < LOOK_AGAIN_MS) throw error;
          lookedAt.set(channelId, now);
        }
        await look(channelId);
        return work();
      }
    },
  };
}
