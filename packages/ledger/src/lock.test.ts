import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { acquireLock } from './lock.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-lock-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

/** A process that takes the lock and keeps it. */
async function holder(dir: string) {
  const code = `const { acquireLock } = await import(${JSON.stringify(import.meta.resolve('./lock.ts'))});
    await acquireLock(${JSON.stringify(dir)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('a folder in use is refused, naming the owner, until the owner lets go', async (t) => {
  const dir = await folder(t);
  const lock = await acquireLock(dir);
  await assert.rejects(acquireLock(dir), (error: Error) => {
    assert.match(error.message, new RegExp(`Process ${process.pid} already uses`));
    return (error as { code?: string }).code === 'folder_in_use';
  });
  await lock.release();
  await (await acquireLock(dir)).release();
  assert.deepEqual(await readdir(dir), []);
});

test('the lock of a killed process is taken over, that of a living one is not', async (t) => {
  const dir = await folder(t);
  const child = await holder(dir);
  await assert.rejects(acquireLock(dir), { code: 'folder_in_use' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await acquireLock(dir)).release();
});

test('a lock whose pid now belongs to another process is stale', { skip: process.platform !== 'linux' }, async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot/1' }));
  await (await acquireLock(dir)).release();
});

test('of many starters on a stale lock exactly one wins', async (t) => {
  for (let round = 0; round < 40; round++) {
    const dir = await folder(t);
    await writeFile(join(dir, 'lock'), 'not a lock');
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(dir)));
    const won = results.filter((r) => r.status === 'fulfilled');
    assert.equal(won.length, 1, `round ${round}`);
    await won[0]!.value.release();
    assert.deepEqual(await readdir(dir), []);
  }
});

test("starters that died while they took a stale lock over are in nobody's way", async (t) => {
  const dir = await folder(t);
  const nameOf = (text: string) => join(dir, `lock.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`);
  await writeFile(join(dir, 'lock'), 'left by a first');
  await writeFile(nameOf('left by a first'), 'left by a second');
  await writeFile(nameOf('left by a second'), 'left by a third');
  const lock = await acquireLock(dir);
  assert.deepEqual(await readdir(dir), ['lock']);
  await lock.release();
});
