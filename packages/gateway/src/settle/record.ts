import { ExactRecord, HubCharge, HubRecord, PaymentEntry, SpokeRecord } from '@tributary/payments';
import { z } from 'zod';

/** Everything the gateway's journal holds. `toWire` writes it, this schema reads it back. */
export const GatewayRecord = z.union([
  /**
   * One answer: what its payer was charged and what its service was promised, together or not at all. `exact` is what becomes
   * of a payment that was no channel's.
   */
  z.object({
    kind: z.literal('answer'),
    charge: HubCharge.nullable(),
    exact: ExactRecord.nullable(),
    entry: PaymentEntry,
  }),
  HubRecord,
  SpokeRecord,
  ExactRecord,
]);
export type GatewayRecord = z.infer<typeof GatewayRecord>;

/** An answer's record. */
export type AnswerRecord = Extract<GatewayRecord, { kind: 'answer' }>;
