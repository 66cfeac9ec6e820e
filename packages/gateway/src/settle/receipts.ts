import type { Hex32, SignedReceipt } from '@tributary/protocol';
import type { Tables } from '../tables/tables.ts';

/** Receipts kept in memory; older ones are in the tables. */
const RECENT = 5_000;

/** The receipts of this gateway: hashes, amounts and attribution, no text. */
export interface Receipts {
  add(seq: number, receipt: SignedReceipt): void;
  /** By request id or receipt hash. */
  find(id: Hex32): Promise<unknown>;
  /** At most `limit` receipts with a number of at least `since`, oldest first. */
  list(since: number, limit: number): Promise<{ seq: number; receipt: unknown }[]>;
}

/** @param tables asked only for what is not in memory */
export function createReceipts(tables: () => Pick<Tables, 'fresh'>): Receipts {
  const recent: { seq: number; receipt: SignedReceipt }[] = [];
  const byId = new Map<Hex32, SignedReceipt>();
  /** Everything from this number on is in memory. */
  let recentFrom = Number.POSITIVE_INFINITY;

  return {
    add(seq, receipt) {
      if (recent.length === 0) recentFrom = seq;
      recent.push({ seq, receipt });
      byId.set(receipt.receipt.requestId, receipt);
      byId.set(receipt.payment.receiptHash, receipt);
      if (recent.length <= RECENT) return;
      const oldest = recent.shift()!.receipt;
      byId.delete(oldest.receipt.requestId);
      byId.delete(oldest.payment.receiptHash);
      recentFrom = recent[0]!.seq;
    },
    async find(id) {
      const known = byId.get(id);
      if (known) return known;
      return (await tables().fresh()).receipt(id);
    },
    async list(since, limit) {
      if (since >= recentFrom) return recent.filter((r) => r.seq >= since).slice(0, limit);
      return (await tables().fresh()).receipts(since, limit);
    },
  };
}
