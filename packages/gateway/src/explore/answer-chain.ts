import { countParties, type EventRow, listClaims, listEvents, networkTotals, receiptTotals } from '@tributary/ledger';
import { ASSET_KINDS } from '@tributary/protocol';
import { type ChainEvent, DEFAULT_PAGE } from '@tributary/protocol/explorer';
import { type Answer, type Answerer, type Explore, moneyOf, notFound } from './context.ts';
import { orderCursor, readOrder } from './cursor.ts';

/** Events of one transaction, at most: more than a block holds. */
const MOST_EVENTS = 10_000;

function eventOf({ book }: Explore, { account, ...event }: EventRow): ChainEvent {
  return { ...event, asset: account && book.refOf(account) };
}

export const events: Answerer<'events'> = async (ctx, { query }) => {
  const { kind, asset, address, cursor, limit = DEFAULT_PAGE } = query;
  const filter = { kind, account: asset, party: address, before: readOrder(cursor) };
  const { rows, next } = await listEvents(ctx.db, ctx.contracts, filter, limit);
  return { events: rows.map((r) => eventOf(ctx, r)), next: orderCursor(next) };
};

export const transaction: Answerer<'transaction'> = async (ctx, { params }) => {
  const txHash = params.id;
  const blockNumber = await ctx.live.blockOf(txHash);
  if (blockNumber === null) throw notFound('transaction', txHash);
  const { rows } = await listEvents(ctx.db, ctx.contracts, { transaction: { txHash, blockNumber } }, MOST_EVENTS);
  const [first] = rows;
  if (!first) throw notFound('transaction', txHash, 'The chain has it, but it did nothing on this network.');
  return { txHash, blockNumber, time: first.place.time, events: rows.reverse().map((r) => eventOf(ctx, r)) };
};

export const claims: Answerer<'claims'> = async (ctx, { query }) => {
  const { channel, receiver, cursor, limit = DEFAULT_PAGE } = query;
  const filter = { channelId: channel, receiver, before: readOrder(cursor), limit };
  const { rows, next } = await listClaims(ctx.db, filter);
  return { claims: rows.map((r) => ({ ...r, asset: ctx.book.refOf(r.receiver) })), next: orderCursor(next) };
};

export const totals: Answerer<'totals'> = async (ctx, _, given) => {
  const found = await networkTotals(ctx.db);
  const kinds = Object.fromEntries(ASSET_KINDS.map((k) => [k, 0])) as Answer<'totals'>['assets'];
  for (const { asset } of ctx.book.all()) kinds[asset.kind]++;
  const folded = await receiptTotals(ctx.db);
  return {
    head: found.head,
    assets: kinds,
    parties: await countParties(ctx.db),
    receipts: folded.reduce((n, t) => n + t.answers, given.unfolded),
    claims: found.claims,
    earned: found.earned,
    paidOut: moneyOf(ctx, found.paidOut),
  };
};
