import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { createReader, DEVNET_CHAIN_ID } from '@tributary/chain';
import { clearReceipts, foldedTo, foldReceipts, openStore, receiptById, startFollower } from '@tributary/ledger';
import { type Hex32, TributaryError, toWire } from '@tributary/protocol';
import { createGuardedFetch } from '@tributary/work';
import { answers } from '../explore/answers.ts';
import { createAssetBook } from '../explore/book.ts';
import { createCardReader } from '../explore/cards.ts';
import type { Answerer, Explore, TableName } from '../explore/context.ts';
import { createLiveChain } from '../explore/live.ts';
import { cardsMayHaveChanged, touchedBy } from '../explore/touched.ts';
import { createSharedLook } from '../shared-look.ts';
import { threadLog } from './thread-log.ts';
import type { SentError, TablesQuestion, TablesSetup, TablesWork } from './work.ts';

/** The thread of the tables: the embedded database computes for seconds at its start, and no question may wait for that. */

const FOLD = 'gateway';
const FOLLOW_MS = 2_000;
/** Answers below this many bytes are not packed. */
const PACK_BYTES = 2_048;

const port = parentPort!;
const log = threadLog(port);
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
const book = createAssetBook(db);
const fetchCards = createGuardedFetch({ allowPrivate: setup.allowPrivateEndpoints });
const cards = createCardReader({
  db,
  fetch: fetchCards,
  onRead: (subjects) =>
    book.touch(subjects.flatMap((s) => (s.startsWith('asset:') ? [s.slice('asset:'.length) as Hex32] : []))),
  log,
});
const follower = await startFollower({
  reader: createReader(setup),
  store,
  fromBlock: Number(setup.fromBlock),
  intervalMs: FOLLOW_MS,
});
follower.onEvents((followed) => {
  if (followed.rolledBackTo !== undefined) book.touch();
  else book.touch(touchedBy(followed.events));
  if (followed.rolledBackTo !== undefined || cardsMayHaveChanged(followed.events)) cards.look();
});
cards.look();

// Where a block takes seconds, the tables are at most one behind, and waiting for a look gains nothing.
const isQuick = setup.chainId === DEVNET_CHAIN_ID;
const lookNow = createSharedLook(follower.poll, 50);

/** What the chain has now is in the tables, and what the tables have is in the book. */
async function upToDate(): Promise<void> {
  if (isQuick) {
    await lookNow().catch((error: unknown) => log.warn({ err: error }, 'the chain cannot be followed just now'));
  }
  await cards.inline();
  await book.sync();
}

const live = createLiveChain(setup, () => follower.head()?.number ?? 0);
const explore: Explore = { db, contracts: setup.contracts, book, live };

const work: TablesWork = {
  foldedTo: () => foldedTo(db, FOLD),
  fold: (entries, next) => foldReceipts(db, FOLD, entries, next),
  receipt: async (id) => (await receiptById(db, id as Hex32))?.receipt,
  async answer<N extends TableName>({ name, asked, given, gzip }: TablesQuestion<N>) {
    await upToDate();
    const answerer = answers[name] as Answerer<N>;
    const body = new TextEncoder().encode(toWire(await answerer(explore, asked, given)));
    if (!gzip || body.length < PACK_BYTES) return { body, gzip: false };
    // Here and not in the thread pool, which the journal writes with.
    return { body: new Uint8Array(gzipSync(body, { level: 4 })), gzip: true };
  },
  async close() {
    await cards.close();
    await fetchCards.close();
    await follower.stop();
    await store.close();
    port.close();
  },
};

function toSent(error: unknown): SentError {
  if (TributaryError.is(error)) {
    const { code, message, status, retryable, param, hint } = error;
    return { code, message, status, retryable, param, hint };
  }
  // What is not ours tells strangers nothing of the inside.
  log.error({ err: error }, 'the tables failed');
  const message = 'The tables behind the explorer failed.';
  return { code: 'tables_failed', message, status: 503, retryable: true, param: null, hint: undefined };
}

port.on('message', ({ id, name, args }: { id: number; name: keyof TablesWork; args: unknown[] }) => {
  const run = work[name] as (...args: unknown[]) => Promise<unknown>;
  run(...args).then(
    (result) => {
      const body = (result as { body?: Uint8Array<ArrayBuffer> } | undefined)?.body;
      port.postMessage({ id, result }, body ? [body.buffer] : []);
    },
    (error: unknown) => port.postMessage({ id, error: toSent(error) }),
  );
});
