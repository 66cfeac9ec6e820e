import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { TributaryError } from '@tributary/protocol';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { migrate as migratePg } from 'drizzle-orm/node-postgres/migrator';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { Pool } from 'pg';
import { type Logger, pino } from 'pino';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');

/** The tables, or a transaction on them. */
export type Database = Pick<PgDatabase<PgQueryResultHKT>, 'select' | 'insert' | 'delete' | 'execute' | 'transaction'>;

export interface Store {
  db: Database;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Folder of the embedded database; used when there is no `databaseUrl`. */
  dir: string;
  /** A PostgreSQL server: `postgres://user:password@host/database`. */
  databaseUrl?: string | undefined;
  /** PostgreSQL schema that holds the tables, so that several daemons can share one database. */
  namespace?: string;
  log?: Logger;
}

/**
 * Opens the SQL tables and brings them to the current shape. Everything in them is a fold of the chain or of a journal, so
 * an embedded database that cannot be opened any more is put aside and started afresh.
 *
 * Throws `database_unreachable` when a server does not answer.
 */
export function openStore({
  dir,
  databaseUrl,
  namespace = 'tributary',
  log = pino({ level: 'silent' }),
}: StoreOptions): Promise<Store> {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(namespace)) throw new RangeError(`${namespace} is no namespace: a-z, 0-9, _`);
  return databaseUrl ? openServer(databaseUrl, namespace) : openEmbedded(dir, log);
}

async function openEmbedded(dir: string, log: Logger): Promise<Store> {
  await mkdir(dirname(dir), { recursive: true });
  try {
    return await openPglite(dir);
  } catch (error) {
    const aside = `${dir}.broken-${Date.now()}`;
    log.warn({ err: error, aside }, 'the tables cannot be opened; they are put aside and built again');
    await rename(dir, aside);
    return openPglite(dir);
  }
}

async function openPglite(dir: string): Promise<Store> {
  return storeOn(await PGlite.create(dir));
}

/** The tables in an embedded database that is open already. */
export async function storeOn(client: PGlite): Promise<Store> {
  const db = drizzlePglite({ client });
  await migratePglite(db, { migrationsFolder: MIGRATIONS });
  return { db, close: () => client.close() };
}

async function openServer(databaseUrl: string, namespace: string): Promise<Store> {
  const pool = new Pool({ connectionString: databaseUrl, options: `-c search_path=${namespace}` });
  // A lost idle connection is replaced at the next query, which reports what is wrong.
  pool.on('error', () => undefined);
  try {
    await pool.query(`CREATE SCHEMA IF NOT EXISTS "${namespace}"`);
    const db = drizzlePg({ client: pool });
    await migratePg(db, { migrationsFolder: MIGRATIONS, migrationsSchema: namespace });
    return { db, close: () => pool.end() };
  } catch (cause) {
    await pool.end();
    throw new TributaryError('database_unreachable', `The database server could not be used: ${cause}.`, {
      status: 503,
      cause,
      hint: 'Check DATABASE_URL, or leave it out to use the embedded database.',
    });
  }
}
