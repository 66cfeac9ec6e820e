import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempFolder } from '../devnet/test-support.ts';
import { foldedTo, foldReceipts } from './receipts.ts';
import { openStore } from './store.ts';

test('an embedded store keeps its rows, and one that cannot be opened is put aside and begun afresh', async (t) => {
  const { dir } = await tempFolder(t);
  const path = join(dir, 'deeper', 'tables');
  const first = await openStore({ dir: path });
  await foldReceipts(first.db, 'gateway', [], 42);
  await first.close();
  const second = await openStore({ dir: path });
  assert.equal(await foldedTo(second.db, 'gateway'), 42);
  await second.close();
  await writeFile(join(path, 'global', 'pg_control'), 'damaged');
  const third = await openStore({ dir: path });
  assert.equal(await foldedTo(third.db, 'gateway'), 0);
  await third.close();
  assert.equal((await readdir(join(dir, 'deeper'))).filter((name) => name.includes('broken')).length, 1);
});

test('a database server that does not answer is named as such', async () => {
  await assert.rejects(openStore({ dir: 'unused', databaseUrl: 'postgres://127.0.0.1:1/none' }), {
    code: 'database_unreachable',
  });
});

test('a namespace that is no plain name is refused', async () => {
  await assert.rejects(async () => openStore({ dir: 'unused', namespace: 'a"; drop' }), RangeError);
});
