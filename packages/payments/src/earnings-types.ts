import {
  type Address,
  Amount,
  Attribution,
  ChannelConfig,
  type ChannelDigests,
  type Curve,
  Hex32,
  type Receipt,
  type ReceiptDigests,
  SignatureHex,
} from '@tributary/protocol';
import { z } from 'zod';
import type { OnChain } from './on-chain.ts';
import { PaymentEntry } from './payment-entry.ts';

/** Everything that changes the lasting state of the book. `toWire` writes it, this schema reads it back. */
export const EarningsRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('earnings.channel'), config: ChannelConfig, coveredTo: Amount }),
  z.object({
    kind: z.literal('earnings.payments'),
    channelId: Hex32,
    voucher: z.object({ maxClaimableAmount: Amount, signature: SignatureHex }),
    entries: z.array(PaymentEntry),
  }),
  /** A claim of [from, to) is on chain and its root posted. */
  z.object({ kind: z.literal('earnings.claimed'), channelId: Hex32, from: Amount, to: Amount, root: Hex32 }),
]);
export type EarningsRecord = z.infer<typeof EarningsRecord>;

/** One published leaf: what a claim was made of. Amounts and citations, no text. */
export const EarningsLeaf = z.object({ receiptHash: Hex32, amount: Amount, attribution: z.array(Attribution) });
export type EarningsLeaf = z.infer<typeof EarningsLeaf>;

/** What is known of one spoke. */
export interface EarningsChannel {
  readonly channelId: Hex32;
  readonly config: ChannelConfig;
  readonly onChain: OnChain | null;
  /** End of the last payment on disk. */
  readonly coveredTo: bigint;
  /** End of the last claim known. */
  readonly claimedTo: bigint;
  /** Prices of answers under way or signed less than `openSeconds` ago. */
  readonly uncovered: bigint;
  /** Prices of answers signed earlier, in the last day, and never paid. */
  readonly lost: bigint;
}

/** What a spoke can claim now: exactly its voucher's ceiling, with a leaf for every receipt in [from, to). */
export interface EarningsClaim {
  channelId: Hex32;
  config: ChannelConfig;
  voucher: { maxClaimableAmount: bigint; signature: `0x${string}` };
  from: bigint;
  to: bigint;
  leaves: EarningsLeaf[];
}

export interface EarningsBookOptions {
  channelDigests: ChannelDigests;
  receiptDigests: ReceiptDigests;
  curve: Curve;
  /** The provider's agentWallet, which signs receipts. */
  signer: Address;
  /** Accounts of the services that this node serves. */
  services: () => readonly Address[];
  spokeAuthorizer: Address;
  token: Address;
  /** Most that answers of one channel under way or signed within `openSeconds` may sum up to, base units. See `Credit`. */
  uncoveredLimit: bigint;
  /**
   * Most that answers of all channels together may sum up to beyond what the channels have earned by paying, base units;
   * what is lost of it grows back in a day.
   */
  unpaidLimit: bigint;
  /** Seconds in which a payment is expected. Default 60. */
  openSeconds?: number;
  /** Unix seconds; default: the system's clock. */
  now?: () => number;
}

/** A node's book of what gateways owe and pay it. Synchronous and in memory; journal, then `apply`. */
export interface EarningsBook {
  /** Takes in a spoke as read from the chain; also after a restart. Throws unless it pays one of our services. */
  learn(config: ChannelConfig, onChain: OnChain): EarningsRecord[];
  refresh(channelId: Hex32, onChain: Partial<OnChain>): void;
  channel(channelId: Hex32): EarningsChannel | undefined;
  channels(): EarningsChannel[];
  /** Counts a question that may cost `maxPrice`. Throws 402 `uncovered_limit`, `unpaid_limit`, `insufficient_balance`. */
  begin(channelId: Hex32, requestId: Hex32, maxPrice: bigint): void;
  /** Counts the answer as signed; from now on its payment is awaited. `receiptHash`, where known, saves hashing again. */
  signed(requestId: Hex32, receipt: Receipt, receiptHash?: Hex32): void;
  /** Ends a question that was not answered. */
  abandon(requestId: Hex32): void;
  /**
   * Checks a body of `POST /payments`. Null when everything in it is known; else the record to journal and `apply`, after
   * which `channel(id).coveredTo` is the answer. Throws 409 `gap`, 402 `voucher_signature`, 400 for the rest.
   */
  accept(body: unknown): EarningsRecord | null;
  /** Folds a record that is on disk into the lasting state. Idempotent. */
  apply(record: EarningsRecord): void;
  /** Spokes with something to claim. */
  claims(): EarningsClaim[];
}
