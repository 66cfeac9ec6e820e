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

const idsOf = ({ receipt, payment }: SignedReceipt): Hex32[] => [receipt.requestId, payment.receiptHash];

/** @param tables asked only for what is not in memory */
export function createReceipts(tables: () => Pick<Tables, 'receipt'>): Receipts {
  const recent: SignedReceipt[] = [];
  const byId = new Map<Hex32, SignedReceipt>();

  return {
    add(receipt) {
      recent.push(receipt);
      // Request ids are public and chosen by callers: a later one does not take the place of the first.
      for (const id of idsOf(receipt)) if (!byId.has(id)) byId.set(id, receipt);
      if (recent.length <= RECENT) return;
      const oldest = recent.shift()!;
      for (const id of idsOf(oldest)) if (byId.get(id) === oldest) byId.delete(id);
    },
    find: async (id) => byId.get(id) ?? tables().receipt(id),
  };
}
