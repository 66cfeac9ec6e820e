import assert from 'node:assert/strict';
import { readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { channels, createReader } from '@tributary/chain';
import { SignedReceipt } from '@tributary/protocol';
import { seededRandom } from '@tributary/testing';
import { z } from 'zod';
import { startNetwork, type TestNetwork } from './support/network.ts';

/**
 * SIGKILL at random moments under load: of the gateway, a node, the chain, or all of them; also with the journal cut. The
 * supervisor of `up` starts them again. Afterwards nothing promised is lost, nobody is charged twice, and the books balance.
 * `CHAOS_KILLS=300 SEED=… npm run soak` for longer.
 */

const KILLS = Number(process.env.CHAOS_KILLS ?? 30);
const WORKERS = 4;
const ANSWER_TIMEOUT_MS = 60_000;

const DAEMONS = ['gateway', 'node-north', 'node-south', 'chain'] as const;
type Daemon = (typeof DAEMONS)[number];

interface Asked {
  key: string;
  receipt: SignedReceipt;
}

/** Asks until an answer comes, as an official client with an idempotency key would. */
async function askUntilAnswered(net: TestNetwork, key: string, question: string): Promise<Asked> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(`${net.network.gateway}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${net.network.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
          'x-stainless-retry-count': String(attempt),
        },
        body: JSON.stringify({ model: 'tributary/abacus', messages: [{ role: 'user', content: question }] }),
        signal: AbortSignal.timeout(10_000),
      });
      const body = (await response.json()) as { tributary?: { receipt: unknown }; error?: { message: string } };
      if (response.ok && body.tributary) return { key, receipt: SignedReceipt.parse(body.tributary.receipt) };
      if (response.status < 500 && response.status !== 429)
        throw new Refused(`${response.status} ${body.error?.message}`);
    } catch (error) {
      if (error instanceof Refused || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

class Refused extends Error {}

async function kill(net: TestNetwork, daemon: Daemon): Promise<void> {
  const pid = Number(await readFile(join(net.home, 'logs', `${daemon}.pid`), 'utf8'));
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is being started again just now.
  }
}

/** Takes up to `bytes` off the end of the newest segment of a daemon's journal. */
async function cutJournal(
  net: TestNetwork,
  daemon: 'gateway' | 'node-north' | 'node-south',
  bytes: number,
): Promise<void> {
  const dir = join(net.home, daemon, 'journal');
  const newest = (await readdir(dir))
    .filter((f) => !f.startsWith('.'))
    .sort()
    .at(-1);
  if (!newest) return;
  const file = join(dir, newest);
  const { size } = await stat(file);
  await truncate(file, Math.max(0, size - bytes));
}

const Page = z.object({ receipts: z.array(z.object({ receipt: SignedReceipt })), next: z.string() });

/** Every receipt the gateway has, page by page. */
async function receiptsOf(net: TestNetwork): Promise<SignedReceipt[]> {
  const all: SignedReceipt[] = [];
  for (let cursor = ''; ; ) {
    const query = `order=oldest&limit=200${cursor && `&cursor=${cursor}`}`;
    const response = await fetch(`${net.network.gateway}/tributary/receipts?${query}`);
    const page = Page.parse(await response.json());
    if (page.receipts.length === 0) return all;
    all.push(...page.receipts.map((r) => r.receipt));
    cursor = page.next;
  }
}

async function quiet(net: TestNetwork): Promise<void> {
  for (let i = 0; i < 3600; i++) {
    const text = await fetch(`${net.network.gateway}/metrics`)
      .then((r) => r.text())
      .catch(() => '');
    if (/^tributary_undelivered_payments 0$/m.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('payments were not delivered');
}

test(`${KILLS} kills at random moments under load lose no promise and charge nobody twice`, async (t) => {
  const random = seededRandom('chaos');
  const net = await startNetwork();
  try {
    const asked: Asked[] = [];
    let stop = false;
    let number = 0;
    let paused: Promise<void> | null = null;
    const workers = Array.from({ length: WORKERS }, async () => {
      while (!stop) {
        if (paused) await paused;
        const n = number++;
        asked.push(await askUntilAnswered(net, `chaos-${n}`, `What is ${n} * 3?`));
      }
    });
    const failure = Promise.all(workers);
    failure.catch(() => (stop = true));

    for (let k = 0; k < KILLS && !stop; k++) {
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 1500)));
      const choice = random.between(0, 9);
      if (choice === 9) {
        for (const d of DAEMONS) await kill(net, d);
      } else if (choice >= 7) {
        // A journal that lost its end: what was acknowledged stands in another party's journal as well, and comes back.
        const release = Promise.withResolvers<void>();
        paused = release.promise;
        const before = asked.length;
        await new Promise((resolve) => setTimeout(resolve, 300));
        await quiet(net);
        const daemon = (['gateway', 'node-north', 'node-south'] as const)[random.between(0, 2)]!;
        await kill(net, daemon);
        await cutJournal(net, daemon, random.between(1, 3000));
        paused = null;
        release.resolve();
        assert.ok(asked.length >= before);
      } else {
        await kill(net, DAEMONS[random.between(0, DAEMONS.length - 1)]!);
      }
      // The next kill comes when somebody was answered again, so that each one meets load.
      const seen = asked.length;
      const deadline = Date.now() + ANSWER_TIMEOUT_MS;
      while (asked.length === seen && !stop && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    stop = true;
    await failure;
    await quiet(net);

    const kept = await receiptsOf(net);
    const byHash = new Map(kept.map((r) => [r.payment.receiptHash, r]));
    for (const { receipt } of asked) {
      assert.ok(
        byHash.has(receipt.payment.receiptHash),
        `the gateway still has receipt ${receipt.payment.receiptHash}`,
      );
      assert.deepEqual(byHash.get(receipt.payment.receiptHash)!.payment, receipt.payment);
    }
    checkIntervals(kept);

    // An answer that a kill cut off after its charge comes again for nothing: one charge for each question, however often
    // it had to be asked.
    const charged = kept.filter((r) => r.payment.payerTo > r.payment.payerFrom).length;
    const again = asked.filter(({ receipt: { payment: p } }) => p.payerTo === p.payerFrom).length;
    assert.equal(charged, asked.length, 'each question was charged once');

    const { rpc, chainId, contracts } = net.network;
    const reader = createReader({ rpc, chainId, contracts });
    const sums = new Map<`0x${string}`, bigint>();
    for (const { payment: p } of kept) {
      sums.set(p.channelId, (sums.get(p.channelId) ?? 0n) + (p.to - p.from));
      sums.set(p.payerChannelId, (sums.get(p.payerChannelId) ?? 0n) + (p.payerTo - p.payerFrom));
    }
    // A node that lost the end of its journal gets it again when the gateway notices that it restarted.
    const deadline = Date.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      await net.cli(['settle', '--json']);
      const claimed = await Promise.all(
        [...sums.keys()].map(async (id) => (await channels.state(reader, id)).totalClaimed),
      );
      if (Date.now() > deadline || claimed.every((c, i) => c === [...sums.values()][i])) {
        assert.deepEqual(claimed, [...sums.values()], 'every channel is claimed to the base unit');
        break;
      }
    }
    t.diagnostic(`${asked.length} answers, ${again} of them a second time for nothing, ${KILLS} kills`);
  } finally {
    await net.stop();
  }
});

/** Intervals of every channel follow each other without gap or overlap: each base unit was promised once. */
function checkIntervals(receipts: readonly SignedReceipt[]): void {
  const rows = new Map<string, { from: bigint; to: bigint }[]>();
  const push = (id: string, from: bigint, to: bigint) => {
    if (to > from) rows.set(id, [...(rows.get(id) ?? []), { from, to }]);
  };
  for (const { payment: p } of receipts) {
    push(p.channelId, p.from, p.to);
    push(p.payerChannelId, p.payerFrom, p.payerTo);
  }
  for (const [id, list] of rows) {
    list.sort((a, b) => (a.from < b.from ? -1 : 1));
    let at = 0n;
    for (const { from, to } of list) {
      assert.equal(from, at, `channel ${id} has no gap and no overlap at ${at}`);
      at = to;
    }
  }
}
