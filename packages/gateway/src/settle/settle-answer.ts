import { type SignedReceipt, withFee } from '@tributary/protocol';
import type { Found, Question } from '../dispatch/question.ts';
import type { Books } from './books.ts';
import type { Hold } from './payer.ts';

/** Money of one answer, base units. */
export interface Bill {
  /** What the payer was charged. */
  charged: bigint;
  /** What the service earned of it. */
  price: bigint;
  receipt: SignedReceipt;
  /** The answer's number in the journal. */
  seq: number;
}

/** What settling needs. */
export interface Settlement {
  chainId: number;
  receiptLog: SignedReceipt['receiptLog'];
  feePpm: bigint;
  books: Books;
}

/**
 * Charges the payer, promises the service its price, and resolves when both are on disk in one record. A crash before that
 * charges nobody; the caller sends the end of the answer only afterwards.
 */
export async function settleAnswer(s: Settlement, question: Question, found: Found, hold: Hold): Promise<Bill> {
  const { receipt, signature, attribution } = found.evidence;
  // From here to `keepAnswer` nothing may wait: the journal must have the order of the books.
  const { charge, exact, ...side } = hold.charge(withFee(receipt.price, s.feePpm));
  const { payment, paymentSignature } = s.books.spokes.pay({
    channelId: found.spokeId,
    receipt,
    receiptHash: found.receiptHash,
    ...side,
  });
  const entry = { receipt, signature, salt: question.salt, attribution, payment, paymentSignature };
  const seq = await s.books.keepAnswer({ kind: 'answer', charge, exact, entry });
  return {
    charged: side.payerTo - side.payerFrom,
    price: receipt.price,
    receipt: { chainId: s.chainId, receiptLog: s.receiptLog, ...entry },
    seq,
  };
}
