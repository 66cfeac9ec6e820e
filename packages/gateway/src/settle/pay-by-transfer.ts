import { type ExactPayment, encodeHeader, exactResponse, HEADER_PAYMENT_RESPONSE } from '@tributary/payments';
import { type Hex, ZERO_32 } from '@tributary/protocol';
import type { Books } from './books.ts';
import type { Hold, Payer } from './payer.ts';

/** An x402 `exact` payment, checked, as a payer: the quoted price moves before the answer is given. */
export function payByTransfer(
  payment: ExactPayment,
  books: Books,
  context: { chainId: number /** Soon sends the refunds that are on disk. */; refundSoon(): void },
): Payer {
  const { exact } = books;
  let transaction: Hex | undefined;
  let settling = false;

  const hold: Hold = {
    async beforeFirstToken() {
      if (settling) return;
      settling = true;
      await books.keep([exact.settling(payment)]);
      const settled = await exact.settle(payment);
      transaction = settled.transaction;
      await books.keep([settled]);
    },
    charge(amount) {
      const none = { payerChannelId: ZERO_32, payerFrom: 0n, payerTo: 0n, charge: null };
      if (!transaction) {
        exact.release(payment);
        return { ...none, exact: null };
      }
      // An honest "unknown" of a stream shows only after its payment has moved.
      if (amount === 0n) {
        context.refundSoon();
        return { ...none, exact: exact.refund(payment) };
      }
      return { ...none, payerTo: payment.amount, exact: exact.answered(payment) };
    },
    async release() {
      if (transaction) {
        await books.keep([exact.refund(payment)]);
        context.refundSoon();
      } else if (!settling) {
        exact.release(payment);
      }
    },
    headers: () =>
      transaction
        ? { [HEADER_PAYMENT_RESPONSE]: encodeHeader(exactResponse(context.chainId, payment, transaction)) }
        : {},
  };
  return { id: `exact ${payment.payer}`, proven: false, requestId: payment.requestId, hold: async () => hold };
}
