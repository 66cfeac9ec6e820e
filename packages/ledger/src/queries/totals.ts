import type { Address } from '@tributary/protocol';
import { sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { PAID_OUT } from './holders.ts';
import { type Int, rowsOf } from './rows.ts';

/** Sums over the whole network. */
export interface NetworkTotals {
  /** How far the chain was followed; null before the first block. */
  head: { blockNumber: number; time: number } | null;
  claims: number;
  /** What came to assets from outside, by token. */
  earned: { token: Address; amount: bigint }[];
  /** What holders and owners took. */
  paidOut: { dollars: bigint; tribs: bigint };
}

export async function networkTotals(db: Database): Promise<NetworkTotals> {
  const [head] = await rowsOf<{ number: Int; time: Int }>(
    db,
    sql`select number, time from blocks order by number desc limit 1`,
  );
  const [claims] = await rowsOf<{ n: Int }>(db, sql`select count(*) as n from claims`);
  const earned = await rowsOf<{ token: Address; amount: Int }>(
    db,
    sql`select t.token, sum(t.amount) as amount from token_transfers t join assets a on a.account = t.payee
      where not exists (select 1 from assets p where p.account = t.payer) group by 1 order by 1`,
  );
  const [paid] = await rowsOf<{ dollars: Int | null; tribs: Int | null }>(
    db,
    sql`select sum(dollars) as dollars, sum(tribs) as tribs from ${PAID_OUT} p`,
  );
  return {
    head: head ? { blockNumber: Number(head.number), time: Number(head.time) } : null,
    claims: Number(claims?.n ?? 0),
    earned: earned.map((e) => ({ token: e.token, amount: BigInt(e.amount) })),
    paidOut: { dollars: BigInt(paid?.dollars ?? 0), tribs: BigInt(paid?.tribs ?? 0) },
  };
}
