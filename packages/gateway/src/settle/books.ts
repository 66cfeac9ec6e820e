import type { ExactPayments, HubBook, Journal, SpokeBook } from '@tributary/payments';
import type { AnswerRecord, GatewayRecord } from './record.ts';

/** The books and the journal they are kept in. */
export interface Books {
  hub: HubBook;
  spokes: SpokeBook;
  exact: ExactPayments;
  /** Writes records and, when they are on disk, folds them into the books. */
  keep(records: readonly GatewayRecord[]): Promise<void>;
  /** The same for an answer; resolves with its number. */
  keepAnswer(record: AnswerRecord): Promise<number>;
}

/** Folds a record that is on disk into the books. */
export function applyRecord(books: Pick<Books, 'hub' | 'spokes' | 'exact'>, record: GatewayRecord): void {
  switch (record.kind) {
    case 'answer':
      if (record.charge) books.hub.apply(record.charge);
      if (record.exact) books.exact.apply(record.exact);
      books.spokes.apply({ kind: 'spoke.payment', entry: record.entry });
      return;
    case 'hub.channel':
    case 'hub.charge':
    case 'hub.forget':
      books.hub.apply(record);
      return;
    case 'spoke.channel':
    case 'spoke.payment':
    case 'spoke.acked':
      books.spokes.apply(record);
      return;
    default:
      books.exact.apply(record);
  }
}

export function createBooks(
  books: Pick<Books, 'hub' | 'spokes' | 'exact'>,
  journal: Pick<Journal<GatewayRecord>, 'append'>,
): Books {
  async function write(record: GatewayRecord): Promise<number> {
    const seq = await journal.append(record);
    applyRecord(books, record);
    return seq;
  }
  return {
    ...books,
    async keep(records) {
      // Appended in one go: nothing may come between records that belong together.
      await Promise.all(records.map(write));
    },
    keepAnswer: write,
  };
}
