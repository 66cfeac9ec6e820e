import assert from 'node:assert/strict';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { channels } from '@tributary/chain';
import { type Child, cutFile, seededRandom, startChild } from '@tributary/testing';
import type { NodeConfigJson } from './config.ts';
import { createTestGateway, startNetwork, type TestNetwork } from './test-network.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ROUNDS = 6;

let network: TestNetwork;
before(async () => {
  const documents = await mkdtemp(join(tmpdir(), 'node-documents-'));
  await writeFile(
    join(documents, 'a.md'),
    '# A\n\nThe heron of Lake Arn nests in old willows near the northern shore.\n',
  );
  network = await startNetwork(documents);
});
after(() => network[Symbol.asyncDispose]());

async function launch(config: NodeConfigJson): Promise<Child & { url: string }> {
  await writeFile(join(config.home, 'node.json'), JSON.stringify(config));
  const child = await startChild(MAIN, { args: ['--home', config.home], env: { LOG_LEVEL: 'error' } });
  return { ...child, url: String(child.ready.url) };
}

async function journalFile(home: string): Promise<string> {
  const folder = join(home, 'journal');
  const names = (await readdir(folder)).filter((n) => n.endsWith('.journal')).sort();
  return join(folder, names.at(-1)!);
}

test('a process says when it is ready, ends cleanly on SIGTERM and SIGINT, and gives its folder back', async () => {
  const config = await network.config();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = await launch(config);
    assert.equal(child.ready.ready, true);
    assert.equal((await fetch(`${child.url}/health`)).status, 200);
    await child.kill(signal);
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  }
});

test('a process that cannot start says what to do and exits with 1', async () => {
  const home = await mkdtemp(join(tmpdir(), 'node-kill-'));
  await assert.rejects(startChild(MAIN, { args: ['--home', home] }), /node\.json.*tributary provide/s);
});

test('killed at any moment, also with the journal cut, no payment is lost and none is counted twice', async (t) => {
  const random = seededRandom('node kill');
  const config = await network.config();
  let child = await launch(config);
  t.after(() => child.kill());
  const gateway = createTestGateway(network, network.services.abacus, 1_000);
  await gateway.deposit(10_000_000n);
  await gateway.openSession(child.url);
  let acknowledged = 0n;

  for (let round = 0; round < ROUNDS; round++) {
    for (let n = random.between(1, 4); n > 0; n--) {
      gateway.number((await gateway.ask('tributary/abacus', `${n} + ${round}`)).entry);
      if (random.between(0, 1)) acknowledged = await gateway.deliver(acknowledged);
    }
    if (random.between(0, 2) === 0) await fetch(`${child.url}/tributary/claim`, { method: 'POST' });
    // The last delivery is under way when the kill strikes.
    const delivery = gateway.deliver(acknowledged).catch(() => acknowledged);
    await child.kill('SIGKILL');
    acknowledged = await delivery;

    const cut = random.between(0, 1) === 1;
    if (cut) await cutFile(random, await journalFile(config.home));
    child = await launch(config);
    const session = await gateway.openSession(child.url);
    const { coveredTo } = (await session.json()) as { coveredTo: string };
    // What was acknowledged is there, unless the disk itself lost it; then the gateway sends it again.
    if (!cut) assert.ok(BigInt(coveredTo) >= acknowledged, `${coveredTo} of ${acknowledged}`);
    acknowledged = await gateway.deliver(BigInt(coveredTo));
    assert.equal(acknowledged, gateway.promised());
  }

  await fetch(`${child.url}/tributary/claim`, { method: 'POST' });
  const { totalClaimed } = await channels.state(network.devnet.reader, gateway.channelId);
  assert.equal(totalClaimed, gateway.promised());
  const logged = await channels.loggedReceipts(network.devnet.reader, { channelId: gateway.channelId });
  assert.equal(Math.max(...logged.map((l) => Number(l.to))), Number(gateway.promised()));
});
