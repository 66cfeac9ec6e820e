import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHolder, parseShare, parseUpstream } from './commands/publish.ts';
import { tokenFor } from './commands/settle.ts';
import { createShell, receiptJson } from './test-support.ts';
import { supervise } from './up/supervise.ts';

const ADDRESS = `0x${'ab'.repeat(20)}`;
const DEAD_RPC = 'http://127.0.0.1:9';

test('every command has help, and help is success', async (t) => {
  const shell = await createShell(t);
  for (const name of ['up', 'ask', 'provide', 'publish', 'earnings', 'settle', 'trace', 'verify', 'doctor']) {
    const ran = await shell.run(name, '--help');
    assert.equal(ran.code, 0, name);
    assert.match(ran.stdout, /--json/, name);
  }
});

test('an unknown command or option fails on stderr', async (t) => {
  const shell = await createShell(t);
  for (const argv of [['fly'], ['ask'], ['ask', 'x', '--fast'], ['publish', 'model']]) {
    const ran = await shell.run(...argv);
    assert.notEqual(ran.code, 0, argv.join(' '));
    assert.notEqual(ran.stderr, '', argv.join(' '));
    assert.equal(ran.stdout, '', argv.join(' '));
  }
});

test('without a network every command that needs one says how to get it', async (t) => {
  const shell = await createShell(t);
  for (const argv of [['ask', 'x'], ['settle'], ['earnings'], ['publish', 'model', '--name', 'm']]) {
    const ran = await shell.run(...argv);
    assert.equal(ran.code, 1, argv.join(' '));
    assert.match(ran.stderr, /→ .*npm start/, argv.join(' '));
  }
  assert.match((await shell.run('trace')).stderr, /tributary ask/);
});

test('with --json failures are one JSON object on stderr', async (t) => {
  const shell = await createShell(t);
  const ran = await shell.run('settle', '--json');
  assert.equal(ran.code, 1);
  assert.equal(JSON.parse(ran.stderr).error.code, 'network_not_running');
});

test('attack: a stranger’s node, listed beside our own, is sent the operator token', () => {
  const own = ['https://node.example/', 'https://gpu.example:8443'];
  const sentTo = (endpoint: string) => tokenFor(endpoint, 'secret', own) !== undefined;
  for (const url of ['http://127.0.0.1:9000', 'https://node.example', 'https://gpu.example:8443/tributary']) {
    assert.ok(sentTo(url), url);
  }
  for (const url of [
    'https://evil.example',
    'http://node.example',
    'https://gpu.example',
    'https://node.example.evil',
  ]) {
    assert.ok(!sentTo(url), url);
  }
});

test('doctor finds what is missing and exits with 1', async (t) => {
  const shell = await createShell(t);
  const ran = await shell.run('doctor', '--json');
  assert.equal(ran.code, 1);
  const { ok, findings } = JSON.parse(ran.stdout);
  assert.equal(ok, false);
  assert.ok(
    findings.some((f: { name: string; ok: boolean; mend?: string }) => f.name === 'network' && !f.ok && f.mend),
  );
});

test('doctor makes no folder', async (t) => {
  const shell = await createShell(t);
  const home = join(shell.home, 'not', 'there');
  const ran = await shell.run('doctor', '--home', home, '--json');
  const { findings } = JSON.parse(ran.stdout);
  assert.equal(findings.find((f: { name: string; ok: boolean }) => f.name === 'home folder').ok, true);
  await assert.rejects(stat(home), { code: 'ENOENT' });
});

test('ask names a gateway that is no URL, and an empty question', async (t) => {
  const shell = await createShell(t);
  for (const [argv, param] of [
    [['ask', 'x', '--gateway', 'nowhere'], 'gateway'],
    [['ask', ' ', '--gateway', DEAD_RPC], 'question'],
  ] as const) {
    const ran = await shell.run(...argv, '--json');
    assert.equal(ran.code, 1);
    assert.equal(JSON.parse(ran.stderr).error.param, param);
  }
});

test('a daemon that cannot start says why', async (t) => {
  const shell = await createShell(t);
  const file = join(shell.home, 'daemon.ts');
  await writeFile(file, 'console.error(\'{"level":30}\\nthe folder is empty\'); process.exit(3);');
  const started = supervise({ name: 'node', file, args: [], logs: shell.home, onEvent: () => {} });
  await assert.rejects(started, { code: 'process_not_ready', message: 'node ended with code 3: the folder is empty' });
});

test('verify names what is wrong with its files, and never ends with a fault of its own', async (t) => {
  const shell = await createShell(t);
  const missing = await shell.run('verify', 'nowhere.json', '--rpc', DEAD_RPC);
  assert.match(missing.stderr, /Cannot read nowhere.json/);
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
      const ran = await shell.runWith(text, 'verify', '-', '--rpc', DEAD_RPC, '--json');
      assert.equal(ran.code, 1);
      assert.equal(JSON.parse(ran.stderr).error.code, 'bad_receipt');
    }),
    { numRuns: 60 },
  );
});

test('an RPC endpoint that does not answer is named, with a hint', async (t) => {
  const shell = await createShell(t);
  await writeFile(join(shell.home, 'r.json'), JSON.stringify(receiptJson));
  const ran = await shell.run('verify', 'r.json', '--rpc', DEAD_RPC, '--json');
  assert.equal(ran.code, 1);
  const { error } = JSON.parse(ran.stderr);
  assert.equal(error.code, 'rpc_unreachable');
  assert.match(error.hint, /RPC/);
});

test('shares are read as per cent or fraction, exactly', () => {
  assert.equal(parseShare('30%', 'x'), 300_000);
  assert.equal(parseShare('2.5 %', 'x'), 25_000);
  assert.equal(parseShare('0.0001%', 'x'), 1);
  assert.equal(parseShare('0.3', 'x'), 300_000);
  assert.equal(parseShare('1', 'x'), 1_000_000);
  for (const bad of ['', '30', '101%', '-1%', '1.1', '0.0000001', '1e-3', 'all']) {
    assert.throws(() => parseShare(bad, 'x'), { code: 'invalid_value' }, bad);
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
      assert.equal(parseShare(`${ppm / 10_000}%`, 'x'), ppm);
    }),
  );
});

test('upstream and holder are an address and a number', () => {
  assert.deepEqual(parseUpstream(`${ADDRESS}=30%`), { account: ADDRESS, weightPpm: 300_000 });
  assert.deepEqual(parseHolder(`${ADDRESS}=1.5`), { holder: ADDRESS, shares: 1_500_000_000_000_000_000n });
  for (const bad of ['', ADDRESS, `${ADDRESS}=`, `${ADDRESS}=1=2`, '0x12=30%']) {
    assert.throws(() => parseUpstream(bad), { code: 'invalid_value' }, bad);
    assert.throws(() => parseHolder(bad), { code: 'invalid_value' }, bad);
  }
});
