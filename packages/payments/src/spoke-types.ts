import {
  type Address,
  Amount,
  ChannelConfig,
  type ChannelDigests,
  type Curve,
  type Hex,
  Hex32,
  type Payment,
  type Receipt,
  type ReceiptDigests,
} from '@tributary/protocol';
import { z } from 'zod';
import type { OnChain } from './on-chain.ts';
import { PaymentEntry, type PaymentsBody } from './payment-entry.ts';

/** Everything that changes the lasting state of the book. `toWire` writes it, this schema reads it back. */
export const SpokeRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('spoke.channel'), config: ChannelConfig, promised: Amount }),
  z.object({ kind: z.literal('spoke.payment'), entry: PaymentEntry }),
  /** The node has everything up to here on disk. */
  z.object({ kind: z.literal('spoke.acked'), channelId: Hex32, to: Amount }),
]);
export type SpokeRecord = z.infer<typeof SpokeRecord>;

/** What is known of one spoke. */
export interface SpokeChannel {
  readonly channelId: Hex32;
  readonly config: ChannelConfig;
  readonly onChain: OnChain | null;
  /** End of the last payment numbered: the cumulative promise to the service. */
  readonly promised: bigint;
  /** The node acknowledged everything below. */
  readonly ackedTo: bigint;
  /** Sum of the holds. */
  readonly held: bigint;
  /** Deposit not promised and not held. */
  readonly left: bigint;
  /** Payments on disk that the node has not acknowledged. */
  readonly undelivered: number;
}

export interface SpokeBookOptions {
  channelDigests: ChannelDigests;
  receiptDigests: ReceiptDigests;
  curve: Curve;
  /** Private key of the channels' payerAuthorizer, 32 bytes. */
  sessionKey: Uint8Array;
  /** The SpokeAuthorizer contract. */
  spokeAuthorizer: Address;
  token: Address;
}

/** An answer to be paid: the receipt as the provider signed it, and where it sits in the payer's money. */
export interface SpokePayment {
  channelId: Hex32;
  receipt: Receipt;
  /** The receipt's hash where it is known already: saves hashing again. */
  receiptHash?: Hex32;
  payerChannelId: Hex32;
  payerFrom: bigint;
  payerTo: bigint;
}

/**
 * The gateway's book of its channels to services. Synchronous and in memory: number, journal and apply as with the hub
 * book. Payments leave the process only when applied, so a number given before a crash was never seen by anybody.
 */
export interface SpokeBook {
  /** Takes in a channel as read from the chain. Returns records to journal. Throws unless it is one of ours. */
  learn(config: ChannelConfig, onChain: OnChain): SpokeRecord[];
  refresh(channelId: Hex32, onChain: Partial<OnChain>): void;
  channel(channelId: Hex32): SpokeChannel | undefined;
  channels(): SpokeChannel[];
  /** The channel that pays a service: the one with most left. */
  channelOf(service: Address): SpokeChannel | undefined;
  /** Sets money aside before a question is sent. Throws `spoke_deposit_low` (503) when the deposit does not suffice. */
  hold(channelId: Hex32, requestId: Hex32, amount: bigint): void;
  /** Gives a hold back. Unknown ids are left alone. */
  drop(requestId: Hex32): void;
  /** The next interval of the channel: [from, from + price). Ends the request's hold. Journal in the order of these calls. */
  number(channelId: Hex32, price: bigint, requestId?: Hex32): { from: bigint; to: bigint };
  /** Numbers and signs the payment of an answer. */
  pay(payment: SpokePayment): { payment: Payment; paymentSignature: Hex };
  /** Folds a record that is on disk into the lasting state. Idempotent. */
  apply(record: SpokeRecord): void;
  /** The next body of `POST /payments`: what the node has not acknowledged, at most 500 entries; null when nothing. */
  delivery(channelId: Hex32, max?: number): PaymentsBody | null;
  /** Records what a node says it has (`coveredTo`). Throws `spoke_behind` (409) when it lost acknowledged payments. */
  ack(channelId: Hex32, coveredTo: bigint): SpokeRecord | null;
  /** Puts acknowledged entries back in front for a node that lost them; the caller reads them from its store. */
  rewind(channelId: Hex32, entries: readonly PaymentEntry[]): void;
}
