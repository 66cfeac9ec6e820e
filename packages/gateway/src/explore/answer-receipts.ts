import { claimsCovering, listReceipts, receiptById } from '@tributary/ledger';
import { SignedReceipt, ZERO_32 } from '@tributary/protocol';
import { DEFAULT_PAGE } from '@tributary/protocol/explorer';
import { type Answerer, notFound, type RecentReceipt, refOf } from './context.ts';
import { readNumber } from './cursor.ts';
import { moneyPathOf } from './money-path.ts';

/**
 * Receipts of the tables, together with those that are not in them yet: the page need not wait for the tables, which wait for
 * a quiet moment.
 */
export const receipts: Answerer<'receipts'> = async (ctx, { query }, given) => {
  const { order = 'newest', service, cursor, limit = DEFAULT_PAGE } = query;
  const newestFirst = order === 'newest';
  const after = readNumber(cursor);
  const stored = await listReceipts(ctx.db, { newestFirst, service, after, limit: limit + 1 });
  const bySeq = new Map<number, RecentReceipt>(given.recent.map((r) => [r.seq, r]));
  for (const { seq, receipt } of stored) bySeq.set(seq, { seq, signed: SignedReceipt.parse(receipt) });
  const all = [...bySeq.values()].sort((a, b) => (newestFirst ? b.seq - a.seq : a.seq - b.seq));
  const page = all.slice(0, limit);
  const claims = await claimsCovering(
    ctx.db,
    page.map(({ signed: { payment } }) => ({ channelId: payment.channelId, to: payment.to })),
  );
  // Oldest first, the list has no end: what comes later is found by the same cursor.
  const last = page.at(-1)?.seq ?? after;
  const next = newestFirst ? (all.length > limit ? String(last) : null) : String(last ?? 0);
  return {
    receipts: page.map(({ signed }, i) => {
      const { payment, receipt } = signed;
      const isFree = payment.from === payment.to;
      const claim = isFree ? null : (claims[i] ?? null);
      return {
        receiptHash: payment.receiptHash,
        receipt: { ...signed, salt: ZERO_32 },
        asset: refOf(ctx, receipt.service),
        charged: payment.payerTo - payment.payerFrom,
        state: isFree ? 'free' : claim ? 'claimed' : 'promised',
        claim,
      };
    }),
    next,
  };
};

export const moneyPath: Answerer<'moneyPath'> = async (ctx, { params }, given) => {
  const stored = given.receipt ?? (await receiptById(ctx.db, params.id))?.receipt;
  if (stored === undefined) throw notFound('receipt', params.id);
  return moneyPathOf(ctx, given.receipt ?? SignedReceipt.parse(stored));
};
