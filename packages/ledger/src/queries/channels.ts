import type { Address, Hex32 } from '@tributary/protocol';
import type { Place } from '@tributary/protocol/explorer';
import { sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { type Int, type PlaceColumns, placeOf, rowsOf } from './rows.ts';

/** A channel and what moved on it, base units of its token. */
export interface ChannelRow {
  channelId: Hex32;
  payer: Address;
  receiver: Address;
  token: Address;
  deposited: bigint;
  claimed: bigint;
  /** Refunded or withdrawn. */
  returned: bigint;
}

/** Channels that an address pays from, or the one with this id; newest first. */
export async function listChannels(
  db: Database,
  where: { payer: Address } | { channelId: Hex32 },
  limit: number,
): Promise<ChannelRow[]> {
  const condition = 'payer' in where ? sql`payer = ${where.payer}` : sql`channel_id = ${where.channelId}`;
  const rows = await rowsOf<{
    channel_id: Hex32;
    payer: Address;
    receiver: Address;
    token: Address;
    deposited: Int;
    claimed: Int;
    returned: Int;
  }>(
    db,
    sql`select h.channel_id, h.payer, h.receiver, h.token,
        coalesce((select max(c.total_claimed) from claims c where c.channel_id = h.channel_id), 0) as claimed,
        coalesce(e.deposited, 0) as deposited, coalesce(e.returned, 0) as returned
      from (
        select distinct on (channel_id) * from channels where ${condition} order by channel_id, block_number desc
      ) h
      left join lateral (
        select sum(case when kind = 'deposited' then amount else 0 end) as deposited,
          sum(case when kind in ('refunded', 'withdraw_finalized') then amount else 0 end) as returned
        from channel_events e where e.channel_id = h.channel_id
      ) e on true
      order by h.block_number desc, h.log_index desc limit ${limit}`,
  );
  return rows.map((r) => ({
    channelId: r.channel_id,
    payer: r.payer,
    receiver: r.receiver,
    token: r.token,
    deposited: BigInt(r.deposited),
    claimed: BigInt(r.claimed),
    returned: BigInt(r.returned),
  }));
}

/** The first settlement to a receiver after a place of the chain; null: the money is claimed but was not sent yet. */
export async function settlementAfter(
  db: Database,
  where: { receiver: Address; token: Address },
  after: { blockNumber: number; logIndex: number },
): Promise<Place | null> {
  const [row] = await rowsOf<PlaceColumns>(
    db,
    sql`select s.block_number, s.log_index, s.row, s.tx_hash, b.time from settlements s
      join blocks b on b.number = s.block_number
      where s.receiver = ${where.receiver} and s.token = ${where.token}
        and (s.block_number, s.log_index) > (${after.blockNumber}::bigint, ${after.logIndex}::int)
      order by s.block_number, s.log_index limit 1`,
  );
  return row ? placeOf(row) : null;
}

/** What an account sent of a token after a place of the chain: the first time to each receiver. */
export function transfersAfter(
  db: Database,
  where: { payer: Address; token: Address },
  after: { blockNumber: number; logIndex: number },
): Promise<{ to: Address; place: Place }[]> {
  return firstByParty(
    db,
    sql`select distinct on (t.payee) t.payee as party, t.block_number, t.log_index, t.row, t.tx_hash, b.time
      from token_transfers t join blocks b on b.number = t.block_number
      where t.payer = ${where.payer} and t.token = ${where.token}
        and (t.block_number, t.log_index) > (${after.blockNumber}::bigint, ${after.logIndex}::int)
      order by t.payee, t.block_number, t.log_index`,
  );
}

/** Dollars that an account paid to holders and owner after a place of the chain: the first time to each. */
export function payoutsAfter(
  db: Database,
  account: Address,
  after: { blockNumber: number; logIndex: number },
): Promise<{ to: Address; place: Place }[]> {
  return firstByParty(
    db,
    sql`select distinct on (p.party) p.party, p.block_number, p.log_index, p.row, p.tx_hash, b.time
      from payouts p join blocks b on b.number = p.block_number
      where p.account = ${account} and p.dollars > 0
        and (p.block_number, p.log_index) > (${after.blockNumber}::bigint, ${after.logIndex}::int)
      order by p.party, p.block_number, p.log_index`,
  );
}

async function firstByParty(
  db: Database,
  query: Parameters<typeof rowsOf>[1],
): Promise<{ to: Address; place: Place }[]> {
  const rows = await rowsOf<PlaceColumns & { party: Address }>(db, query);
  return rows.map((r) => ({ to: r.party, place: placeOf(r) }));
}
