import { hkdfSync } from 'node:crypto';
import { channels, tokens, type Writer } from '@tributary/chain';
import {
  type Address,
  type ChannelConfig,
  type ChannelDigests,
  type Curve,
  type Hex,
  sha256Hex,
  TributaryError,
} from '@tributary/protocol';
import { random32 } from '../random.ts';
import type { Books } from './books.ts';

/** Time for the services to claim in after the gateway wants its deposit back, seconds. */
const WITHDRAW_DELAY_SECONDS = 86_400;
const DEPOSIT_VALID_SECONDS = 3_600n;

/** What spokes need. */
export interface SpokesDeps {
  writer: Writer;
  /** The gateway's own key: its dollars fill the spokes. */
  key: Uint8Array;
  sessionAddress: Address;
  digests: ChannelDigests;
  curve: Curve;
  books: Pick<Books, 'spokes' | 'keep'>;
  /** Base units put into a spoke at a time. */
  deposit: bigint;
}

/** The gateway's channels to services, opened and filled before they are needed. */
export interface Spokes {
  /** Opens the channel to a service, or finds it again after a restart. @throws when the gateway has no money */
  open(service: Address): Promise<void>;
  /** Fills a channel up again. Calls for one service share one transaction. */
  topUp(service: Address): Promise<void>;
  /** After a restart: reads from the chain what the journal knows, so that it can be used again. */
  recover(): Promise<void>;
  /** Fills the channels that are running low. */
  topUpLow(): Promise<void>;
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

  async function deposit(config: ChannelConfig): Promise<void> {
    const balance = await tokens.balanceOf(writer, payer);
    if (balance === 0n) {
      throw new TributaryError('gateway_without_money', `The gateway's account ${payer} holds no dollars.`, {
        status: 503,
        hint: 'Send it some, so that it can open channels to services.',
      });
    }
    // With less than wanted, what there is: some answers are better than none.
    let amount = deps.deposit;
    if (balance < amount) amount = balance;
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

  const fill = (service: Address): Promise<void> =>
    once(service, async () => {
      await deposit(configOf(service));
      await learn(configOf(service));
    });

  return {
    open: (service) =>
      once(service, async () => {
        const config = configOf(service);
        const onChain = await channels.state(writer, digests.channelId(config));
        if (onChain.balance - onChain.totalClaimed < deps.deposit / 2n) await deposit(config);
        await learn(config);
      }),
    topUp: fill,
    async recover() {
      for (const { config } of book.channels()) await learn(config);
    },
    async topUpLow() {
      for (const { config } of book.needTopUp(deps.deposit / 2n)) await fill(config.receiver);
    },
  };
}
