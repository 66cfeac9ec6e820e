import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeNode, startTestGateway } from '../test-support.ts';

test('attack: a node cannot invent error codes: each would live in the metrics for ever', async (t) => {
  const thief = await startFakeNode(t);
  thief.node.refusal = { status: 400, code: 'made_up_1', message: 'no' };
  const gateway = await startTestGateway(t, [thief]);
  const response = await gateway.ask({ model: 'tributary/echo', messages: [{ role: 'user', content: 'one' }] });
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'provider_refused');
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  assert.doesNotMatch(metrics, /made_up/);
  assert.match(metrics, /provider_refused/);
});

test('a code that names the fault of a request is handed on', async (t) => {
  const node = await startFakeNode(t);
  node.node.refusal = { status: 400, code: 'context_length_exceeded', message: 'too long' };
  const gateway = await startTestGateway(t, [node]);
  const response = await gateway.ask({ model: 'tributary/echo', messages: [{ role: 'user', content: 'one' }] });
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'context_length_exceeded');
});
