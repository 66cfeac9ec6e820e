import type { Address } from '@tributary/protocol';
import { sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { holdings } from './assets.ts';
import { type Int, pageOf, rowsOf } from './rows.ts';

/** Base units that went to somebody. */
export interface PaidOut {
  dollars: bigint;
  tribs: bigint;
}

export interface HolderRow extends PaidOut {
  holder: Address;
  shares: bigint;
}

export interface HolderCursor {
  shares: bigint;
  holder: Address;
}

/**
 * Payouts as (account, kind, party, dollars, tribs) and their places, less what did not go through: a payment that fails
 * says so in the one or two events after the payout's own.
 */
export const PAID_OUT = sql`(select p.block_number, p.log_index, p.row, p.tx_hash, p.account, p.kind, p.party,
    p.dollars - coalesce((select sum(u.amount) from unpaid u where u.block_number = p.block_number and u.log_index
      between p.log_index + 1 and p.log_index + 2 and u.account = p.account and u.amount = p.dollars), 0) as dollars,
    p.tribs - coalesce((select sum(u.amount) from unpaid u where u.block_number = p.block_number and u.log_index
      between p.log_index + 1 and p.log_index + 2 and u.account = p.account and u.amount = p.tribs
      and u.amount <> p.dollars), 0) as tribs
  from payouts p)`;

/** Who ever held shares of an account, most shares first, with what each was paid. */
export async function listHolders(
  db: Database,
  account: Address,
  { after, limit }: { after?: HolderCursor | undefined; limit: number },
): Promise<{ rows: HolderRow[]; next: HolderCursor | null }> {
  const rows = await rowsOf<{ holder: Address; shares: Int; dollars: Int; tribs: Int }>(
    db,
    sql`select h.holder, h.shares, coalesce(p.dollars, 0) as dollars, coalesce(p.tribs, 0) as tribs
      from (
        select holder, sum(shares) as shares from ${holdings(sql`account = ${account}`)} group by holder
        having sum(shares) >= 0
      ) h left join (
        select party, sum(dollars) as dollars, sum(tribs) as tribs from ${PAID_OUT} p
        where account = ${account} and kind = 'claimed' group by party
      ) p on p.party = h.holder
      where ${after ? sql`(h.shares, h.holder) < (${after.shares.toString()}::numeric, ${after.holder})` : sql`true`}
      order by h.shares desc, h.holder desc limit ${limit + 1}`,
  );
  return pageOf(
    rows.map((r) => ({
      holder: r.holder,
      shares: BigInt(r.shares),
      dollars: BigInt(r.dollars),
      tribs: BigInt(r.tribs),
    })),
    limit,
    ({ shares, holder }) => ({ shares, holder }),
  );
}

/** What the owners of an asset were paid for the times without shares, by owner. */
export async function listOwnerPayouts(db: Database, account: Address): Promise<(PaidOut & { owner: Address })[]> {
  const rows = await rowsOf<{ party: Address; dollars: Int; tribs: Int }>(
    db,
    sql`select party, sum(dollars) as dollars, sum(tribs) as tribs from ${PAID_OUT} p
      where account = ${account} and kind = 'owner_paid' group by party order by party`,
  );
  return rows.map((r) => ({ owner: r.party, dollars: BigInt(r.dollars), tribs: BigInt(r.tribs) }));
}

/** An asset that somebody owns, or holds or held shares of. */
export interface PositionRow extends PaidOut {
  account: Address;
  owns: boolean;
  shares: bigint;
}

/** All positions of an address, unordered. */
export async function listPositions(db: Database, address: Address): Promise<PositionRow[]> {
  const rows = await rowsOf<{ account: Address; owns: boolean; shares: Int; dollars: Int; tribs: Int }>(
    db,
    sql`select account, bool_or(owns) as owns, sum(shares) as shares, sum(dollars) as dollars, sum(tribs) as tribs from (
        select o.account, true as owns, 0::numeric as shares, 0::numeric as dollars, 0::numeric as tribs
        from (select distinct account from asset_owners where owner = ${address}) o
        where ${address} = (select l.owner from asset_owners l where l.account = o.account
          order by l.block_number desc, l.log_index desc limit 1)
        union all select account, false, shares, 0, 0 from share_transfers where receiver = ${address}
        union all select account, false, -shares, 0, 0 from share_transfers where sender = ${address}
        union all select account, false, 0, dollars, tribs from ${PAID_OUT} p where party = ${address}
      ) x group by account`,
  );
  return rows.map((r) => ({
    account: r.account,
    owns: r.owns,
    shares: BigInt(r.shares),
    dollars: BigInt(r.dollars),
    tribs: BigInt(r.tribs),
  }));
}
