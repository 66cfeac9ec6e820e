import { type Hex32, hex32, receiptDigests, type SignedReceipt, toWire } from '@tributary/protocol';
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
  const rows = entries.map(({ seq, signed }) => rowOf(seq, signed));
  await db.transaction(async (tx) => {
    for (let i = 0; i < rows.length; i += INSERT_ROWS) {
      await tx
        .insert(receipts)
        .values(rows.slice(i, i + INSERT_ROWS))
        .onConflictDoNothing();
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

function rowOf(seq: number, signed: SignedReceipt): typeof receipts.$inferInsert {
  const { receipt, payment } = signed;
  return {
    receiptHash: hex32(receiptDigests(signed.chainId, signed.receiptLog).receipt(receipt)),
    journalSeq: seq,
    requestId: receipt.requestId,
    service: receipt.service,
    channelId: payment.channelId,
    from: payment.from,
    to: payment.to,
    payerChannelId: payment.payerChannelId,
    payerFrom: payment.payerFrom,
    payerTo: payment.payerTo,
    price: receipt.price,
    modelDigest: receipt.modelDigest,
    promptTokens: receipt.promptTokens,
    completionTokens: receipt.completionTokens,
    issuedAt: receipt.issuedAt,
    signed: JSON.parse(toWire(signed)),
  };
}
