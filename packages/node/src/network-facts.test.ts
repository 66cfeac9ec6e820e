import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Address } from '@tributary/protocol';
import { pino } from 'pino';
import { createFactsSource } from './network-facts.ts';

const dollar: Address = `0x${'70'.repeat(20)}`;

/** A gateway that answers `GET /v1/models` with a text, and says when it was asked. */
async function fakeGateway(t: TestContext, body: string) {
  const asked = Promise.withResolvers<void>();
  const server = createServer((_, res) => {
    res.end(body, () => asked.resolve());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise };
}

async function sourceOf(t: TestContext, gateway: string | undefined, asked?: Promise<void>) {
  const source = createFactsSource({
    gateway,
    endpoint: 'http://node',
    chainId: 5,
    dollar,
    own: () => [],
    log: pino({ level: 'silent' }),
  });
  t.after(source.close);
  await asked;
  return source;
}

test('without a gateway the node tells of itself', async (t) => {
  const source = await sourceOf(t, undefined);
  assert.deepEqual(source.now(), { gateway: 'http://node/v1', chainId: 5, services: [] });
});

test('a gateway’s list becomes one line for each provider, prices in base units', async (t) => {
  const pricing = { prompt: '0.0000005', completion: '0.000002', request: '0.0004' };
  const models = [
    { id: 'auto', name: 'Auto', description: 'Any.' },
    { id: 'a/b', name: 'B', description: 'Bees.', providers: [{ name: 'north', expert: 'library', pricing }] },
  ];
  const gateway = await fakeGateway(t, JSON.stringify({ data: models }));
  const source = await sourceOf(t, gateway.url, gateway.asked);
  while (source.now().services.length === 0) await new Promise(setImmediate);
  assert.deepEqual(source.now(), {
    gateway: `${gateway.url}/v1`,
    chainId: 5,
    services: [
      {
        model: 'a/b',
        name: 'B',
        description: 'Bees.',
        provider: 'north',
        expert: 'library',
        price: { token: dollar, perRequest: 400n, perMillionPrompt: 500_000n, perMillionCompletion: 2_000_000n },
      },
    ],
  });
});

for (const body of ['', '{', '{"data":5}', JSON.stringify({ data: [{ id: 1 }] })]) {
  test(`a gateway that answers ${JSON.stringify(body)} changes nothing`, async (t) => {
    const gateway = await fakeGateway(t, body);
    const source = await sourceOf(t, gateway.url, gateway.asked);
    assert.deepEqual(source.now().services, []);
  });
}
