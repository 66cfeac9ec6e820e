import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cardNames, type Database, openStore } from '@tributary/ledger';
import { createGuardedFetch } from '@tributary/work';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { createCardReader } from './cards.ts';

let db: Database;
const cleanups: (() => Promise<unknown>)[] = [];
before(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-cards-'));
  const store = await openStore({ dir: join(dir, 'tables') });
  cleanups.push(
    () => rm(dir, { recursive: true, force: true }),
    () => store.close(),
  );
  db = store.db;
});
after(async () => {
  for (const work of cleanups.toReversed()) await work();
});

let assets = 0;
/** An asset in the tables whose card is at an address. */
async function addAsset(uri: string): Promise<string> {
  const account = `0x${String(++assets).padStart(40, '0')}`;
  await db.execute(sql`insert into assets (block_number, log_index, row, tx_hash, account, kind, creator, uri, dues_ppm, minter, cap)
    values (${assets}, 0, 0, '0x', ${account}, 'dataset', '0x', ${uri}, 0, '0x', 0)`);
  return `asset:${account}`;
}

function reader(options: { allowPrivate?: boolean } = {}) {
  const read: string[] = [];
  let now = 1_000;
  const fetch = createGuardedFetch({ allowPrivate: options.allowPrivate ?? true });
  const waiting: { subject: string; resolve: () => void }[] = [];
  const cards = createCardReader({
    db,
    fetch,
    onRead(subjects) {
      read.push(...subjects);
      for (const w of waiting) if (subjects.includes(w.subject as never)) w.resolve();
    },
    log: pino({ level: 'silent' }),
    now: () => now,
  });
  return {
    cards,
    read,
    advance: (seconds: number) => {
      now += seconds;
    },
    /** Resolves when a card was looked at again. */
    lookedAt: (subject: string) => new Promise<void>((resolve) => waiting.push({ subject, resolve })),
    async close() {
      await cards.close();
      await fetch.close();
    },
  };
}

const nameOf = async (subject: string) => (await cardNames(db, [subject as never]))[0]?.name;

test('cards that need no fetching are there at once; a moved one is read again', async () => {
  const r = reader();
  const subject = await addAsset('data:,first');
  await r.cards.inline();
  assert.equal(await nameOf(subject), 'first');
  await r.cards.inline();
  assert.deepEqual(r.read, [subject], 'nothing is read twice');
  await db.execute(sql`update assets set uri = 'data:,second' where 'asset:' || account = ${subject}`);
  r.cards.look();
  await r.cards.inline();
  assert.equal(await nameOf(subject), 'second');
  await r.close();
});

test('a card that cannot be fetched is tried again later and later, and keeps its old name when it goes away', async (t) => {
  let answer: { status: number; body: string } = { status: 500, body: '' };
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const subject = await addAsset(`http://127.0.0.1:${(server.address() as AddressInfo).port}/card`);
  const r = reader();
  const look = async () => {
    const looked = r.lookedAt(subject);
    r.cards.look();
    await looked;
  };
  await look();
  assert.deepEqual([asked, await nameOf(subject)], [1, '']);
  r.advance(15);
  await look();
  assert.equal(asked, 2);
  answer = { status: 200, body: '{"name":"Here now"}' };
  r.advance(30);
  await look();
  assert.equal(await nameOf(subject), 'Here now');
  answer = { status: 404, body: '' };
  r.advance(21_600);
  await look();
  assert.deepEqual([asked, await nameOf(subject)], [4, 'Here now']);
  await r.close();
});

test('attack: a card at a private address is not fetched unless that is allowed', async (t) => {
  const server = createServer((_, response) => response.end('{"name":"secret"}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const subject = await addAsset(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const r = reader({ allowPrivate: false });
  const looked = r.lookedAt(subject);
  r.cards.look();
  await looked;
  assert.equal(await nameOf(subject), '');
  await r.close();
});
