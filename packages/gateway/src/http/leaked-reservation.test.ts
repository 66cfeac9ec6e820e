import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeNode, startTestGateway } from '../test-support.ts';

// What fails between reserving and asking must give the reservation back: else a payer's channel fills up with nothing.

const hello = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two' }] };

test('attack: a body nested so deep that hashing it fails is refused, and reserves nothing', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const depth = 200_000;
  const body = `${JSON.stringify(hello).slice(0, -1)},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const response = await gateway.ask(body);
  assert.equal(response.status, 400);
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'invalid_json');
  gateway.expectNothingOpen();
});

test('attack: an Idempotency-Key that was used with another request reserves nothing', async (t) => {
  // A payer by channel is known only by its reservation, so the key is looked at afterwards.
  const gateway = await startTestGateway(t, [await startFakeNode(t)], { proven: false });
  const key = { 'idempotency-key': 'a' };
  assert.equal((await gateway.ask(hello, key)).status, 200);
  const again = await gateway.ask({ ...hello, seed: 1 }, key);
  assert.equal(again.status, 422);
  gateway.expectNothingOpen();
});
