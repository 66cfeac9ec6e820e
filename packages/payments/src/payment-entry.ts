import { Amount, Attribution, Hex32, Payment, Receipt, SignatureHex } from '@tributary/protocol';
import { z } from 'zod';

/** One paid answer on its way from the gateway to the node (spec/wire.md, `POST /payments`). */
export const PaymentEntry = z.object({
  receipt: Receipt,
  signature: SignatureHex,
  salt: Hex32,
  attribution: z.array(Attribution).max(256),
  payment: Payment,
  paymentSignature: SignatureHex,
});
export type PaymentEntry = z.infer<typeof PaymentEntry>;

export const MAX_PAYMENT_ENTRIES = 500;

/** The body of `POST /payments`. */
export const PaymentsBody = z.object({
  channelId: Hex32,
  voucher: z.object({ maxClaimableAmount: Amount, signature: SignatureHex }),
  entries: z.array(PaymentEntry).max(MAX_PAYMENT_ENTRIES),
});
export type PaymentsBody = z.infer<typeof PaymentsBody>;
