import { type Hex32, type SignedReceipt, TributaryError } from '@tributary/protocol';
import type { Hold } from './payer.ts';

const KEEP_SECONDS = 600;

/**
 * Charges of the ten minutes before this start, by request id. Between the record on disk and the last byte to the client a
 * crash can lose an answer that is paid; whoever comes back for it with the same `Idempotency-Key` gets it again, once, and pays
 * nothing more. Answers since the start are in `Replays`; one that its client cut off is in neither, or leaving early would be a
 * way to get the rest for nothing.
 */
export interface PaidBefore {
  add(receipt: SignedReceipt): void;
  /** A hold that charges nothing, for a request that was charged already; undefined for any other. */
  take(requestId: Hex32): Hold | undefined;
}

export function createPaidBefore(now: () => number = () => Math.floor(Date.now() / 1000)): PaidBefore {
  const paid = new Map<Hex32, SignedReceipt>();

  return {
    add(signed) {
      const { receipt, payment } = signed;
      if (payment.payerTo === payment.payerFrom) return;
      paid.set(receipt.requestId, signed);
      for (const [id, { receipt: oldest }] of paid) {
        if (oldest.issuedAt >= now() - KEEP_SECONDS) break;
        paid.delete(id);
      }
    },
    take(requestId) {
      const signed = paid.get(requestId);
      if (!signed || signed.receipt.issuedAt < now() - KEEP_SECONDS) return;
      paid.delete(requestId);
      const { payerChannelId, payerTo } = signed.payment;
      return {
        charge: () => ({ payerChannelId, payerFrom: payerTo, payerTo, charge: null, exact: null }),
        release() {
          paid.set(requestId, signed);
        },
      };
    },
  };
}

/** What a second request with the same key hears while the first is not yet answered. */
export function stillUnderWay(): TributaryError {
  return new TributaryError('idempotency_key_in_use', 'A request with this Idempotency-Key is under way.', {
    status: 409,
    retryable: true,
    hint: 'Send it again in a moment: it gets the same answer.',
  });
}
