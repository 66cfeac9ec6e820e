import { HubCharge, HubRecord, PaymentEntry, SpokeRecord } from '@tributary/payments';
import { z } from 'zod';

/** Everything the gateway's journal holds. `toWire` writes it, this schema reads it back. */
export const GatewayRecord = z.union([
  /** One answer: what its payer was charged and what its service was promised, together or not at all. */
  z.object({ kind: z.literal('answer'), charge: HubCharge.nullable(), entry: PaymentEntry }),
  HubRecord,
  SpokeRecord,
]);
export type GatewayRecord = z.infer<typeof GatewayRecord>;
