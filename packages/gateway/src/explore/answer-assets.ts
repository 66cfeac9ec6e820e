import { cardOf, listHolders, listOwnerPayouts, listParties, revenueOf } from '@tributary/ledger';
import { type Address, PPM, ZERO_ADDRESS } from '@tributary/protocol';
import { DEFAULT_PAGE, type Holder, type Neighbour } from '@tributary/protocol/explorer';
import { serviceOf } from './answer-services.ts';
import type { AssetNode } from './book.ts';
import { type Answerer, type Explore, moneyOf, notFound, refOf } from './context.ts';
import { pageAfter, readAddress, readHolder } from './cursor.ts';
import { partyRef } from './party-ref.ts';

const MOST_NEIGHBOURS = 100;
const MOST_BUCKETS = 500;
const BUCKET_SECONDS = { minute: 60, hour: 3_600, day: 86_400, week: 604_800 } as const;

function nodeOf({ book }: Explore, account: Address): AssetNode {
  const node = book.get(account);
  if (node) return node;
  throw notFound('asset', account, 'GET /tributary/assets lists what there is; a fresh one appears within seconds.');
}

export const assets: Answerer<'assets'> = async ({ book }, { query }) => {
  const { kind, owner, upstream, cursor, limit = DEFAULT_PAGE } = query;
  const list = book
    .all()
    .toReversed()
    .filter(({ asset, row }) => {
      if (kind && asset.kind !== kind) return false;
      if (owner && asset.owner !== owner) return false;
      return !upstream || row.upstream.some((u) => u.account === upstream);
    });
  const { page, next } = pageAfter(list, (n) => n.row.account, readAddress(cursor), limit);
  return { assets: page.map((n) => n.asset), next };
};

export const graph: Answerer<'graph'> = async ({ book }, { query }) => book.graph(query.since);

/** Those that pay it now, the last payment first. */
function downstreamOf(ctx: Explore, account: Address): Neighbour[] {
  return ctx.book
    .downstreamOf(account)
    .flatMap((payer) => {
      const edge = payer.row.upstream.find((u) => u.account === account);
      if (!edge) return [];
      const { weightPpm, flowed, last } = edge;
      return [{ asset: refOf(ctx, payer.row.account), weightPpm, flowed, last }];
    })
    .sort((a, b) => (b.last?.blockNumber ?? -1) - (a.last?.blockNumber ?? -1));
}

export const asset: Answerer<'asset'> = async (ctx, { params }, given) => {
  const { account } = params;
  const { row, asset } = nodeOf(ctx, account);
  const downstream = downstreamOf(ctx, account);
  const card = await cardOf(ctx.db, `asset:${account}`);
  const obligations = await ctx.live.obligations(account);
  const seen = given.services[0];
  const [party] = (await listParties(ctx.db, { owner: asset.owner, limit: 1 })).rows;
  return {
    ...asset,
    creator: row.creator,
    uri: row.uri,
    card: card?.content ? (JSON.parse(card.content) as unknown) : null,
    minter: row.minter === ZERO_ADDRESS ? null : row.minter,
    cap: row.cap,
    upstream: row.upstream.map(({ account: up, ...edge }) => ({ asset: refOf(ctx, up), ...edge })),
    downstream: downstream.slice(0, MOST_NEIGHBOURS),
    downstreamCount: downstream.length,
    obligations:
      obligations?.map(({ ancestor, duePpm, flowPpm }) => ({ asset: refOf(ctx, ancestor), duePpm, flowPpm })) ?? null,
    party: party ? partyRef(party) : null,
    service: seen ? await serviceOf(ctx, seen) : null,
  };
};

export const holders: Answerer<'holders'> = async (ctx, { params, query }) => {
  const { account } = params;
  const { asset } = nodeOf(ctx, account);
  const { cursor, limit = DEFAULT_PAGE } = query;
  const after = readHolder(cursor);
  const { rows, next } = await listHolders(ctx.db, account, { after, limit });
  const found = await Promise.all(
    rows.map(
      async (h): Promise<Holder> => ({
        holder: h.holder,
        role: 'holder',
        shares: h.shares,
        sharePpm: asset.shares === 0n ? 0 : Number((h.shares * PPM) / asset.shares),
        claimable: await ctx.live.claimable(account, h.holder, { holder: true, owner: false }),
        claimed: moneyOf(ctx, h),
      }),
    ),
  );
  const owners = after ? [] : await ownersOf(ctx, account);
  return { holders: [...owners, ...found], next: next && `${next.shares}.${next.holder}` };
};

/** Owners who were paid, or will be, what came while there were no shares. */
async function ownersOf(ctx: Explore, account: Address): Promise<Holder[]> {
  const { asset } = nodeOf(ctx, account);
  const paid = await listOwnerPayouts(ctx.db, account);
  const open = await ctx.live.claimable(account, asset.owner, { holder: false, owner: true });
  const everyone = new Set([asset.owner, ...paid.map((p) => p.owner)]);
  return [...everyone].flatMap((owner): Holder[] => {
    const past = paid.find((p) => p.owner === owner);
    const isNow = owner === asset.owner;
    if (!past && asset.shares > 0n && open?.length === 0) return [];
    return [
      {
        holder: owner,
        role: 'owner',
        shares: 0n,
        sharePpm: isNow && asset.shares === 0n ? Number(PPM) : 0,
        claimable: isNow ? open : [],
        claimed: past ? moneyOf(ctx, past) : [],
      },
    ];
  });
}

export const revenue: Answerer<'revenue'> = async (ctx, { params, query }) => {
  nodeOf(ctx, params.account);
  const bucketSeconds = BUCKET_SECONDS[query.bucket ?? 'hour'];
  const buckets = await revenueOf(ctx.db, params.account, { bucketSeconds, from: query.from, most: MOST_BUCKETS });
  return { bucketSeconds, buckets };
};
