import {
  type ExactPayment,
  encodeHeader,
  exactResponse,
  HEADER_PAYMENT_RESPONSE,
  type RateLimit,
} from '@tributary/payments';
import { ZERO_32 } from '@tributary/protocol';
import type { Books } from './books.ts';
import type { Payer } from './payer.ts';

/** What payments by transfer share. */
export interface TransferContext {
  chainId: number;
  /** By payer: a transfer whose answer fails goes back, and cost the gateway gas twice. */
  sponsored: RateLimit;
  /** Soon sends the refunds that are on disk. */
  refundSoon(): void;
}

/**
 * An x402 `exact` payment, checked, as a payer: the money moves before anybody is asked. Later would be too late: the payer can
 * cancel its authorization while a provider works for it. What no answer was given for goes back by transfer.
 */
export function payByTransfer(payment: ExactPayment, books: Books, context: TransferContext): Payer {
  const { exact } = books;
  const { chainId, sponsored, refundSoon } = context;

  async function settle() {
    try {
      sponsored.take(payment.payer);
      await books.keep([exact.settling(payment)]);
      const settled = await exact.settle(payment);
      await books.keep([settled]);
      return settled.transaction;
    } catch (error) {
      exact.release(payment);
      throw error;
    }
  }

  return {
    id: `exact ${payment.payer}`,
    proven: false,
    requestId: payment.requestId,
    async hold() {
      const transaction = await settle();
      let ended = false;
      return {
        charge(amount) {
          ended = true;
          const none = { payerChannelId: ZERO_32, payerFrom: 0n, payerTo: 0n, charge: null };
          // An honest "unknown" is free.
          if (amount === 0n) {
            refundSoon();
            return { ...none, exact: exact.refund(payment) };
          }
          sponsored.giveBack(payment.payer);
          return { ...none, payerTo: payment.amount, exact: exact.answered(payment) };
        },
        async release() {
          // Who was charged and got his money back would have been answered at our expense.
          if (ended) return;
          ended = true;
          await books.keep([exact.refund(payment)]);
          refundSoon();
        },
        headers: () => ({ [HEADER_PAYMENT_RESPONSE]: encodeHeader(exactResponse(chainId, payment, transaction)) }),
      };
    },
  };
}
