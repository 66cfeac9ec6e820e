import type { Address, Hex32 } from '@tributary/protocol';
import { desc, eq, sql } from 'drizzle-orm';
import {
  assetOwners,
  assets,
  assetUris,
  blocks,
  claims,
  receiptRoots,
  settlements,
  shareTransfers,
  upstreams,
} from './schema.ts';
import type { Database } from './store.ts';

/** An asset as the chain has it now. */
export interface AssetRow {
  account: Address;
  kind: string;
  creator: Address;
  owner: Address;
  uri: string;
  duesPpm: number;
  minter: Address;
  cap: bigint;
  upstream: { account: Address; weightPpm: number }[];
  /** Who holds shares now, largest first. */
  holders: { holder: Address; shares: bigint }[];
  /** Everything that channels ever paid into the account, base units by token. */
  settled: { token: Address; amount: bigint }[];
  blockNumber: number;
  txHash: Hex32;
}

/** All assets in the order of their registration; with `owner`, only theirs. */
export async function listAssets(db: Database, { owner }: { owner?: Address } = {}): Promise<AssetRow[]> {
  const [rows, owners, uris, edges, shares, paid] = await Promise.all([
    db.select().from(assets).orderBy(assets.blockNumber, assets.logIndex),
    db.select().from(assetOwners).orderBy(assetOwners.blockNumber, assetOwners.logIndex),
    db.select().from(assetUris).orderBy(assetUris.blockNumber, assetUris.logIndex),
    db.select().from(upstreams).orderBy(upstreams.blockNumber, upstreams.logIndex, upstreams.row),
    db
      .select({ account: shareTransfers.account, holder: holderSide.holder, shares: holderSide.shares })
      .from(shareTransfers)
      .innerJoin(holderSide.sides, sql`true`)
      .groupBy(shareTransfers.account, holderSide.holder),
    db
      .select({
        receiver: settlements.receiver,
        token: settlements.token,
        amount: sql<string>`sum(${settlements.amount})`.mapWith(BigInt),
      })
      .from(settlements)
      .groupBy(settlements.receiver, settlements.token),
  ]);
  const lastOwner = new Map(owners.map((o) => [o.account, o.owner]));
  const lastUri = new Map(uris.map((u) => [u.account, u.uri]));
  const edgesOf = Map.groupBy(edges, (e) => e.account);
  const sharesOf = Map.groupBy(shares, (s) => s.account);
  const paidTo = Map.groupBy(paid, (p) => p.receiver);
  return rows
    .map((a) => ({
      account: a.account as Address,
      kind: a.kind,
      creator: a.creator as Address,
      owner: (lastOwner.get(a.account) ?? a.creator) as Address,
      uri: lastUri.get(a.account) ?? a.uri,
      duesPpm: a.duesPpm,
      minter: a.minter as Address,
      cap: a.cap,
      upstream: (edgesOf.get(a.account) ?? []).map((e) => ({ account: e.upstream as Address, weightPpm: e.weightPpm })),
      holders: (sharesOf.get(a.account) ?? [])
        .filter((s) => s.shares > 0n)
        .map((s) => ({ holder: s.holder as Address, shares: s.shares }))
        .sort((x, y) => (x.shares === y.shares ? x.holder.localeCompare(y.holder) : x.shares < y.shares ? 1 : -1)),
      settled: (paidTo.get(a.account) ?? []).map((p) => ({ token: p.token as Address, amount: p.amount })),
      blockNumber: a.blockNumber,
      txHash: a.txHash as Hex32,
    }))
    .filter((a) => owner === undefined || a.owner === owner.toLowerCase());
}

/** Each transfer counts twice: it takes from its sender and gives to its receiver. */
const holderSide = {
  sides: sql`(values (-1), (1)) as side(sign)`,
  holder: sql<string>`case when side.sign = 1 then ${shareTransfers.receiver} else ${shareTransfers.sender} end`,
  shares: sql<string>`sum(side.sign * ${shareTransfers.shares})`.mapWith(BigInt),
};

/** One claim of one channel, with the root of its receipts where one was posted. */
export interface ClaimedRow {
  channelId: Hex32;
  sender: Address;
  totalClaimed: bigint;
  blockNumber: number;
  /** Unix seconds. */
  time: number;
  txHash: Hex32;
  receipts: { from: bigint; to: bigint; root: Hex32; leavesHash: Hex32 } | null;
}

/** Claims, newest first; with `channelId`, only that channel's. */
export async function listClaims(
  db: Database,
  { channelId, limit = 100 }: { channelId?: Hex32; limit?: number } = {},
): Promise<ClaimedRow[]> {
  const rows = await db
    .select({ claim: claims, root: receiptRoots, time: blocks.time })
    .from(claims)
    .innerJoin(blocks, eq(blocks.number, claims.blockNumber))
    .leftJoin(
      receiptRoots,
      sql`${receiptRoots.channelId} = ${claims.channelId} and ${receiptRoots.to} = ${claims.totalClaimed}`,
    )
    .where(channelId === undefined ? undefined : eq(claims.channelId, channelId))
    .orderBy(desc(claims.blockNumber), desc(claims.logIndex), desc(claims.row))
    .limit(limit);
  return rows.map(({ claim, root, time }) => ({
    channelId: claim.channelId as Hex32,
    sender: claim.sender as Address,
    totalClaimed: claim.totalClaimed,
    blockNumber: claim.blockNumber,
    time,
    txHash: claim.txHash as Hex32,
    receipts: root && {
      from: root.from,
      to: root.to,
      root: root.root as Hex32,
      leavesHash: root.leavesHash as Hex32,
    },
  }));
}
