import type { Holder, Upstream } from '@tributary/chain';
import { type Address, type AssetKind, type Hex32, PPM, type SignedReceipt } from '@tributary/protocol';
import type { Place } from './claims.ts';

/** Shares of single answers are small: they are counted in millionths of a base unit. */
const MICRO = 1_000_000n;
/** Accounts shown at most; a graph of assets can be wide. */
const MAX_ACCOUNTS = 256;

/** Money on a channel: promised, claimed with a voucher, sent to the receiver. */
export interface ChannelStep {
  channelId: Hex32;
  receiver: Address;
  /** Base units that this answer moved here. */
  amount: bigint;
  state: 'promised' | 'claimed' | 'settled';
  claim: Place | null;
  settlement: Place | null;
}

/** One account on the way, and what of this answer it received. */
export interface AccountStep {
  account: Address;
  kind: AssetKind;
  /** This answer's part, millionths of a base unit. */
  microAmount: bigint;
  /** ppm of the account above that come here; 1,000,000 for the service itself. */
  weightPpm: number;
  /** The transaction that brought it; null while it waits at the account above. */
  arrived: Place | null;
  upstream: AccountStep[];
  holders: HolderStep[];
}

/** One share holder (or the asset's owner, where there are no shares). */
export interface HolderStep {
  holder: Address;
  role: 'holder' | 'owner';
  /** Part of the account's shares, ppm, rounded down. */
  sharePpm: number;
  microAmount: bigint;
  /** The claim that paid it out; null while it can still be claimed. */
  paid: Place | null;
}

/** The money path of one answer. */
export interface Trace {
  receiptHash: Hex32;
  /** Base units charged to the payer, and the service's part of it. */
  charged: bigint;
  price: bigint;
  /** Payer to gateway; null for a payment without a channel (x402 `exact`). */
  hub: ChannelStep | null;
  /** Gateway to the service's account. */
  spoke: ChannelStep | null;
  /** From the service's account on; null while the spoke's money has not arrived. */
  account: AccountStep | null;
}

/** Who a channel pays, and in what. */
export interface PaidBy {
  receiver: Address;
  token: Address;
}

/** Who got something of an account, and where on the chain; in its order. */
export type Payouts = readonly { to: Address; place: Place }[];

/** Where the events are read: the chain itself, or tables that follow it. */
export interface TraceSource {
  /** Null when no such channel was ever funded. */
  channel(channelId: Hex32): Promise<PaidBy | null>;
  /** The claim that first raised a channel's total to `to` or above; null when none has. */
  claim(channelId: Hex32, channel: PaidBy, to: bigint): Promise<Place | null>;
  /** The first settlement to the channel's receiver after a claim. */
  settlement(channel: PaidBy, claim: Place): Promise<Place | null>;
  asset(account: Address): Promise<{ kind: AssetKind; upstream: readonly Upstream[] }>;
  owner(account: Address): Promise<Address>;
  /** Who holds shares now. */
  holders(account: Address): Promise<readonly Holder[]>;
  /** What an account sent of a token after a place. */
  passedOn(account: Address, token: Address, after: Place): Promise<Payouts>;
  /** Holders and owners that an account paid dollars after a place; the money may have gone to their payees. */
  paidOut(account: Address, after: Place): Promise<Payouts>;
}

/** Follows the money of a receipt that holds; see `trace`. */
export async function followMoney(source: TraceSource, { receipt, payment }: SignedReceipt): Promise<Trace> {
  const hub = await channelStep(source, payment.payerChannelId, payment.payerFrom, payment.payerTo);
  const spoke = await channelStep(source, payment.channelId, payment.from, payment.to);
  return {
    receiptHash: payment.receiptHash,
    charged: payment.payerTo - payment.payerFrom,
    price: receipt.price,
    hub,
    spoke,
    account: spoke?.settlement ? await followAccount(source, receipt, spoke.settlement) : null,
  };
}

/**
 * How an answer's price is divided from the service's account on, as things stand now.
 * @param arrived Where the money came to the service; null while it has not: then nothing has arrived anywhere.
 */
export function followAccount(
  source: TraceSource,
  receipt: SignedReceipt['receipt'],
  arrived: Place | null,
): Promise<AccountStep> {
  return accountStep(source, {
    account: receipt.service,
    token: receipt.token,
    microAmount: receipt.price * MICRO,
    weightPpm: Number(PPM),
    arrived,
    budget: { left: MAX_ACCOUNTS },
  });
}

async function channelStep(
  source: TraceSource,
  channelId: Hex32,
  from: bigint,
  to: bigint,
): Promise<ChannelStep | null> {
  if (from === to || /^0x0+$/.test(channelId)) return null;
  const channel = await source.channel(channelId);
  if (!channel) return null;
  const claim = await source.claim(channelId, channel, to);
  const settlement = claim && (await source.settlement(channel, claim));
  return {
    channelId,
    receiver: channel.receiver,
    amount: to - from,
    state: settlement ? 'settled' : claim ? 'claimed' : 'promised',
    claim,
    settlement,
  };
}

interface Arrival {
  account: Address;
  token: Address;
  microAmount: bigint;
  weightPpm: number;
  arrived: Place | null;
  budget: { left: number };
}

async function accountStep(source: TraceSource, at: Arrival): Promise<AccountStep> {
  at.budget.left -= 1;
  const { kind, upstream: edges } = await source.asset(at.account);
  const pulls = at.arrived ? await source.passedOn(at.account, at.token, at.arrived) : [];
  const upstream: AccountStep[] = [];
  for (const edge of edges) {
    if (at.budget.left <= 0) break;
    const arrived = pulls.find((p) => p.to === edge.account)?.place ?? null;
    upstream.push(
      await accountStep(source, {
        account: edge.account,
        token: at.token,
        microAmount: (at.microAmount * BigInt(edge.weightPpm)) / PPM,
        weightPpm: edge.weightPpm,
        arrived,
        budget: at.budget,
      }),
    );
  }
  const edgesPpm = edges.reduce((sum, e) => sum + BigInt(e.weightPpm), 0n);
  const rest = (at.microAmount * (PPM - edgesPpm)) / PPM;
  return {
    account: at.account,
    kind,
    microAmount: at.microAmount,
    weightPpm: at.weightPpm,
    arrived: at.arrived,
    upstream,
    holders: rest > 0n ? await holderSteps(source, at.account, rest, at.arrived) : [],
  };
}

async function holderSteps(
  source: TraceSource,
  account: Address,
  rest: bigint,
  arrived: Place | null,
): Promise<HolderStep[]> {
  const [holders, payouts] = await Promise.all([
    source.holders(account),
    arrived ? source.paidOut(account, arrived) : [],
  ]);
  const total = holders.reduce((sum, h) => sum + h.shares, 0n);
  const paidTo = (who: Address) => payouts.find((p) => p.to === who)?.place ?? null;
  if (total === 0n) {
    const owner = await source.owner(account);
    return [{ holder: owner, role: 'owner', sharePpm: Number(PPM), microAmount: rest, paid: paidTo(owner) }];
  }
  return holders.map((h) => ({
    holder: h.holder,
    role: 'holder',
    sharePpm: Number((h.shares * PPM) / total),
    microAmount: (rest * h.shares) / total,
    paid: paidTo(h.holder),
  }));
}
