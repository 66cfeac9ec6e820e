import { hkdfSync } from 'node:crypto';
import { channels, tokens, type Writer } from '@tributary/chain';
import type { SpokeChannel } from '@tributary/payments';
import {
  type Address,
  type ChannelConfig,
  type ChannelDigests,
  type Curve,
  type Hex,
  sha256Hex,
  TributaryError,
} from '@tributary/protocol';
import type { Logger } from 'pino';
import { random32 } from '../random.ts';
import type { Books } from './books.ts';

/** Time for the services to claim in after the gateway wants its deposit back, seconds. */
const WITHDRAW_DELAY_SECONDS = 86_400;
const DEPOSIT_VALID_SECONDS = 3_600n;
/** A service that never earned anything gets this part of a full deposit: anybody can register one. */
const FIRST_PART = 20n;
/** Services that never earned anything, and have a deposit all the same, at most. */
const MOST_UNTRIED = 100;

/** What spokes need. */
export interface SpokesDeps {
  writer: Writer;
  /** The gateway's own key: its dollars fill the spokes. */
  key: Uint8Array;
  sessionAddress: Address;
  digests: ChannelDigests;
  curve: Curve;
  books: Pick<Books, 'spokes' | 'keep'>;
  /** Base units that a spoke of a well used service is filled up to. */
  deposit: bigint;
  /** When deposits come back from services that went away. */
  reclaim: {
    /** Time without an answer, seconds. */
    afterSeconds: number;
    /** Less is not worth two transactions, base units. */
    minimum: bigint;
    /** The service's node gives no card. */
    isGone(service: Address): boolean;
    /** When the service last answered, unix seconds; undefined when it never did. */
    lastAnswer(service: Address): number | undefined;
  };
  log: Logger;
}

/** The gateway's channels to services, opened and filled before they are needed. */
export interface Spokes {
  /** Opens the channel to a service, or finds it again after a restart. @throws when the gateway has no money */
  open(service: Address): Promise<void>;
  /** Fills a channel up again, so that it holds an answer at `needed` base units. Calls for one service share one transaction. */
  topUp(service: Address, needed: bigint): Promise<void>;
  /** After a restart: reads from the chain what the journal knows, so that it can be used again. */
  recover(): Promise<void>;
  /** Fills the channels that are running low. */
  topUpLow(): Promise<void>;
  /**
   * Takes back what services that are gone for long were not promised: announces it, and fetches it after the delay. Where
   * services that were never asked leave no room for others, the same happens to one of them at a time.
   */
  reclaim(): Promise<void>;
}

/** The private key that signs the gateway's vouchers, payments and sessions: derived, so that it needs no file of its own. */
export function sessionKeyOf(key: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', 'tributary gateway: spoke voucher key v1', 32));
}

export function createSpokes(deps: SpokesDeps): Spokes {
  const { writer, digests } = deps;
  const book = deps.books.spokes;
  const filling = new Map<Address, Promise<void>>();
  const payer = deps.curve.addressOf(deps.key);

  /** The same config after every restart, so a channel is found again without any file. */
  function configOf(service: Address): ChannelConfig {
    return {
      payer,
      payerAuthorizer: deps.sessionAddress,
      receiver: service,
      receiverAuthorizer: writer.contracts.spokeAuthorizer,
      token: writer.contracts.dollar,
      withdrawDelay: WITHDRAW_DELAY_SECONDS,
      salt: sha256Hex(`tributary spoke ${service}`),
    };
  }

  async function learn(config: ChannelConfig): Promise<void> {
    const onChain = await channels.state(writer, digests.channelId(config));
    await deps.books.keep(book.learn(config, onChain));
  }

  const isUntried = (s: SpokeChannel) => s.promised === 0n && s.left > 0n;
  const noRoom = () => book.channels().filter(isUntried).length >= MOST_UNTRIED;

  /** What a spoke is filled up to: as much as the service has earned so far, within bounds. */
  function targetOf(promised: bigint, needed = 0n): bigint {
    const first = deps.deposit / FIRST_PART || 1n;
    // An answer in hand was quoted and reserved by a payer: twice its price is no gift to one who has answered before.
    const forAnswer = promised === 0n ? needed : 2n * needed;
    const wanted = [first, promised, forAnswer].reduce((a, b) => (a > b ? a : b));
    return wanted < deps.deposit ? wanted : deps.deposit;
  }

  /** Fills a spoke up to its target, if less than half of that is left. */
  async function fillUp(config: ChannelConfig, left: bigint, promised: bigint, needed = 0n): Promise<void> {
    const target = targetOf(promised, needed);
    if (left >= target || (left >= target / 2n && left >= needed)) return;
    if (promised === 0n && left === 0n && noRoom()) {
      throw new TributaryError('too_many_untried', `${MOST_UNTRIED} services wait for their first question already.`, {
        status: 503,
      });
    }
    await deposit(config, target - left);
  }

  async function deposit(config: ChannelConfig, wanted: bigint): Promise<void> {
    const balance = await tokens.balanceOf(writer, payer);
    if (balance === 0n) {
      throw new TributaryError('gateway_without_money', `The gateway's account ${payer} holds no dollars.`, {
        status: 503,
        hint: 'Send it some, so that it can open channels to services.',
      });
    }
    // With less than wanted, what there is: some answers are better than none.
    const amount = balance < wanted ? balance : wanted;
    const channelId = digests.channelId(config);
    const { timestamp } = await writer.client.getBlock();
    const authorization = { validAfter: 0n, validBefore: timestamp + DEPOSIT_VALID_SECONDS, salt: random32() };
    const collector = writer.contracts.erc3009Collector;
    const digest = channels.depositDigest(await tokens.tokenDomain(writer), {
      payer,
      collector,
      amount,
      channelId,
      ...authorization,
    });
    const signature: Hex = deps.curve.sign(digest, deps.key);
    await channels.deposit(writer, config, amount, channels.erc3009CollectorData({ ...authorization, signature }));
  }

  /** Runs `work` unless the same is under way for this service. */
  function once(service: Address, work: () => Promise<void>): Promise<void> {
    const running = filling.get(service);
    if (running !== undefined) return running;
    const promise = work().finally(() => filling.delete(service));
    filling.set(service, promise);
    return promise;
  }

  function refuseWhilePending(service: Address, withdrawRequestedAt: number): void {
    if (withdrawRequestedAt === 0) return;
    throw new TributaryError('withdrawal_pending', `The deposit for ${service} is on its way back.`, {
      status: 503,
      hint: 'It went away for long; its channel opens again when the withdrawal is done.',
    });
  }

  /** Unix seconds since which a spoke has been of no use. */
  async function unusedSince({ channelId, config }: SpokeChannel): Promise<number> {
    const answered = deps.reclaim.lastAnswer(config.receiver);
    if (answered !== undefined) return answered;
    const [created] = await channels.created(writer, { channelId });
    // Not on this chain: there is nothing to take back.
    if (!created) return Number.POSITIVE_INFINITY;
    return Number((await writer.client.getBlock({ blockNumber: created.blockNumber })).timestamp);
  }

  async function takeBack({ channelId, config }: SpokeChannel, time: number): Promise<void> {
    const { receiver: service, withdrawDelay } = config;
    // Others can move a withdrawal on, and what we sent may have come through after all: the chain knows.
    await learn(config);
    const spoke = book.channel(channelId);
    if (!spoke?.onChain) return;
    const { onChain, left } = spoke;
    if (onChain.withdrawRequestedAt !== 0) {
      if (time < onChain.withdrawRequestedAt + withdrawDelay) return;
      await channels.finalizeWithdraw(writer, config);
      await learn(config);
      deps.log.info({ service, channelId }, 'the deposit of an unused service came back');
      return;
    }
    // Where there is no room for others, who was never asked makes some; the book begins with the oldest.
    const isUnwanted = deps.reclaim.isGone(service) || (isUntried(spoke) && noRoom());
    if (!isUnwanted || left < deps.reclaim.minimum) return;
    if (time < (await unusedSince(spoke)) + deps.reclaim.afterSeconds) return;
    await channels.initiateWithdraw(writer, config, left);
    await learn(config);
    deps.log.info({ service, channelId, amount: String(left) }, 'the deposit of an unused service is asked back');
  }

  const fill = (service: Address, needed: bigint): Promise<void> =>
    once(service, async () => {
      const spoke = book.channelOf(service);
      refuseWhilePending(service, spoke?.onChain?.withdrawRequestedAt ?? 0);
      await fillUp(configOf(service), spoke?.left ?? 0n, spoke?.promised ?? 0n, needed);
      await learn(configOf(service));
    });

  return {
    open: (service) =>
      once(service, async () => {
        const config = configOf(service);
        const onChain = await channels.state(writer, digests.channelId(config));
        refuseWhilePending(service, onChain.withdrawRequestedAt);
        const promised = book.channelOf(service)?.promised ?? onChain.totalClaimed;
        await fillUp(config, onChain.balance - promised, promised);
        await learn(config);
      }),
    topUp: fill,
    async recover() {
      for (const { config } of book.channels()) await learn(config);
    },
    async topUpLow() {
      for (const { config, onChain, left, promised } of book.channels()) {
        if (onChain?.withdrawRequestedAt === 0 && left < targetOf(promised) / 2n) await fill(config.receiver, 0n);
      }
    },
    async reclaim() {
      const time = Number((await writer.client.getBlock()).timestamp);
      for (const spoke of book.channels()) {
        const { receiver } = spoke.config;
        await once(receiver, () => takeBack(spoke, time)).catch((error: unknown) => {
          deps.log.warn({ err: error, service: receiver }, 'a deposit could not be taken back; it is tried again');
        });
      }
    },
  };
}
