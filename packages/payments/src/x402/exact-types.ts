import type { Authorization, TokenDomain } from '@tributary/chain';
import { Address, Amount, type Curve, Hex32 } from '@tributary/protocol';
import { z } from 'zod';
import type { X402Chain } from './chain.ts';
import type { PaymentPayload, Requirements } from './schemas.ts';

const Transfer = { payer: Address, nonce: Hex32 };

/** Everything that changes the lasting state. `toWire` writes it, this schema reads it back. */
export const ExactRecord = z.discriminatedUnion('kind', [
  /** The transfer is about to be sent. */
  z.object({
    kind: z.literal('exact.settling'),
    ...Transfer,
    requestId: Hex32,
    amount: Amount,
    validBefore: z.string(),
    /** The chain's newest block before it was sent. */
    fromBlock: Amount.default(0n),
  }),
  /** It is on chain; the answer is owed. */
  z.object({ kind: z.literal('exact.settled'), ...Transfer, transaction: Hex32 }),
  /** The answer was given (or the transfer can no longer happen): nothing is owed. */
  z.object({ kind: z.literal('exact.closed'), ...Transfer }),
  /** The answer failed after its payment: the sum goes back. */
  z.object({ kind: z.literal('exact.refund_due'), ...Transfer, amount: Amount }),
  z.object({ kind: z.literal('exact.refunded'), ...Transfer, transaction: z.string() }),
]);
export type ExactRecord = z.infer<typeof ExactRecord>;

/** A payment that was checked and is set aside for one request. */
export interface ExactPayment {
  readonly requestId: Hex32;
  readonly payer: Address;
  readonly amount: bigint;
  readonly authorization: Authorization;
  readonly signature: `0x${string}`;
  /** The transfer is in none of the blocks before this one. */
  readonly fromBlock: bigint;
}

export interface ExactOptions {
  chain: X402Chain;
  curve: Curve;
  token: TokenDomain;
  /** Private key of `payTo`, which signs refunds. */
  gatewayKey: Uint8Array;
  /** Unix seconds; default: the system's clock. */
  now?: () => number;
}

/**
 * Payments by one EIP-3009 transfer at the quoted price. Per request: `verify`, journal `settling`, `settle`, journal its
 * record, then `answered` or `refund`. Every record is applied once it is on disk.
 */
export interface ExactPayments {
  /**
   * Checks a payment against its offer and sets it aside: no other request can use it. Throws 402 `invalid_exact_evm_…`.
   *
   * @param beforeChain called before the chain is read; may throw
   */
  verify(
    payment: PaymentPayload,
    offer: Requirements,
    requestId: Hex32,
    beforeChain?: () => void,
  ): Promise<ExactPayment>;
  /** Ends a request whose payment was not sent; the payer may use it again. */
  release(payment: ExactPayment): void;
  /** The record that must be on disk before `settle`: a crash in between then leads to a refund. */
  settling(payment: ExactPayment): ExactRecord;
  /** Brings the transfer into a block. Throws 402 when it fails. */
  settle(payment: ExactPayment): Promise<Extract<ExactRecord, { kind: 'exact.settled' }>>;
  /** The record that the answer was given; belongs into the same journal entry as the receipt. */
  answered(payment: ExactPayment): ExactRecord;
  /** The record that a settled payment goes back; `payRefunds` sends it. */
  refund(payment: ExactPayment): ExactRecord;
  /**
   * Records for payments that a crash or a lost transaction cut short: refunds of what arrived, closure of what never can. Some
   * are decided only when their authorization has ended, so it is called again and again.
   */
  recover(): Promise<ExactRecord[]>;
  /**
   * Sends the refunds that are due; a record for each one done. Happens once, whatever crashes: a refund is an EIP-3009
   * transfer whose nonce is made of the payment's, and a token takes a nonce once.
   */
  payRefunds(): AsyncIterable<ExactRecord>;
  /** Folds a record that is on disk into the lasting state. Idempotent. */
  apply(record: ExactRecord): void;
}
