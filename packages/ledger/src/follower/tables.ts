import type { NetworkEvent } from '@tributary/chain';
import type { Hex32 } from '@tributary/protocol';
import { desc, gt, sql } from 'drizzle-orm';
import { blocks, chainTables, source } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { rowsOf } from './rows.ts';

export interface FollowedBlock {
  number: number;
  hash: Hex32;
  /** Unix seconds. */
  time: number;
}

const INSERT_ROWS = 500;
/** Any number, the same for all followers: it names the advisory lock that keeps them apart. */
const LOCK = 8_453_001;

/** Changes with what is taken from the chain: tables of an earlier version are filled again from the start. */
export const TABLES_VERSION = 2;

/** Empties the tables unless they are a copy of this very network. */
export async function ensureSource(db: Database, identity: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    const [row] = await tx.select().from(source);
    if (row?.identity === identity) return;
    await removeAbove(tx, -1);
    await tx.delete(source);
    await tx.insert(source).values({ id: 1, identity });
  });
}

/** The newest followed blocks, newest first. */
export function lastBlocks(db: Database, limit: number, below?: number): Promise<FollowedBlock[]> {
  return db
    .select()
    .from(blocks)
    .where(below === undefined ? undefined : sql`${blocks.number} < ${below}`)
    .orderBy(desc(blocks.number))
    .limit(limit) as Promise<FollowedBlock[]>;
}

/**
 * Writes a range of blocks with its events on top of `parent`, all or none. False when the tables do not end in `parent`
 * any more: another follower of the same database was faster.
 */
export function appendRange(
  db: Database,
  parent: FollowedBlock | null,
  range: readonly FollowedBlock[],
  events: readonly NetworkEvent[],
): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await endsIn(tx, parent))) return false;
    const byTable = new Map<(typeof chainTables)[number], object[]>();
    for (const event of events) {
      rowsOf(event).forEach(({ table, values }, row) => {
        const place = {
          blockNumber: Number(event.blockNumber),
          logIndex: event.logIndex,
          row,
          txHash: event.transactionHash,
        };
        const rows = byTable.get(table) ?? [];
        byTable.set(table, rows);
        rows.push({ ...values, ...place });
      });
    }
    for (const [table, rows] of byTable) {
      // The rows were made for this table by `rowsOf`; a union of tables cannot say so to the query builder.
      for (let i = 0; i < rows.length; i += INSERT_ROWS)
        await tx
          .insert(table)
          .values(rows.slice(i, i + INSERT_ROWS) as never)
          // A transfer from one new account to another, made before both, was found by the first already.
          .onConflictDoNothing();
    }
    for (let i = 0; i < range.length; i += INSERT_ROWS) {
      await tx
        .insert(blocks)
        .values(range.slice(i, i + INSERT_ROWS))
        .onConflictDoNothing();
    }
    return true;
  });
}

/** Takes the tables back to `ancestor` (null: to before the first block). False when they do not end in `head` any more. */
export function rollBack(db: Database, head: FollowedBlock, ancestor: FollowedBlock | null): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await endsIn(tx, head))) return false;
    await removeAbove(tx, ancestor?.number ?? -1);
    return true;
  });
}

async function endsIn(tx: Database, head: FollowedBlock | null): Promise<boolean> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
  const [last] = await tx.select().from(blocks).orderBy(desc(blocks.number)).limit(1);
  return (last?.hash ?? null) === (head?.hash ?? null);
}

async function removeAbove(tx: Database, number: number): Promise<void> {
  for (const table of chainTables) await tx.delete(table).where(gt(table.blockNumber, number));
  await tx.delete(blocks).where(gt(blocks.number, number));
  // Money that was sent to an address before it was an asset's is of no asset any more when the registration is gone.
  await tx.execute(sql`delete from token_transfers t where not exists (select 1 from assets a where a.account = t.payer)
    and not exists (select 1 from assets a where a.account = t.payee)`);
}
