import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { createReader } from '@tributary/chain';
import {
  clearReceipts,
  foldedTo,
  foldReceipts,
  listAssets,
  listClaims,
  openStore,
  receiptById,
  receiptsSince,
  startFollower,
} from '@tributary/ledger';
import type { TablesSetup, TablesWork } from './work.ts';

/** The thread of the tables: the embedded database computes for seconds at its start, and no question may wait for that. */

const FOLD = 'gateway';
const FOLLOW_MS = 2_000;

const port = parentPort!;
const setup = workerData as TablesSetup;
const dir = join(setup.home, 'tables');
const made = join(setup.home, 'tables.made');
// A database whose making was cut short can neither be opened nor mended.
if (
  !(await access(made).then(
    () => true,
    () => false,
  ))
)
  await rm(dir, { recursive: true, force: true });
const store = await openStore({
  dir,
  ...(setup.databaseUrl ? { databaseUrl: setup.databaseUrl } : {}),
});
const { db } = store;
await writeFile(made, '');
// The fold saw records that the journal has lost since.
if ((await foldedTo(db, FOLD)) > setup.journalEnd) await clearReceipts(db, FOLD);
const follower = await startFollower({
  reader: createReader(setup),
  store,
  fromBlock: Number(setup.fromBlock),
  intervalMs: FOLLOW_MS,
});

const work: TablesWork = {
  foldedTo: () => foldedTo(db, FOLD),
  fold: (entries, next) => foldReceipts(db, FOLD, entries, next),
  async assets() {
    await follower.poll();
    return listAssets(db);
  },
  async claims(limit) {
    await follower.poll();
    return listClaims(db, { limit });
  },
  receipt: async (id) => (await receiptById(db, id))?.receipt,
  receipts: (since, limit) => receiptsSince(db, since, limit),
  async close() {
    await follower.stop();
    await store.close();
    port.close();
  },
};

port.on('message', ({ id, name, args }: { id: number; name: keyof TablesWork; args: unknown[] }) => {
  const run = work[name] as (...args: unknown[]) => Promise<unknown>;
  run(...args).then(
    (result) => port.postMessage({ id, result }),
    (error: unknown) => port.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
