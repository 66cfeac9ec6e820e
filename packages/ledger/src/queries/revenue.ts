import type { Address } from '@tributary/protocol';
import { sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import type { TokenFlow } from './assets.ts';
import { type Int, rowsOf } from './rows.ts';

/** What moved through an account in one token within one bucket of time. */
export interface RevenueRow extends TokenFlow {
  /** Unix seconds; a multiple of the bucket's length. */
  start: number;
}

/**
 * What moved through an account over time, oldest first; buckets in which nothing moved are left out.
 * @param from Unix seconds; without it the newest `most` buckets come.
 */
export async function revenueOf(
  db: Database,
  account: Address,
  { bucketSeconds, from, most }: { bucketSeconds: number; from?: number | undefined; most: number },
): Promise<RevenueRow[]> {
  const rows = await rowsOf<{ start: Int; token: Address; received: Int; passed_on: Int; sent: Int }>(
    db,
    sql`select b.time / ${bucketSeconds}::bigint * ${bucketSeconds}::bigint as start, t.token,
        sum(case when t.payee = ${account} then t.amount else 0 end) as received,
        sum(case when t.payer = ${account} and u.upstream is not null then t.amount else 0 end) as passed_on,
        sum(case when t.payer = ${account} then t.amount else 0 end) as sent
      from (
        select * from token_transfers where payee = ${account} union select * from token_transfers where payer = ${account}
      ) t
      join blocks b on b.number = t.block_number
      left join upstreams u on u.account = t.payer and u.upstream = t.payee
      where b.time >= ${from ?? 0}::bigint
      group by 1, 2 order by 1 ${from === undefined ? sql`desc` : sql`asc`}, 2 limit ${most}`,
  );
  const read = rows.map((r) => ({
    start: Number(r.start),
    token: r.token,
    received: BigInt(r.received),
    passedOn: BigInt(r.passed_on),
    paidOut: BigInt(r.sent) - BigInt(r.passed_on),
  }));
  return from === undefined ? read.sort((a, b) => a.start - b.start || (a.token < b.token ? -1 : 1)) : read;
}
