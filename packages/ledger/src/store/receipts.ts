import { type Hex32, type SignedReceipt, toWire } from '@tributary/protocol';
import { asc, eq, gte, or, sql } from 'drizzle-orm';
import { folds, receipts } from './schema.ts';
import type { Database } from './store.ts';

/** A receipt and the journal record it came in. */
export interface StoredReceipt {
  seq: number;
  receiptHash: Hex32;
  /** The SignedReceipt in its JSON form. */
  receipt: unknown;
}

const INSERT_ROWS = 500;

/** Columns out of one `{seq, signed}`; the database takes them apart itself, which costs a tenth of a row of parameters each. */
const COLUMNS = sql`(r->>'seq')::bigint as journal_seq,
  r#>>'{signed,receipt,requestId}' as request_id,
  r#>>'{signed,receipt,service}' as service,
  r#>>'{signed,payment,channelId}' as channel_id,
  (r#>>'{signed,payment,from}')::numeric as from_total,
  (r#>>'{signed,payment,to}')::numeric as to_total,
  r#>>'{signed,payment,payerChannelId}' as payer_channel_id,
  (r#>>'{signed,payment,payerFrom}')::numeric as payer_from,
  (r#>>'{signed,payment,payerTo}')::numeric as payer_to,
  (r#>>'{signed,receipt,price}')::numeric as price,
  r#>>'{signed,receipt,modelDigest}' as model_digest,
  (r#>>'{signed,receipt,promptTokens}')::bigint as prompt_tokens,
  (r#>>'{signed,receipt,completionTokens}')::bigint as completion_tokens,
  (r#>>'{signed,receipt,issuedAt}')::bigint as issued_at,
  r->'signed' as signed`;

/** How far the fold `name` came: the first journal record that is not inside. */
export async function foldedTo(db: Database, name: string): Promise<number> {
  const [row] = await db.select().from(folds).where(eq(folds.name, name));
  return row?.nextSeq ?? 0;
}

/**
 * Takes receipts of the journal records below `nextSeq` into the tables, all or none. Records that are inside already are
 * skipped, so a fold may begin again anywhere.
 */
export async function foldReceipts(
  db: Database,
  name: string,
  entries: readonly { seq: number; signed: SignedReceipt }[],
  nextSeq: number,
): Promise<void> {
  await db.transaction(async (tx) => {
    for (let i = 0; i < entries.length; i += INSERT_ROWS) {
      const rows = toWire(entries.slice(i, i + INSERT_ROWS));
      await tx.execute(sql`insert into receipts (receipt_hash, journal_seq, request_id, service, channel_id, from_total, to_total,
          payer_channel_id, payer_from, payer_to, price, model_digest, prompt_tokens, completion_tokens, issued_at, signed)
        select r#>>'{signed,payment,receiptHash}', ${COLUMNS} from jsonb_array_elements(${rows}::jsonb) as r
        on conflict do nothing`);
    }
    await tx
      .insert(folds)
      .values({ name, nextSeq })
      .onConflictDoUpdate({ target: folds.name, set: { nextSeq: sql`greatest(${folds.nextSeq}, ${nextSeq})` } });
  });
}

/** Empties the fold, to build it again from the journal's beginning. */
export async function clearReceipts(db: Database, name: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.delete(receipts);
    await tx.delete(folds).where(eq(folds.name, name));
  });
}

/** Receipts from journal record `seq` on, oldest first. */
export async function receiptsSince(db: Database, seq: number, limit: number): Promise<StoredReceipt[]> {
  const rows = await db
    .select({ seq: receipts.journalSeq, receiptHash: receipts.receiptHash, receipt: receipts.signed })
    .from(receipts)
    .where(gte(receipts.journalSeq, seq))
    .orderBy(asc(receipts.journalSeq), asc(receipts.to))
    .limit(limit);
  return rows as StoredReceipt[];
}

/** The receipt with this hash or request id, or undefined. */
export async function receiptById(db: Database, id: Hex32): Promise<StoredReceipt | undefined> {
  const [row] = await db
    .select({ seq: receipts.journalSeq, receiptHash: receipts.receiptHash, receipt: receipts.signed })
    .from(receipts)
    .where(or(eq(receipts.receiptHash, id), eq(receipts.requestId, id)))
    .limit(1);
  return row as StoredReceipt | undefined;
}
