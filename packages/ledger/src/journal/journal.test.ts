import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { z } from 'zod';
import { type FileJournal, type JournalOptions, openJournal } from './journal.ts';

const Rec = z.object({ name: z.string(), amount: z.string().transform(BigInt) });
type Rec = z.infer<typeof Rec>;

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-journal-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

function openAt(dir: string, options: Partial<JournalOptions<Rec>> = {}): Promise<FileJournal<Rec>> {
  return openJournal({ dir, parse: (json) => Rec.parse(json), ...options });
}

async function all(journal: FileJournal<Rec>, from?: number): Promise<{ seq: number; record: Rec }[]> {
  const out = [];
  for await (const entry of journal.replay(from)) out.push(entry);
  return out;
}

const rec = (i: number): Rec => ({ name: `récord ${i}\n`, amount: 2n ** 100n + BigInt(i) });

async function filled(dir: string, count: number, options: Partial<JournalOptions<Rec>> = {}): Promise<Rec[]> {
  const journal = await openAt(dir, options);
  const records = Array.from({ length: count }, (_, i) => rec(i));
  await Promise.all(records.map((r) => journal.append(r)));
  await journal.close();
  return records;
}

const lastFile = async (dir: string) => join(dir, (await readdir(dir)).sort().at(-1)!);

test('replay gives the records in order, numbered from 0, after a reopen and across segments', async (t) => {
  const dir = await folder(t);
  const options = { segmentBytes: 500 };
  const journal = await openAt(dir, options);
  for (let i = 0; i < 60; i++) assert.equal(await journal.append(rec(i)), i);
  const entries = await all(journal);
  await journal.close();
  assert.deepEqual(
    entries,
    Array.from({ length: 60 }, (_, i) => ({ seq: i, record: rec(i) })),
  );
  assert.ok((await readdir(dir)).length > 5);
  const again = await openAt(dir, options);
  assert.deepEqual(await all(again, 33), entries.slice(33));
  assert.equal(await again.append(rec(60)), 60);
  await again.close();
});

test('appends called together keep the order of the calls', async (t) => {
  const dir = await folder(t);
  const journal = await openAt(dir);
  const seqs = await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append(rec(i))));
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    (await all(journal)).map((e) => e.record),
    Array.from({ length: 500 }, (_, i) => rec(i)),
  );
  await journal.close();
});

test('a journal cut at any byte keeps every whole record before the cut and takes new ones', async (t) => {
  const dir = await folder(t);
  const records = await filled(dir, 40);
  const path = await lastFile(dir);
  const bytes = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (cut) => {
      await writeFile(path, bytes.subarray(0, cut));
      const whole = bytes.subarray(0, cut).filter((b) => b === 10).length;
      const journal = await openAt(dir);
      assert.equal(await journal.append(rec(1000)), whole);
      const expected = [...records.slice(0, whole), rec(1000)];
      assert.deepEqual(
        (await all(journal)).map((e) => e.record),
        expected,
      );
      await journal.close();
      const reopened = await openAt(dir);
      assert.deepEqual(
        (await all(reopened)).map((e) => e.record),
        expected,
      );
      await reopened.close();
    }),
    { numRuns: 60 },
  );
});

test('a torn tail may end in any bytes', async (t) => {
  const dir = await folder(t);
  const records = await filled(dir, 5);
  const path = await lastFile(dir);
  const bytes = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (garbage) => {
      await writeFile(path, Buffer.concat([bytes, garbage]));
      const journal = await openAt(dir);
      assert.deepEqual(
        (await all(journal)).map((e) => e.record),
        records,
      );
      await journal.close();
      assert.equal((await stat(path)).size, bytes.length);
    }),
    { numRuns: 60 },
  );
});

test('a flipped byte is never read as a record: it is an error naming file and offset, or a torn tail at the end', async (t) => {
  const dir = await folder(t);
  const records = await filled(dir, 20);
  const path = await lastFile(dir);
  const bytes = await readFile(path);
  const lastStart = bytes.lastIndexOf(10, bytes.length - 2) + 1;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = damaged[at]! ^ flip;
        await writeFile(path, damaged);
        if (at >= lastStart) {
          const journal = await openAt(dir);
          assert.deepEqual(
            (await all(journal)).map((e) => e.record),
            records.slice(0, 19),
          );
          await journal.close();
        } else {
          const start = at === 0 ? 0 : bytes.lastIndexOf(10, at - 1) + 1;
          await assert.rejects(openAt(dir), (error) => {
            assert.ok(TributaryError.is(error) && error.code === 'journal_corrupt', String(error));
            assert.ok(error.message.includes(path) && error.message.includes(`byte ${start}`), error.message);
            return true;
          });
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('damage in an earlier segment is found by replay', async (t) => {
  const dir = await folder(t);
  const options = { segmentBytes: 300 };
  await (async () => {
    const journal = await openAt(dir, options);
    for (let i = 0; i < 20; i++) await journal.append(rec(i));
    await journal.close();
  })();
  const first = join(dir, (await readdir(dir)).sort()[0]!);
  await truncate(first, (await stat(first)).size - 3);
  const journal = await openAt(dir, options);
  await assert.rejects(all(journal), { code: 'journal_corrupt' });
  await journal.close();
});

test('a segment missing in the middle is found by replay', async (t) => {
  const dir = await folder(t);
  const options = { segmentBytes: 300 };
  const journal = await openAt(dir, options);
  for (let i = 0; i < 20; i++) await journal.append(rec(i));
  await journal.close();
  await rm(join(dir, (await readdir(dir)).sort()[1]!));
  const again = await openAt(dir, options);
  await assert.rejects(all(again), { code: 'journal_corrupt' });
  await again.close();
});

test('a fold ahead of a cut journal keeps its numbers: the next record goes behind minSeq', async (t) => {
  const dir = await folder(t);
  await filled(dir, 3);
  const journal = await openAt(dir, { minSeq: 10 });
  assert.equal(await journal.append(rec(10)), 10);
  assert.deepEqual(await all(journal, 10), [{ seq: 10, record: rec(10) }]);
  await assert.rejects(all(journal, 0), { code: 'journal_corrupt' });
  await journal.close();
});

test('an append to a closed journal is refused', async (t) => {
  const journal = await openAt(await folder(t));
  await journal.close();
  await assert.rejects(journal.append(rec(0)), { code: 'journal_closed' });
});

test('close waits for the appends under way', async (t) => {
  const dir = await folder(t);
  const journal = await openAt(dir);
  const pending = Promise.all(Array.from({ length: 50 }, (_, i) => journal.append(rec(i))));
  await journal.close();
  assert.equal((await pending).length, 50);
});

test('what was acknowledged is in the file: a copy taken at that moment has it', async (t) => {
  const dir = await folder(t);
  const journal = await openAt(dir);
  const copies = await folder(t);
  for (let i = 0; i < 5; i++) {
    await journal.append(rec(i));
    const path = await lastFile(dir);
    await copyFile(path, join(copies, path.slice(dir.length + 1)));
    const copy = await openAt(copies);
    assert.equal((await all(copy)).length, i + 1);
    await copy.close();
  }
  await journal.close();
});
