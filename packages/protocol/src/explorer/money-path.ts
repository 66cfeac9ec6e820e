import { z } from 'zod';
import { Address, Hex32 } from '../hex.ts';
import { Amount } from '../money.ts';
import { SignedReceipt } from '../receipt.ts';
import { AssetRef, Cursor, Limit, LiveLimit, Money, Next, Place } from './common.ts';

/** A receipt of this gateway. Its salt is left out (zero): that is its holder's. */
export const ReceiptRow = z
  .object({
    receiptHash: Hex32,
    receipt: SignedReceipt,
    asset: AssetRef.describe('The service that answered.'),
    charged: Amount.describe('Dollars the payer was charged, base units.'),
    state: z.enum(['free', 'promised', 'claimed']),
    claim: Place.nullable().describe('The claim that covers it.'),
  })
  .meta({ id: 'ReceiptRow' });
export type ReceiptRow = z.infer<typeof ReceiptRow>;

export const ReceiptsQuery = z.strictObject({
  order: z.enum(['newest', 'oldest']).optional().describe('`newest` when left out.'),
  service: Address.optional(),
  cursor: Cursor.optional(),
  limit: LiveLimit.optional(),
});
/** Oldest first, `next` is never null: it also finds what comes later. */
export const ReceiptsPage = z.object({ receipts: z.array(ReceiptRow), next: Next }).meta({ id: 'ReceiptsPage' });
export type ReceiptsPage = z.infer<typeof ReceiptsPage>;

/** Money on a channel: promised, claimed with a voucher, sent to the receiver. */
export const ChannelStep = z
  .object({
    channelId: Hex32,
    receiver: Address,
    amount: Amount.describe('What this answer moved here, base units.'),
    state: z.enum(['promised', 'claimed', 'settled']),
    claim: Place.nullable(),
    settlement: Place.nullable(),
  })
  .meta({ id: 'ChannelStep' });

export const HolderStep = z
  .object({
    holder: Address,
    role: z.enum(['holder', 'owner']),
    sharePpm: z.number().int(),
    microAmount: Amount,
    paid: Place.nullable().describe('The claim that paid it out; null while it can still be claimed.'),
  })
  .meta({ id: 'HolderStep' });

/** One account on the way, and what of this answer it received. */
export const AccountStep = z
  .object({
    asset: AssetRef,
    microAmount: Amount.describe('This answer’s part, millionths of a base unit.'),
    weightPpm: z.number().int().describe('ppm of the account before that come here.'),
    arrived: Place.nullable().describe('The transfer that brought it; null while it waits at the account before.'),
    holders: z.array(HolderStep),
    get upstream(): z.ZodArray<typeof AccountStep> {
      return z.array(AccountStep);
    },
  })
  .meta({ id: 'AccountStep' });
export type AccountStep = z.infer<typeof AccountStep>;

/** Where the money of one answer went: what `tributary trace` shows. */
export const MoneyPath = z
  .object({
    receiptHash: Hex32,
    token: Address,
    charged: Amount.describe('To the payer, base units.'),
    price: Amount.describe('The service’s part of it.'),
    hub: ChannelStep.nullable().describe('Payer to gateway; null for a payment without a channel.'),
    spoke: ChannelStep.nullable().describe('Gateway to the service’s account; null for a free answer.'),
    account: AccountStep.nullable().describe('From the service’s account on; null while the money has not arrived.'),
    planned: AccountStep.nullable().describe('Before it has arrived: how it will be divided as things stand now.'),
  })
  .meta({ id: 'MoneyPath' });
export type MoneyPath = z.infer<typeof MoneyPath>;

/** One channel in one claim. */
export const Claim = z
  .object({
    channelId: Hex32,
    payer: Address,
    receiver: Address,
    asset: AssetRef.nullable().describe('The service that is paid; null for a payer’s channel to a gateway.'),
    token: Address,
    claimed: Amount.describe('What this claim added.'),
    totalClaimed: Amount,
    sender: Address,
    place: Place,
    receipts: z
      .object({ from: Amount, to: Amount, root: Hex32, leavesHash: Hex32, place: Place })
      .nullable()
      .describe('The Merkle-sum root of the receipts it paid for, where one was logged.'),
  })
  .meta({ id: 'Claim' });
export type Claim = z.infer<typeof Claim>;

export const ClaimsQuery = z.strictObject({
  channel: Hex32.optional(),
  receiver: Address.optional(),
  cursor: Cursor.optional(),
  limit: Limit.optional(),
});
/** Newest first. */
export const ClaimsPage = z.object({ claims: z.array(Claim), next: Next }).meta({ id: 'ClaimsPage' });
export type ClaimsPage = z.infer<typeof ClaimsPage>;

/** What can happen on the chain, in the words of this project. */
export const EVENT_KINDS = [
  'registered',
  'owner_changed',
  'described',
  'shares_moved',
  'channel_opened',
  'deposited',
  'refunded',
  'withdrawal_started',
  'withdrawn',
  'claimed',
  'settled',
  'receipts_logged',
  'paid_in',
  'passed_on',
  'paid_out',
  'party_registered',
  'rated',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** One thing that happened on the chain. What a kind of event does not have is null. */
export const ChainEvent = z
  .object({
    kind: z.enum(EVENT_KINDS),
    place: Place,
    asset: AssetRef.nullable().describe('The asset it happened to.'),
    from: Address.nullable(),
    to: Address.nullable(),
    money: z.array(Money),
    shares: Amount.nullable(),
    channelId: Hex32.nullable(),
    agentId: Amount.nullable(),
  })
  .meta({ id: 'ChainEvent' });
export type ChainEvent = z.infer<typeof ChainEvent>;

export const EventsQuery = z.strictObject({
  kind: z.enum(EVENT_KINDS).optional(),
  asset: Address.optional(),
  address: Address.optional().describe('Only events that pay, are paid by, or give shares to this address.'),
  cursor: Cursor.optional(),
  limit: Limit.optional(),
});
/** Newest first. */
export const EventsPage = z.object({ events: z.array(ChainEvent), next: Next }).meta({ id: 'EventsPage' });
export type EventsPage = z.infer<typeof EventsPage>;

/** What one transaction did to this network, in order. */
export const Transaction = z
  .object({
    txHash: Hex32,
    blockNumber: z.number().int().nonnegative(),
    time: z.number().int().nonnegative(),
    events: z.array(ChainEvent),
  })
  .meta({ id: 'Transaction' });
export type Transaction = z.infer<typeof Transaction>;
