import { type Address, sameHex, TributaryError, ZERO_ADDRESS } from '@tributary/protocol';
import { hubDue, spokeDue } from './claim-due.ts';
import type { Claimer } from './claimer-types.ts';
import type { EarningsBook, EarningsRecord } from './earnings-types.ts';
import type { HubBook, HubRecord } from './hub-types.ts';
import type { Watched } from './watch-tower.ts';

/** A gateway's hub channels for the watch-tower. `record` journals and then applies. */
export function watchHub(options: {
  hub: HubBook;
  claimer: Claimer;
  receiver: Address;
  token: Address;
  record: (records: HubRecord[]) => Promise<void>;
  /** Who leaves owing less than this is let go: a claim would cost more, base units. Default 1. */
  dust?: bigint;
}): Watched {
  const { hub, claimer, receiver, token, record, dust = 1n } = options;
  return {
    channels: () => hub.channels(),
    refresh: hub.refresh,
    wants: (config) =>
      sameHex(config.receiver, receiver) &&
      sameHex(config.token, token) &&
      !sameHex(config.payerAuthorizer, ZERO_ADDRESS),
    owes: (channelId) => hub.claims().some((c) => c.channelId === channelId && hubDue(hub, c) >= dust),
    async learn(config, onChain) {
      await unlessRefused(async () => record(hub.learn(config, onChain)));
    },
    async claim(channelIds) {
      await claimer.claimNow(channelIds);
    },
    async drop(channelId) {
      const forgotten = hub.forget(channelId);
      if (forgotten) await record([forgotten]);
    },
  };
}

/** A node's spokes for the watch-tower. Spokes become known by sessions, so new ones are not taken in here. */
export function watchEarnings(options: {
  earnings: EarningsBook;
  claimer: Claimer;
  record: (records: EarningsRecord[]) => Promise<void>;
  /** As for `watchHub`. */
  dust?: bigint;
}): Watched {
  const { earnings, claimer, record, dust = 1n } = options;
  return {
    channels: () => earnings.channels(),
    refresh: earnings.refresh,
    wants: () => false,
    owes: (channelId) => earnings.claims().some((c) => c.channelId === channelId && spokeDue(earnings, c) >= dust),
    async learn(config, onChain) {
      await unlessRefused(async () => record(earnings.learn(config, onChain)));
    },
    async claim(channelIds) {
      await claimer.claimNow(channelIds);
    },
    async drop() {
      // The book keeps its totals: a gateway may fund the same spoke again.
    },
  };
}

/** A stranger may create any channel; one that does not fit our terms is simply not taken in. */
async function unlessRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(TributaryError.is(error) && error.status === 402)) throw error;
  }
}
