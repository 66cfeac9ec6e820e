import {
  claimsCovering,
  type Database,
  listChannels,
  listHolders,
  payoutsAfter,
  settlementAfter,
  timesOf,
  transfersAfter,
} from '@tributary/ledger';
import type { Address, SignedReceipt } from '@tributary/protocol';
import type { Place as ApiPlace, MoneyPath } from '@tributary/protocol/explorer';
import {
  type AccountStep,
  type ChannelStep,
  followAccount,
  followMoney,
  type Payouts,
  type Trace,
  type TraceSource,
} from '@tributary/sdk';
import { type Explore, refOf } from './context.ts';

/** Share holders shown of one account. */
const MOST_HOLDERS = 100;

type Place = NonNullable<ChannelStep['claim']>;

function toPlace(place: ApiPlace): Place {
  return { transactionHash: place.txHash, blockNumber: BigInt(place.blockNumber), logIndex: place.logIndex };
}

function after({ blockNumber, logIndex }: Place): { blockNumber: number; logIndex: number } {
  return { blockNumber: Number(blockNumber), logIndex };
}

function payouts(found: readonly { to: Address; place: ApiPlace }[]): Payouts {
  return found.map(({ to, place }) => ({ to, place: toPlace(place) }));
}

/** Traces by the tables: what `tributary trace` finds on the chain, without asking it. */
function tableSource({ db, book }: Explore): TraceSource {
  const assetOf = (account: Address) => {
    const node = book.get(account);
    return {
      kind: node?.asset.kind ?? 'work',
      upstream: node?.row.upstream.map(({ account: a, weightPpm }) => ({ account: a, weightPpm })) ?? [],
    };
  };
  return {
    channel: async (channelId) => (await listChannels(db, { channelId }, 1))[0] ?? null,
    async claim(channelId, _, to) {
      const [claim] = await claimsCovering(db, [{ channelId, to }]);
      return claim ? toPlace(claim) : null;
    },
    async settlement(channel, claim) {
      const place = await settlementAfter(db, channel, after(claim));
      return place && toPlace(place);
    },
    asset: async (account) => assetOf(account),
    owner: async (account) => book.get(account)?.asset.owner ?? account,
    holders: async (account) => {
      const { rows } = await listHolders(db, account, { limit: MOST_HOLDERS });
      return rows.filter((h) => h.shares > 0n);
    },
    passedOn: async (payer, token, at) => payouts(await transfersAfter(db, { payer, token }, after(at))),
    paidOut: async (account, at) => payouts(await payoutsAfter(db, account, after(at))),
  };
}

/** All places of a trace. */
function placesOf(found: { hub: ChannelStep | null; spoke: ChannelStep | null; account: AccountStep | null }): Place[] {
  const ofChannel = (step: ChannelStep | null) => (step ? [step.claim, step.settlement] : []);
  const ofAccount = (step: AccountStep): (Place | null)[] => [
    step.arrived,
    ...step.holders.map((h) => h.paid),
    ...step.upstream.flatMap(ofAccount),
  ];
  const all = [...ofChannel(found.hub), ...ofChannel(found.spoke), ...(found.account ? ofAccount(found.account) : [])];
  return all.filter((place) => place !== null);
}

async function timeReader(db: Database, found: Trace): Promise<(place: Place | null) => ApiPlace | null> {
  const numbers = [...new Set(placesOf(found).map((p) => Number(p.blockNumber)))];
  const times = await timesOf(db, numbers);
  return (place) => {
    if (!place) return null;
    const blockNumber = Number(place.blockNumber);
    const time = times.get(blockNumber) ?? 0;
    return { txHash: place.transactionHash, blockNumber, logIndex: place.logIndex, time };
  };
}

/** Where the money of one answer went, or how it will be divided once it arrives. */
export async function moneyPathOf(ctx: Explore, signed: SignedReceipt): Promise<MoneyPath> {
  const source = tableSource(ctx);
  const found = await followMoney(source, signed);
  const { receipt } = signed;
  const isWaiting = found.account === null && receipt.price > 0n;
  const planned = isWaiting ? await followAccount(source, receipt, null) : null;
  const at = await timeReader(ctx.db, found);
  const channel = (step: ChannelStep | null) =>
    step && { ...step, claim: at(step.claim), settlement: at(step.settlement) };
  const account = (step: AccountStep): NonNullable<MoneyPath['account']> => ({
    asset: refOf(ctx, step.account),
    microAmount: step.microAmount,
    weightPpm: step.weightPpm,
    arrived: at(step.arrived),
    holders: step.holders.map((h) => ({ ...h, paid: at(h.paid) })),
    upstream: step.upstream.map(account),
  });
  return {
    receiptHash: found.receiptHash,
    token: receipt.token,
    charged: found.charged,
    price: found.price,
    hub: channel(found.hub),
    spoke: channel(found.spoke),
    account: found.account && account(found.account),
    planned: planned && account(planned),
  };
}
