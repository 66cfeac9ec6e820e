import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { loadNodeConfig, type NodeConfigJson, parseNodeConfig } from './config.ts';

const account = `0x${'11'.repeat(20)}` as const;

function sample(): NodeConfigJson {
  return {
    home: '/somewhere',
    rpc: 'http://127.0.0.1:8545',
    chainId: 31_337,
    contracts: {
      dollar: account,
      trib: account,
      assetRegistry: account,
      channels: account,
      erc3009Collector: account,
      spokeAuthorizer: account,
      receiptLog: account,
      identityRegistry: account,
      reputationRegistry: account,
      validationRegistry: account,
    },
    agentId: '0',
    provider: 'Ada',
    key: { privateKey: `0x${'22'.repeat(32)}` },
    services: [
      {
        account,
        expert: 'abacus',
        model: { id: 'tributary/abacus', name: 'Abacus', description: 'Sums.', asset: account },
        price: { perRequest: '1000', perMillionPrompt: '0', perMillionCompletion: '0' },
      },
    ],
  };
}

test('a small configuration gets its defaults', () => {
  const config = parseNodeConfig(sample());
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 0);
  assert.equal(config.uncoveredLimit, 1_000_000n);
  assert.deepEqual(config.claim, { intervalSeconds: 3600, minimum: 10_000n, dust: 1_000n });
  assert.equal(config.agentId, 0n);
});

/** A configuration in which one value, named by its path, is another. */
function spoilt(path: string, value: unknown): unknown {
  const config: unknown = structuredClone(sample());
  const names = path.split('.');
  const last = names.pop()!;
  const holder = names.reduce((at, name) => (at as Record<string, unknown>)[name], config) as Record<string, unknown>;
  holder[last] = value;
  return config;
}

const bad: [string, unknown][] = [
  ['rpc', 'not a url'],
  ['chainId', 0],
  ['contracts.dollar', '0x12'],
  ['agentId', '-1'],
  ['provider', ''],
  ['port', 65_536],
  ['endpoint', 'ftp://host'],
  ['services', []],
  ['services.0.account', 'x'],
  ['services.0.expert', 'Up'],
  ['services.0.price.perRequest', '1.5'],
  ['uncoveredLimit', 5],
  ['watchSeconds', 0],
  ['operatorToken', 'short'],
];
for (const [field, value] of bad) {
  test(`a wrong ${field} is refused by name`, () => {
    assert.throws(
      () => parseNodeConfig(spoilt(field, value)),
      (e) => TributaryError.is(e) && e.code === 'bad_config' && e.param === field,
    );
  });
}

test('an unknown field is refused: a misspelt limit must not be ignored', () => {
  assert.throws(() => parseNodeConfig({ ...sample(), uncoverdLimit: '1' }), /uncoverdLimit/);
});

test('anything else that is given as a configuration raises our own error only', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parseNodeConfig(value);
      } catch (error) {
        assert(TributaryError.is(error));
      }
    }),
  );
});

test('flags win over environment, environment over file', async () => {
  const home = await mkdtemp(join(tmpdir(), 'node-config-'));
  const { home: _, ...rest } = sample();
  await writeFile(join(home, 'node.json'), JSON.stringify({ ...rest, port: 1, host: '127.0.0.2' }));
  const config = await loadNodeConfig(['--home', home, '--port', '3'], { PORT: '2', TRIBUTARY_RPC: 'http://[::1]:1' });
  assert.equal(config.port, 3);
  assert.equal(config.host, '127.0.0.2');
  assert.equal(config.rpc, 'http://[::1]:1');
  assert.equal(config.home, home);
});

test('a missing file, a file that is not JSON and an unknown flag each say so', async () => {
  const home = await mkdtemp(join(tmpdir(), 'node-config-'));
  await assert.rejects(loadNodeConfig(['--home', home], {}), { code: 'no_config' });
  await writeFile(join(home, 'node.json'), '{');
  await assert.rejects(loadNodeConfig(['--home', home], {}), { code: 'bad_config' });
  await assert.rejects(loadNodeConfig(['--hom', home], {}), { code: 'bad_flag' });
});
