import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ReceiptFacts, rawTransfer, rpc, tempFolder } from './test-support.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

interface Daemon {
  url: string;
  child: ChildProcess;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

async function startDaemon(home: string): Promise<Daemon> {
  const child = spawn(process.execPath, [MAIN, '--home', home], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'silent' },
  });
  // A test that fails must not leave daemons behind.
  const killOnExit = () => child.kill('SIGKILL');
  process.once('exit', killOnExit);
  child.once('exit', () => process.off('exit', killOnExit));
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  return {
    url,
    child,
    async kill(signal) {
      const exited = once(child, 'exit');
      child.kill(signal);
      return (await exited)[0] as number | null;
    },
  };
}

/** The anvil of a daemon: the child of the shell that guards it. */
async function anvilPid(daemon: Daemon): Promise<number | null> {
  const children = async (pid: number) =>
    (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
  for (const shell of await children(daemon.child.pid!)) {
    for (const pid of await children(shell)) {
      if ((await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'anvil') return pid;
    }
  }
  return null;
}

const linux = { skip: process.platform === 'linux' ? false : 'needs /proc' };

/** Sends transfers until the daemon breaks; gives the receipts that were seen. */
async function load(
  daemon: Daemon,
  from: number,
  nonce: number,
  count: number,
  onSent: (n: number) => void,
): Promise<ReceiptFacts[]> {
  const seen: ReceiptFacts[] = [];
  for (let i = 0; i < count; i++) {
    try {
      const hash = await rpc<string>(daemon.url, 'eth_sendRawTransaction', await rawTransfer(from, nonce + i));
      const receipt = await rpc<ReceiptFacts | null>(daemon.url, 'eth_getTransactionReceipt', hash);
      if (receipt) seen.push(receipt);
    } catch {
      return seen;
    }
    onSent(i);
  }
  return seen;
}

async function assertKept(url: string, seen: readonly ReceiptFacts[]): Promise<void> {
  const calls = seen.map((r, id) => ({
    jsonrpc: '2.0',
    id,
    method: 'eth_getTransactionReceipt',
    params: [r.transactionHash],
  }));
  if (calls.length === 0) return;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(calls) });
  const answers = (await response.json()) as { result: ReceiptFacts | null }[];
  assert.deepEqual(
    answers.map((a) => a.result),
    seen,
  );
}

test('receipts that were seen outlive SIGKILL of the devnet at random moments, to the byte', linux, async (t) => {
  const { dir: home } = await tempFolder(t);
  const seen: ReceiptFacts[] = [];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 30 }), fc.constantFrom('front', 'anvil'), async (killAt, victim) => {
      const daemon = await startDaemon(home);
      const nonces = await Promise.all(
        [0, 1, 2].map(async (i) => Number(await rpc(daemon.url, 'eth_getTransactionCount', addresses[i], 'latest'))),
      );
      const pid = await anvilPid(daemon);
      assert.ok(pid);
      let kills: Promise<unknown>[] = [];
      const onSent = (n: number) => {
        if (n < killAt || kills.length > 0) return;
        kills = [victim === 'front' ? daemon.kill('SIGKILL') : Promise.resolve(process.kill(pid, 'SIGKILL'))];
      };
      const loads = await Promise.all([0, 1, 2].map((i) => load(daemon, i, nonces[i]!, 35, onSent)));
      await Promise.all(kills);
      seen.push(...loads.flat());
      if (victim === 'anvil') {
        await assertKept(daemon.url, seen);
        await daemon.kill('SIGKILL');
      }
      const again = await startDaemon(home);
      await assertKept(again.url, seen);
      await again.kill('SIGKILL');
    }),
    { numRuns: 3, verbose: true },
  );
  assert.ok(seen.length > 50, `only ${seen.length} receipts were seen`);
});

const addresses = [
  '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
];

test('anvil does not outlive its front, whatever ended it', linux, async (t) => {
  const { dir: home } = await tempFolder(t);
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const daemon = await startDaemon(home);
    const pid = await anvilPid(daemon);
    assert.ok(pid);
    const code = await daemon.kill(signal);
    if (signal === 'SIGTERM') assert.equal(code, 0);
    while (await isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
  }
});

async function isRunning(pid: number): Promise<boolean> {
  try {
    // A process that ended but was not waited for yet is a zombie: state Z.
    return !/\) Z/.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('with its journal cut at any byte, a devnet starts, and keeps what lies before the cut', linux, async (t) => {
  const { dir: home } = await tempFolder(t);
  const daemon = await startDaemon(home);
  const seen = await load(daemon, 0, 0, 30, () => undefined);
  await daemon.kill('SIGKILL');
  const path = join(home, 'journal', (await readdir(join(home, 'journal')))[0]!);
  const whole = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (cut) => {
      await writeFile(path, whole);
      await truncate(path, cut);
      const again = await startDaemon(home);
      const kept = whole.subarray(0, cut).filter((b) => b === 10).length;
      await assertKept(again.url, seen.slice(0, kept));
      assert.equal(Number(await rpc(again.url, 'eth_blockNumber')), kept);
      await again.kill('SIGKILL');
    }),
    { numRuns: 3 },
  );
});

test('a state file ahead of a cut journal is kept, and new blocks go on top of it', linux, async (t) => {
  const { dir: home } = await tempFolder(t);
  const first = await startDaemon(home);
  const seen = await load(first, 0, 0, 10, () => undefined);
  await first.kill('SIGTERM');
  const path = join(home, 'journal', (await readdir(join(home, 'journal')))[0]!);
  await truncate(path, Math.floor((await stat(path)).size / 2));
  const second = await startDaemon(home);
  await assertKept(second.url, seen);
  seen.push(...(await load(second, 0, 10, 5, () => undefined)));
  await second.kill('SIGKILL');
  const third = await startDaemon(home);
  await assertKept(third.url, seen);
  assert.equal(seen.length, 15);
  await third.kill('SIGKILL');
});
