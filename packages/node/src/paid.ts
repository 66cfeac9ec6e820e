import type { EarningsRecord, PaymentEntry } from '@tributary/payments';
import type { Hex32 } from '@tributary/protocol';

/**
 * Payments of a channel that are on disk, in order and without gap from `from` on, at most `max`: for a gateway that lost its own
 * record of them.
 */
export async function paidFrom(
  records: AsyncIterable<EarningsRecord> | Iterable<EarningsRecord>,
  channelId: Hex32,
  from: bigint,
  max: number,
): Promise<PaymentEntry[]> {
  const found: PaymentEntry[] = [];
  let next = from;
  for await (const record of records) {
    if (record.kind !== 'earnings.payments' || record.channelId !== channelId) continue;
    for (const entry of record.entries) {
      if (entry.payment.from !== next || found.length >= max) continue;
      found.push(entry);
      next = entry.payment.to;
    }
  }
  return found;
}
