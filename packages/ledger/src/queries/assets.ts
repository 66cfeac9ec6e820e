import type { Address } from '@tributary/protocol';
import type { Place } from '@tributary/protocol/explorer';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { type Int, listOf, type PlaceColumns, placeOf, rowsOf } from './rows.ts';

/** What moved through an account in one token, base units. */
export interface TokenFlow {
  token: Address;
  received: bigint;
  passedOn: bigint;
  paidOut: bigint;
}

/** An edge of the graph and what went along it. */
export interface EdgeRow {
  account: Address;
  weightPpm: number;
  flowed: { token: Address; amount: bigint }[];
  last: Place | null;
}

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
  /** In the order of registration. */
  upstream: EdgeRow[];
  /** Shares there are, and how many hold some. */
  shares: bigint;
  holders: number;
  /** Only tokens in which something moved. */
  flows: TokenFlow[];
  registered: Place;
}

interface AssetColumns extends PlaceColumns {
  account: Address;
  kind: string;
  creator: Address;
  owner: Address;
  uri: string;
  dues_ppm: number;
  minter: Address;
  cap: Int;
}

/** Assets in the order of their registration: all, or those of `accounts`. */
export async function listAssets(db: Database, accounts?: readonly Address[]): Promise<AssetRow[]> {
  const among = (column: SQL) => (accounts ? sql`${column} in ${listOf(accounts)}` : sql`true`);
  const assets = await rowsOf<AssetColumns>(
    db,
    sql`select a.*, b.time, ${CURRENT_OWNER} as owner, ${CURRENT_URI} as uri
      from assets a join blocks b on b.number = a.block_number
      where ${among(sql`a.account`)} order by a.block_number, a.log_index`,
  );
  if (assets.length === 0) return [];
  const [edges, flowed, received, sent, shares] = [
    await rowsOf<{ account: Address; upstream: Address; weight_ppm: number }>(
      db,
      sql`select account, upstream, weight_ppm from upstreams where ${among(sql`account`)}
        order by block_number, log_index, row`,
    ),
    await edgeFlows(db, among(sql`t.payer`)),
    await rowsOf<Sum>(
      db,
      sql`select t.payee as account, t.token, sum(t.amount) as amount from token_transfers t
        join assets a on a.account = t.payee where ${among(sql`t.payee`)} group by 1, 2`,
    ),
    await rowsOf<Sum>(
      db,
      sql`select t.payer as account, t.token, sum(t.amount) as amount from token_transfers t
        join assets a on a.account = t.payer where ${among(sql`t.payer`)} group by 1, 2`,
    ),
    await rowsOf<{ account: Address; shares: Int; holders: Int }>(
      db,
      sql`select account, sum(shares) as shares, count(*) as holders from (
          select account, holder, sum(shares) as shares from ${holdings(among(sql`account`))} group by account, holder
        ) h where shares > 0 group by account`,
    ),
  ];
  const edgesOf = Map.groupBy(edges, (e) => e.account);
  const flowedOf = Map.groupBy(flowed, (f) => f.payer);
  const receivedOf = Map.groupBy(received, (s) => s.account);
  const sentOf = Map.groupBy(sent, (s) => s.account);
  const sharesOf = new Map(shares.map((s) => [s.account, s]));
  return assets.map((a) => {
    const along = flowedOf.get(a.account) ?? [];
    return {
      account: a.account,
      kind: a.kind,
      creator: a.creator,
      owner: a.owner,
      uri: a.uri,
      duesPpm: a.dues_ppm,
      minter: a.minter,
      cap: BigInt(a.cap),
      upstream: (edgesOf.get(a.account) ?? []).map((e) => edgeRow(e.upstream, e.weight_ppm, along)),
      shares: BigInt(sharesOf.get(a.account)?.shares ?? 0),
      holders: Number(sharesOf.get(a.account)?.holders ?? 0),
      flows: flowsOf(receivedOf.get(a.account) ?? [], sentOf.get(a.account) ?? [], along),
      registered: placeOf(a),
    };
  });
}

/** The owner after the last transfer of the asset's token. */
const CURRENT_OWNER = sql`coalesce((select o.owner from asset_owners o where o.account = a.account
  order by o.block_number desc, o.log_index desc limit 1), a.creator)`;

/** Of the asset `a`: where its description is now. */
export const CURRENT_URI = sql`coalesce((select u.uri from asset_uris u where u.account = a.account
  order by u.block_number desc, u.log_index desc limit 1), a.uri)`;

/** Share movements as a table of (account, holder, shares): each takes from one side and gives to the other. */
export function holdings(where: SQL): SQL {
  return sql`(select account, receiver as holder, shares from share_transfers where ${where}
    union all select account, sender, -shares from share_transfers where ${where}) m`;
}

interface Sum {
  account: Address;
  token: Address;
  amount: Int;
}

interface EdgeFlow {
  payer: Address;
  payee: Address;
  token: Address;
  amount: Int;
  last: Place;
}

/** What went along the edges, with the newest transfer of each. */
async function edgeFlows(db: Database, where: SQL): Promise<EdgeFlow[]> {
  const rows = await rowsOf<Omit<EdgeFlow, 'last'> & PlaceColumns>(
    db,
    sql`select f.payer, f.payee, f.token, f.amount, (f.last)[1] as block_number, (f.last)[2]::int as log_index, 0 as row,
        t.tx_hash, b.time
      from (
        select t.payer, t.payee, t.token, sum(t.amount) as amount, max(array[t.block_number, t.log_index]) as last
        from token_transfers t join upstreams u on u.account = t.payer and u.upstream = t.payee
        where ${where} group by 1, 2, 3
      ) f
      join token_transfers t on t.block_number = (f.last)[1] and t.log_index = (f.last)[2] and t.row = 0
      join blocks b on b.number = (f.last)[1]`,
  );
  return rows.map((r) => ({ ...r, last: placeOf(r) }));
}

function edgeRow(upstream: Address, weightPpm: number, flows: readonly EdgeFlow[]): EdgeRow {
  const along = flows.filter((f) => f.payee === upstream);
  return {
    account: upstream,
    weightPpm,
    flowed: along.map((f) => ({ token: f.token, amount: BigInt(f.amount) })),
    last: along.reduce<Place | null>((newest, { last }) => (newest && !isAfter(last, newest) ? newest : last), null),
  };
}

function isAfter(a: Place, b: Place): boolean {
  return a.blockNumber === b.blockNumber ? a.logIndex > b.logIndex : a.blockNumber > b.blockNumber;
}

function flowsOf(received: readonly Sum[], sent: readonly Sum[], along: readonly EdgeFlow[]): TokenFlow[] {
  const tokens = [...new Set([...received, ...sent].map((s) => s.token))].sort();
  return tokens.map((token) => {
    const sum = (rows: readonly { token: Address; amount: Int }[]) =>
      rows.reduce((total, r) => (r.token === token ? total + BigInt(r.amount) : total), 0n);
    const passedOn = sum(along);
    return { token, received: sum(received), passedOn, paidOut: sum(sent) - passedOn };
  });
}
