import type { EarningsRecord, PaymentEntry } from '@tributary/payments';
import type { Hex32 } from '@tributary/protocol';

/** Places remembered for one channel, at most; between two of them the journal is read. */
const MAX_MARKS = 1_024;
/** Records looked through for one answer before it is given with what was found. */
const ENOUGH_RECORDS = 20_000;

/** Where in the journal a channel's payments are. */
interface Marks {
  /** Each `stride`-th record of the channel: where its first payment begins, and its number in the journal. */
  places: { from: bigint; seq: number }[];
  stride: number;
  records: number;
}

/** Payments that are on disk, for gateways that lost their own record of them. */
export interface Paid {
  /** Takes note of a record that is on disk. */
  note(seq: number, record: EarningsRecord): void;
  /**
   * Payments of a channel in order and without gap from `from` on, at most `max`. Fewer where they lie far apart in the journal,
   * but none only where none begins at `from`.
   */
  from(channelId: Hex32, from: bigint, max: number): Promise<PaymentEntry[]>;
}

/** @param replay reads the journal from a record on */
export function createPaid(
  replay: (fromSeq: number) => AsyncIterable<{ record: EarningsRecord }>,
  maxMarks = MAX_MARKS,
): Paid {
  const channels = new Map<Hex32, Marks>();

  function placeOf(channelId: Hex32, from: bigint): number | undefined {
    return channels.get(channelId)?.places.findLast((p) => p.from <= from)?.seq;
  }

  return {
    note(seq, record) {
      if (record.kind !== 'earnings.payments') return;
      const first = record.entries[0];
      if (!first) return;
      let marks = channels.get(record.channelId);
      if (!marks) {
        marks = { places: [], stride: 1, records: 0 };
        channels.set(record.channelId, marks);
      }
      if (marks.records++ % marks.stride !== 0) return;
      marks.places.push({ from: first.payment.from, seq });
      if (marks.places.length <= maxMarks) return;
      marks.places = marks.places.filter((_, i) => i % 2 === 0);
      marks.stride *= 2;
    },
    async from(channelId, from, max) {
      const seq = placeOf(channelId, from);
      const found: PaymentEntry[] = [];
      if (seq === undefined) return found;
      let next = from;
      let looked = 0;
      for await (const { record } of replay(seq)) {
        if (found.length > 0 && ++looked > ENOUGH_RECORDS) return found;
        if (record.kind !== 'earnings.payments' || record.channelId !== channelId) continue;
        for (const entry of record.entries) {
          if (entry.payment.from < next) continue;
          if (entry.payment.from > next || found.length >= max) return found;
          found.push(entry);
          next = entry.payment.to;
        }
      }
      return found;
    },
  };
}
