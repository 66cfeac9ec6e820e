import {
  type Address,
  Amount,
  ChannelConfig,
  type ChannelDigests,
  type Curve,
  Hex32,
  type Reservation,
  Voucher,
} from '@tributary/protocol';
import { z } from 'zod';
import type { ApiKey } from './api-key.ts';
import type { OnChain, Terms } from './on-chain.ts';

/** How a request on a channel is paid. */
export type Pay =
  /** The gateway signs with the key that the API key derives, for this request only. */
  | { kind: 'apiKey'; apiKey: ApiKey }
  /** Our SDK: many requests at once. `bodyHash` is the SHA-256 of the request body as received. */
  | { kind: 'sdk'; voucher: Voucher; reservation: Reservation; bodyHash: Hex32 }
  /** The official x402 client: one request at a time, ceiling = charged + amount. */
  | { kind: 'x402'; voucher: Voucher };

export interface ReserveRequest {
  channelId: Hex32;
  /** Random, used once. For `sdk` it must be the reservation's. */
  requestId: Hex32;
  /** The most the request may cost, base units. */
  amount: bigint;
  pay: Pay;
}

/** An open reservation: money that this request may use. */
export interface HubReservation {
  readonly channelId: Hex32;
  readonly requestId: Hex32;
  readonly amount: bigint;
  readonly payer: Address;
}

export const HubCharge = z.object({
  kind: z.literal('hub.charge'),
  channelId: Hex32,
  requestId: Hex32,
  /** The interval [payerFrom, payerTo) of the payer's cumulative total. */
  payerFrom: Amount,
  payerTo: Amount,
  /** The best voucher after the charge, ceiling ≥ payerTo; null while nothing was ever charged. */
  voucher: Voucher.nullable(),
  /** Unix seconds until which the request id must be remembered; 0 when it need not be. */
  rememberUntil: z.number().int().nonnegative(),
});
/** One request's charge: goes to the journal, then to `apply`. */
export type HubCharge = z.infer<typeof HubCharge>;

/** Everything that changes the lasting state of the book. `toWire` writes it, this schema reads it back. */
export const HubRecord = z.discriminatedUnion('kind', [
  /** A channel that may be served; `charged` starts at what is already claimed on chain. */
  z.object({ kind: z.literal('hub.channel'), config: ChannelConfig, charged: Amount }),
  HubCharge,
  /** Nothing is owed on the channel any more; the chain alone knows it from now on. */
  z.object({ kind: z.literal('hub.forget'), channelId: Hex32 }),
]);
export type HubRecord = z.infer<typeof HubRecord>;

/** What is known of one channel. */
export interface HubChannel {
  readonly channelId: Hex32;
  readonly config: ChannelConfig;
  /** Null until `learn` or `refresh` told it since the start. */
  readonly onChain: OnChain | null;
  /** Cumulative total charged to the payer. */
  readonly charged: bigint;
  /** Sum of the open reservations. */
  readonly reserved: bigint;
  /** The best voucher: ceiling and signature; null when none was seen. */
  readonly voucher: Voucher | null;
  readonly openRequests: number;
}

/** A channel that owes a claim. */
export interface HubClaim {
  channelId: Hex32;
  config: ChannelConfig;
  voucher: Voucher;
  /** The new claimed total: what is charged and on disk. */
  totalClaimed: bigint;
}

export interface HubBookOptions {
  digests: ChannelDigests;
  curve: Curve;
  terms: Terms;
  /** Unix seconds; default: the system's clock. */
  now?: () => number;
  /** Requests that may wait for one channel; beyond it they are told `channel_busy`. Default 64. */
  maxWaiting?: number;
}

/**
 * The gateway's book of its payers' channels. Synchronous and in memory; whoever calls it journals the records it gives
 * and hands each to `apply` once it is on disk (replay hands over all of them). Only applied charges are ever claimed.
 */
export interface HubBook {
  /**
   * Takes in a channel as read from the chain; also after a restart, before which the channel is not served. Returns the
   * records to journal. Throws a 402 unless the terms fit.
   */
  learn(config: ChannelConfig, onChain: OnChain): HubRecord[];
  /** A newer state read from the chain (deposit, claim, withdrawal). Unknown channels are left alone. */
  refresh(channelId: Hex32, onChain: Partial<OnChain>): void;
  /** Ids of known channels that a key may sign for. */
  channelsOf(authorizer: Address): readonly Hex32[];
  /** The channel an API key pays from: the one with most left. Undefined when none is known. */
  channelOfApiKey(apiKey: ApiKey): Hex32 | undefined;
  channel(channelId: Hex32): HubChannel | undefined;
  channels(): HubChannel[];
  /** Reserves at once or throws a 402; `channel_busy` when an x402 client's earlier request is open. */
  reserve(request: ReserveRequest): HubReservation;
  /** The same, but waits (default at most 30 s) where `reserve` would answer `channel_busy`. */
  reserveWhenFree(request: ReserveRequest, options?: { timeoutMs?: number }): Promise<HubReservation>;
  /** Gives an open reservation back; nothing is charged. Unknown ids are left alone. */
  release(requestId: Hex32): void;
  /** Charges at most what was reserved and closes the reservation. Journal the record, then `apply` it. */
  charge(requestId: Hex32, amount: bigint): HubCharge;
  /** Keeps every request away from a channel, e.g. during a refund. Throws `channel_busy` while requests are open. */
  lock(channelId: Hex32): () => void;
  /** Takes a voucher without a request, e.g. of a refund. Throws a 402 when it is not the payer's. */
  takeVoucher(voucher: Voucher): void;
  /** Folds a record that is on disk into the lasting state. Idempotent. */
  apply(record: HubRecord): void;
  /** Channels with applied charges above what the chain has claimed. */
  claims(): HubClaim[];
  /** Drops a channel on which nothing is owed; the record to journal, or null when something still is. */
  forget(channelId: Hex32): HubRecord | null;
}
