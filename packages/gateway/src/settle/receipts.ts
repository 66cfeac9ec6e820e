import type { Journal } from '@tributary/payments';
import type { Hex32, SignedReceipt } from '@tributary/protocol';
import type { GatewayRecord } from './record.ts';

/** Receipts kept in memory; older ones are read from the journal. */
const RECENT = 5_000;

/** The receipts of this gateway: hashes, amounts and attribution, no text. */
export interface Receipts {
  add(seq: number, receipt: SignedReceipt): void;
  /** By request id or receipt hash. */
  find(id: Hex32): Promise<SignedReceipt | undefined>;
  /** At most `limit` receipts with a number of at least `since`, oldest first. */
  list(since: number, limit: number): Promise<{ seq: number; receipt: SignedReceipt }[]>;
}

export function createReceipts(options: {
  journal: Pick<Journal<GatewayRecord>, 'replay'>;
  chainId: number;
  receiptLog: SignedReceipt['receiptLog'];
}): Receipts {
  const { journal, chainId, receiptLog } = options;
  const recent: { seq: number; receipt: SignedReceipt }[] = [];
  const byId = new Map<Hex32, SignedReceipt>();
  /** Everything from this number on is in memory. */
  let recentFrom = Number.POSITIVE_INFINITY;

  async function* fromJournal(since: number) {
    for await (const { seq, record } of journal.replay(since)) {
      if (record.kind === 'answer') yield { seq, receipt: { chainId, receiptLog, ...record.entry } };
    }
  }

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
      for await (const { receipt } of fromJournal(0)) {
        if (receipt.receipt.requestId === id || receipt.payment.receiptHash === id) return receipt;
      }
      return undefined;
    },
    async list(since, limit) {
      if (since >= recentFrom) return recent.filter((r) => r.seq >= since).slice(0, limit);
      const found: { seq: number; receipt: SignedReceipt }[] = [];
      for await (const entry of fromJournal(since)) {
        found.push(entry);
        if (found.length >= limit) break;
      }
      return found;
    },
  };
}
