import { sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';
import { type Int, rowsOf } from './rows.ts';

/** Unix seconds of followed blocks, by number. */
export async function timesOf(db: Database, numbers: readonly number[]): Promise<Map<number, number>> {
  const rows = await rowsOf<{ number: Int; time: Int }>(
    db,
    sql`select number, time from blocks
      where number in (select n::bigint from jsonb_array_elements_text(${JSON.stringify(numbers)}::jsonb) n)`,
  );
  return new Map(rows.map((r) => [Number(r.number), Number(r.time)]));
}
