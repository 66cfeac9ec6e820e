import type { ExactRecord, HubCharge } from '@tributary/payments';
import type { Hex32 } from '@tributary/protocol';

/** Where an answer's money comes from, as the payment names it, and what the journal says of it. */
interface PayerSide {
  payerChannelId: Hex32;
  payerFrom: bigint;
  payerTo: bigint;
  charge: HubCharge | null;
  exact: ExactRecord | null;
}

/** Money set aside for one request. Exactly one of `charge` and `release` ends it. */
export interface Hold {
  /**
   * Charges the answer, base units. Synchronous, so that the journal keeps the order of the books.
   * For a payment of fixed amount the side says what was really transferred.
   */
  charge(amount: bigint): PayerSide;
  /** The answer failed: nothing is charged. What moved already goes back. Without effect once `charge` was called. */
  release(): Promise<void> | void;
  /** Headers of the answer, for x402 clients. A stream asks before its charge is known. */
  headers?(): Record<string, string>;
}

/** Somebody who pays for a request. */
export interface Payer {
  /** Whose stored answers may be replayed: never another payer's. */
  readonly id: string;
  /** True when the request itself proved who it is; otherwise a successful `hold` does. */
  readonly proven: boolean;
  /** The request's id where the payer chose one. */
  readonly requestId?: Hex32;
  /** Sets aside the most the request may cost; payments that must move first, move here. @throws 402, 429 */
  hold(requestId: Hex32, amount: bigint): Promise<Hold>;
}
