import { assetAccountAbi, assets, eventLogs, type Reader, testDollarAbi } from '@tributary/chain';
import { type Address, type AssetKind, type Hex32, PPM, type SignedReceipt, TributaryError } from '@tributary/protocol';
import { checkAuthority } from './authority.ts';
import { findChannel, findClaim, findSettlement, isBefore, type Place, placeOf } from './claims.ts';
import { checkReceipt } from './receipt-check.ts';

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

/**
 * Follows the money of one answer through the chain's public events, with this answer's share at each step. A step that
 * has not happened yet is `null`, or in state `promised`. Throws `receipt_invalid` for a receipt that proves nothing.
 */
export async function trace(reader: Reader, signed: SignedReceipt): Promise<Trace> {
  const facts = checkReceipt(signed);
  const failed = [...facts.checks, ...(await checkAuthority(reader, signed, facts))].filter((c) => c.ok === false);
  if (failed.length > 0) {
    throw new TributaryError(
      'receipt_invalid',
      `This receipt does not hold: ${failed.map((c) => `${c.name} (${c.detail})`).join('; ')}.`,
      { hint: 'See `tributary verify` for every check.' },
    );
  }
  const { payment, receipt } = signed;
  const hub = await channelStep(reader, payment.payerChannelId, payment.payerFrom, payment.payerTo);
  const spoke = await channelStep(reader, payment.channelId, payment.from, payment.to);
  const account = spoke?.settlement
    ? await accountStep(reader, {
        account: receipt.service,
        token: receipt.token,
        microAmount: receipt.price * MICRO,
        weightPpm: Number(PPM),
        arrived: spoke.settlement,
        budget: { left: MAX_ACCOUNTS },
      })
    : null;
  return { receiptHash: facts.receiptHash, charged: facts.charged, price: receipt.price, hub, spoke, account };
}

async function channelStep(reader: Reader, channelId: Hex32, from: bigint, to: bigint): Promise<ChannelStep | null> {
  if (from === to || /^0x0+$/.test(channelId)) return null;
  const config = await findChannel(reader, channelId);
  if (!config) return null;
  const claim = await findClaim(reader, channelId, config, to);
  const settlement = claim && (await findSettlement(reader, config, claim));
  return {
    channelId,
    receiver: config.receiver,
    amount: to - from,
    state: settlement ? 'settled' : claim ? 'claimed' : 'promised',
    claim: claim && placeOf(claim),
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

async function accountStep(reader: Reader, at: Arrival): Promise<AccountStep> {
  at.budget.left -= 1;
  const [kind, edges] = await Promise.all([assets.kindOf(reader, at.account), assets.upstream(reader, at.account)]);
  const pulls = at.arrived ? await passedOn(reader, at.account, at.token, at.arrived) : [];
  const upstream: AccountStep[] = [];
  for (const edge of edges) {
    if (at.budget.left <= 0) break;
    const arrived = pulls.find((p) => p.to === edge.account)?.place ?? null;
    upstream.push(
      await accountStep(reader, {
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
    holders: rest > 0n ? await holderSteps(reader, at.account, rest, at.arrived) : [],
  };
}

async function holderSteps(
  reader: Reader,
  account: Address,
  rest: bigint,
  arrived: Place | null,
): Promise<HolderStep[]> {
  const [holders, payouts] = await Promise.all([
    assets.holders(reader, account),
    arrived ? claimsOf(reader, account, arrived) : [],
  ]);
  const total = holders.reduce((sum, h) => sum + h.shares, 0n);
  const paidTo = (who: Address) => payouts.find((p) => p.to === who)?.place ?? null;
  if (total === 0n) {
    const owner = (await assets.ownerOf(reader, account)).toLowerCase() as Address;
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

/** What happened after a moment, by who got something, in the order of the chain. */
type Payouts = { to: Address; place: Place }[];

/** Dollars that an account sent on, by receiver: the token's own transfers, whatever made them. */
async function passedOn(reader: Reader, account: Address, token: Address, after: Place): Promise<Payouts> {
  const sent = await eventLogs(reader, testDollarAbi, 'Transfer', {
    address: token,
    args: { from: account },
    fromBlock: after.blockNumber,
  });
  return sent
    .filter((log) => log.args.value > 0n && isBefore(after, log))
    .map((log) => ({ to: log.args.to.toLowerCase() as Address, place: placeOf(log) }));
}

/** Claims of share holders and of the owner; the money may have gone to their payees. */
async function claimsOf(reader: Reader, account: Address, after: Place): Promise<Payouts> {
  const where = { address: account, fromBlock: after.blockNumber };
  const [claimed, owner] = await Promise.all([
    eventLogs(reader, assetAccountAbi, 'Claimed', where),
    eventLogs(reader, assetAccountAbi, 'OwnerPaid', where),
  ]);
  return [
    ...claimed.map((l) => ({ to: l.args.holder, dollars: l.args.dollars, place: placeOf(l) })),
    ...owner.map((l) => ({ to: l.args.owner, dollars: l.args.dollars, place: placeOf(l) })),
  ]
    .filter((p) => p.dollars > 0n && isBefore(after, p.place))
    .map(({ to, place }) => ({ to: to.toLowerCase() as Address, place }));
}
