import { type Address, type Hex32, type SignedReceipt, toWire } from '@tributary/protocol';
import { and, asc, desc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm';
import { folds, receipts, serviceTotals } from './schema.ts';
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
      await tx.execute(sql`with fresh as (
          insert into receipts (receipt_hash, journal_seq, request_id, service, channel_id, from_total, to_total,
            payer_channel_id, payer_from, payer_to, price, model_digest, prompt_tokens, completion_tokens, issued_at, signed)
          select r#>>'{signed,payment,receiptHash}', ${COLUMNS} from jsonb_array_elements(${rows}::jsonb) as r
          on conflict do nothing returning service, price, issued_at
        )
        insert into service_totals as t select service, count(*), sum(price), max(issued_at) from fresh group by service
        on conflict (service) do update set answers = t.answers + excluded.answers, earned = t.earned + excluded.earned,
          last = greatest(t.last, excluded.last)`);
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
    await tx.delete(serviceTotals);
    await tx.delete(folds).where(eq(folds.name, name));
  });
}

/**
 * Receipts in the order of the journal, or against it.
 * @param filter.after Number of the journal record after which the page begins, in the page's own order.
 */
export async function listReceipts(
  db: Database,
  filter: { newestFirst: boolean; service?: Address | undefined; after?: number | undefined; limit: number },
): Promise<StoredReceipt[]> {
  const { newestFirst, service, after, limit } = filter;
  const beyond = newestFirst ? lt : gt;
  const rows = await db
    .select({ seq: receipts.journalSeq, receiptHash: receipts.receiptHash, receipt: receipts.signed })
    .from(receipts)
    .where(
      and(
        service === undefined ? undefined : eq(receipts.service, service),
        after === undefined ? undefined : beyond(receipts.journalSeq, after),
      ),
    )
    .orderBy((newestFirst ? desc : asc)(receipts.journalSeq))
    .limit(limit);
  return rows as StoredReceipt[];
}

/** What the receipts of each service add up to. */
export interface ServiceTotal {
  service: Address;
  answers: number;
  /** Sum of the prices, base units of the dollar. */
  earned: bigint;
  /** Unix seconds of the newest. */
  last: number;
}

/** Sums over receipts, by service: those of `services`, or all. */
export async function receiptTotals(db: Database, services?: readonly Address[]): Promise<ServiceTotal[]> {
  const rows = await db
    .select()
    .from(serviceTotals)
    .where(services ? inArray(serviceTotals.service, [...services]) : undefined);
  return rows as ServiceTotal[];
}

/** The first receipt with this hash or request id, or undefined: request ids are public, and chosen by callers. */
export async function receiptById(db: Database, id: Hex32): Promise<StoredReceipt | undefined> {
  const [row] = await db
    .select({ seq: receipts.journalSeq, receiptHash: receipts.receiptHash, receipt: receipts.signed })
    .from(receipts)
    .where(or(eq(receipts.receiptHash, id), eq(receipts.requestId, id)))
    // A sum, so that the database looks the id up instead of walking all receipts in this order.
    .orderBy(sql`${receipts.journalSeq} + 0`)
    .limit(1);
  return row as StoredReceipt | undefined;
}
