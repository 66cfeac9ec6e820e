import type { Hex32 } from '@tributary/protocol';
import type { Place } from '@tributary/protocol/explorer';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../store/store.ts';

/** A column of int8 or numeric: text from a server, a number from the embedded database. `Number` and `BigInt` take both. */
export type Int = string | number | bigint;

/** The rows of a query that the builder cannot express. `T` says what the query selects. */
export async function rowsOf<T>(db: Database, query: SQL): Promise<T[]> {
  // Both drivers answer with an object that has `rows`; the builder's type leaves it open.
  const result = (await db.execute(query)) as unknown as { rows: T[] };
  return result.rows;
}

/** Where an event stands among all: `row` counts the rows of one event. */
export interface Order {
  blockNumber: number;
  logIndex: number;
  row: number;
}

/** Columns that every query over events selects, `time` from the event's block. */
export interface PlaceColumns {
  block_number: Int;
  log_index: number;
  row: number;
  tx_hash: string;
  time: Int;
}

export function placeOf(r: Omit<PlaceColumns, 'row'>): Place {
  return {
    txHash: r.tx_hash as Hex32,
    blockNumber: Number(r.block_number),
    logIndex: r.log_index,
    time: Number(r.time),
  };
}

export function orderOf(r: PlaceColumns): Order {
  return { blockNumber: Number(r.block_number), logIndex: r.log_index, row: r.row };
}

/** A condition on table `t`: before this event on the chain. Compares as the primary keys do. */
export function isBefore(t: SQL, { blockNumber, logIndex, row }: Order): SQL {
  return sql`(${t}.block_number, ${t}.log_index, ${t}.row) < (${blockNumber}::bigint, ${logIndex}::int, ${row}::int)`;
}

/** A list of texts as one parameter, for `in`. */
export function listOf(texts: readonly string[]): SQL {
  return sql`(select jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`;
}

/** A page of a query that asked for one row more than fits. `next` is where the following page begins, null on the last. */
export function pageOf<T, C>(rows: T[], limit: number, cursorOf: (row: T) => C): { rows: T[]; next: C | null } {
  if (rows.length <= limit) return { rows, next: null };
  const page = rows.slice(0, limit);
  return { rows: page, next: cursorOf(page.at(-1)!) };
}
