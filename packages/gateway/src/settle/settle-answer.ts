import type { HubBook, Journal, SpokeBook } from '@tributary/payments';
import { type SignedReceipt, withFee } from '@tributary/protocol';
import type { Found, Question } from '../dispatch/question.ts';
import type { Bill } from '../http/completion.ts';
import type { Hold } from './payer.ts';
import type { GatewayRecord } from './record.ts';

/** What settling needs. */
export interface Settlement {
  chainId: number;
  receiptLog: SignedReceipt['receiptLog'];
  feePpm: bigint;
  hub: HubBook;
  spokes: SpokeBook;
  journal: Pick<Journal<GatewayRecord>, 'append'>;
  /** Called with each answer that is on disk. */
  onSettled(record: Extract<GatewayRecord, { kind: 'answer' }>, seq: number): void;
}

/**
 * Charges the payer, promises the service its price, and resolves when both are on disk in one record. A crash before that
 * charges nobody; the caller sends the end of the answer only afterwards.
 */
export async function settleAnswer(s: Settlement, question: Question, found: Found, hold: Hold): Promise<Bill> {
  const { receipt, signature, attribution } = found.evidence;
  const price = receipt.price;
  // From here to `append` nothing may wait: the journal must have the order of the books.
  const side = hold.charge(withFee(price, s.feePpm));
  const channel = s.spokes.channelOf(receipt.service)!;
  const { payment, paymentSignature } = s.spokes.pay({ channelId: channel.channelId, receipt, ...side });
  const entry = { receipt, signature, salt: question.salt, attribution, payment, paymentSignature };
  const record: GatewayRecord = { kind: 'answer', charge: side.charge, entry };
  const seq = await s.journal.append(record);
  if (side.charge) s.hub.apply(side.charge);
  s.spokes.apply({ kind: 'spoke.payment', entry });
  s.onSettled(record, seq);
  return {
    charged: side.payerTo - side.payerFrom,
    price,
    receipt: { chainId: s.chainId, receiptLog: s.receiptLog, ...entry },
  };
}
