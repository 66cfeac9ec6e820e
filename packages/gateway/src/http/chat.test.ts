import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFee } from '@tributary/protocol';
import { FEE_PPM, startFakeNode, startTestGateway } from '../test-support.ts';

// Answers are read as a client in JavaScript would.
// biome-ignore lint/suspicious/noExplicitAny: ^
type Json = any;

const hello = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two three' }] };

test('a whole answer is charged by its receipt and says what it cost', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const response = await gateway.ask(hello);
  const body = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.equal(body.choices[0].message.content, 'one two three');
  const { receipt } = body.tributary.receipt;
  const charge = withFee(BigInt(receipt.price), FEE_PPM);
  assert.equal(gateway.charged(), charge);
  assert.equal(body.usage.cost, Number(charge) / 1e6);
  assert.equal(body.tributary.receipt.payment.payerTo, String(charge));
  assert.equal(response.headers.get('x-tributary-request'), receipt.requestId);
  assert.equal(gateway.hub.channel(gateway.channelId)?.reserved, 0n);
});

test('a stream follows the order that official clients insist on', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const response = await gateway.ask({ ...hello, stream: true, stream_options: { include_usage: true } });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = (await response.text()).split('\n\n').filter(Boolean);
  assert.equal(events.at(-1), 'data: [DONE]');
  const chunks = events.slice(0, -1).map((e) => JSON.parse(e.slice(6)));
  assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
  assert.equal(chunks.map((c) => c.choices[0]?.delta.content ?? '').join(''), 'one two three');
  assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.cost > 0);
  assert.ok(chunks.slice(0, -1).every((c) => c.usage === null));
  assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
  assert.equal(chunks.at(-1).tributary.receipt.payment.payerTo, String(gateway.charged()));
});
