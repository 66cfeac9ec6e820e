import type { Hex32, SignedReceipt } from '@tributary/protocol';
import type { Tables } from '../tables/tables.ts';

/** Receipts kept in memory; older ones are in the tables. */
const RECENT = 5_000;

/** The receipts of this gateway: hashes, amounts and attribution, no text. */
export interface Receipts {
  add(receipt: SignedReceipt): void;
  /** By request id or receipt hash. */
  find(id: Hex32): Promise<unknown>;
}

/** @param tables asked only for what is not in memory */
export function createReceipts(tables: () => Pick<Tables, 'receipt'>): Receipts {
  const recent: SignedReceipt[] = [];
  const byId = new Map<Hex32, SignedReceipt>();

  return {
    add(receipt) {
      recent.push(receipt);
      byId.set(receipt.receipt.requestId, receipt);
      byId.set(receipt.payment.receiptHash, receipt);
      if (recent.length <= RECENT) return;
      const oldest = recent.shift()!;
      byId.delete(oldest.receipt.requestId);
      byId.delete(oldest.payment.receiptHash);
    },
    find: async (id) => byId.get(id) ?? tables().receipt(id),
  };
}
