import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Address, Contracts } from '@tributary/protocol';
import { createLiveChain } from './live.ts';

const address = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`;
const contracts = Object.fromEntries(
  Object.keys(Contracts.shape).map((name, i) => [name, address(0xc0 + i)]),
) as Contracts;
const HOLDER = { holder: true, owner: false };

/** An RPC endpoint that says five to every call, or nothing. */
async function endpoint(t: TestContext) {
  const state = { calls: 0, requests: 0, silent: false };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString()) as { id: number }[] | { id: number };
    const list = Array.isArray(body) ? body : [body];
    state.requests++;
    state.calls += list.length;
    if (state.silent) return void response.writeHead(503).end();
    const results = list.map(({ id }) => ({ jsonrpc: '2.0', id, result: `0x${'5'.padStart(64, '0')}` }));
    response.end(JSON.stringify(Array.isArray(body) ? results : results[0]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { state, rpc: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('what a block said is asked once within it, in batches, and again in the next', async (t) => {
  const { state, rpc } = await endpoint(t);
  let head = 1;
  const live = createLiveChain({ rpc, chainId: 31_337, contracts }, () => head);
  const page = () => Promise.all(Array.from({ length: 50 }, (_, i) => live.claimable(address(1), address(i), HOLDER)));
  const five = [contracts.dollar, contracts.trib].map((token) => ({ token, amount: 5n }));
  assert.deepEqual(await page(), Array(50).fill(five));
  assert.deepEqual([state.calls, state.requests <= 2], [100, true]);
  await page();
  assert.equal(state.calls, 100);
  head = 2;
  await page();
  assert.equal(state.calls, 200);
});

test('an endpoint that does not answer makes a figure unknown, and is asked again', async (t) => {
  const { state, rpc } = await endpoint(t);
  const live = createLiveChain({ rpc, chainId: 31_337, contracts }, () => 1);
  state.silent = true;
  assert.equal(await live.claimable(address(1), address(2), HOLDER), null);
  state.silent = false;
  assert.equal((await live.claimable(address(1), address(2), HOLDER))?.length, 2);
});

test('attack: strangers cannot make the gateway ask the chain more than so often in a second', async (t) => {
  const { state, rpc } = await endpoint(t);
  let now = 0;
  const live = createLiveChain(
    { rpc, chainId: 31_337, contracts },
    () => 1,
    () => now,
  );
  const storm = () =>
    Promise.all(Array.from({ length: 400 }, (_, i) => live.claimable(address(1), address(i), HOLDER)));
  const first = await storm();
  assert.deepEqual([state.calls, first.filter((money) => money === null).length], [500, 150]);
  now = 1_000;
  await storm();
  assert.equal(state.calls, 800);
});
