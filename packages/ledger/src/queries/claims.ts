import type { Address, Hex32 } from '@tributary/protocol';
import type { Place } from '@tributary/protocol/explorer';
import { sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { type Int, isBefore, type Order, orderOf, type PlaceColumns, pageOf, placeOf, rowsOf } from './rows.ts';

/** One channel in one claim, with the root of its receipts where one was logged. */
export interface ClaimRow {
  channelId: Hex32;
  payer: Address;
  receiver: Address;
  token: Address;
  sender: Address;
  /** What the claim added to the total. */
  claimed: bigint;
  totalClaimed: bigint;
  place: Place;
  receipts: { from: bigint; to: bigint; root: Hex32; leavesHash: Hex32; place: Place } | null;
}

interface ClaimColumns extends PlaceColumns {
  channel_id: Hex32;
  payer: Address;
  receiver: Address;
  token: Address;
  sender: Address;
  claimed: Int;
  total_claimed: Int;
  from_total: Int | null;
  to_total: Int;
  root: Hex32;
  leaves_hash: Hex32;
  root_block: Int;
  root_log: number;
  root_tx: string;
  root_time: Int;
}

/** What a claim `c` added: what its event says, else the difference to the channel's claim before. */
export const CLAIMED = sql`coalesce(c.claimed, c.total_claimed - coalesce((select max(e.total_claimed) from claims e
  where e.channel_id = c.channel_id and ${isBeforeClaim()}), 0))`;

function isBeforeClaim() {
  return sql`(e.block_number, e.log_index, e.row) < (c.block_number, c.log_index, c.row)`;
}

/** Claims, newest first. Anyone may log a root: one in the claim's own transaction is preferred. */
export async function listClaims(
  db: Database,
  {
    channelId,
    receiver,
    before,
    limit,
  }: { channelId?: Hex32 | undefined; receiver?: Address | undefined; before?: Order | undefined; limit: number },
): Promise<{ rows: ClaimRow[]; next: Order | null }> {
  const found = await rowsOf<ClaimColumns>(
    db,
    sql`select c.block_number, c.log_index, c.row, c.tx_hash, b.time, c.channel_id, c.sender, ${CLAIMED} as claimed,
        c.total_claimed, h.payer, h.receiver, h.token, r.from_total, r.to_total, r.root, r.leaves_hash,
        r.block_number as root_block, r.log_index as root_log, r.tx_hash as root_tx, r.time as root_time
      from claims c
      join blocks b on b.number = c.block_number
      join lateral (select * from channels h where h.channel_id = c.channel_id limit 1) h on true
      left join lateral (
        select r.*, rb.time from receipt_roots r join blocks rb on rb.number = r.block_number
        where r.channel_id = c.channel_id and r.to_total = c.total_claimed
        order by r.tx_hash = c.tx_hash desc, r.block_number, r.log_index limit 1
      ) r on true
      where ${channelId ? sql`c.channel_id = ${channelId}` : sql`true`}
        and ${receiver ? sql`h.receiver = ${receiver}` : sql`true`}
        and ${before ? isBefore(sql`c`, before) : sql`true`}
      order by c.block_number desc, c.log_index desc, c.row desc limit ${limit + 1}`,
  );
  const { rows, next } = pageOf(found, limit, orderOf);
  return { rows: rows.map(claimRow), next };
}

function claimRow(r: ClaimColumns): ClaimRow {
  return {
    channelId: r.channel_id,
    payer: r.payer,
    receiver: r.receiver,
    token: r.token,
    sender: r.sender,
    claimed: BigInt(r.claimed),
    totalClaimed: BigInt(r.total_claimed),
    place: placeOf(r),
    receipts:
      r.from_total === null
        ? null
        : {
            from: BigInt(r.from_total),
            to: BigInt(r.to_total),
            root: r.root,
            leavesHash: r.leaves_hash,
            place: placeOf({
              block_number: r.root_block,
              log_index: r.root_log,
              tx_hash: r.root_tx,
              time: r.root_time,
            }),
          },
  };
}

/** For each end of an interval, the claim that first raised its channel's total there or above; null where none has. */
export async function claimsCovering(
  db: Database,
  ends: readonly { channelId: Hex32; to: bigint }[],
): Promise<(Place | null)[]> {
  if (ends.length === 0) return [];
  const asked = JSON.stringify(ends.map(({ channelId, to }) => ({ channel: channelId, to: to.toString() })));
  const rows = await rowsOf<PlaceColumns>(
    db,
    sql`select c.block_number, c.log_index, c.row, c.tx_hash, b.time
      from jsonb_array_elements(${asked}::jsonb) with ordinality as e(wanted, n)
      left join lateral (
        select * from claims c where c.channel_id = e.wanted->>'channel' and c.total_claimed >= (e.wanted->>'to')::numeric
        order by c.block_number, c.log_index, c.row limit 1
      ) c on true
      left join blocks b on b.number = c.block_number
      order by e.n`,
  );
  return rows.map((r) => (r.tx_hash === null ? null : placeOf(r)));
}
