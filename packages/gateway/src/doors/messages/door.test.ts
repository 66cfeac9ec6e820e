import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFee } from '@tributary/protocol';
import fc from 'fast-check';
import { FEE_PPM, startFakeNode, startTestGateway, type TestGateway } from '../../test-support.ts';

/** The Messages API through a gateway: paid, hashed and answered like any question. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

const hello = { model: 'tributary/echo', max_tokens: 64, messages: [{ role: 'user', content: 'one two three' }] };

const post = (gateway: TestGateway, body: unknown, path = '', headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/v1/messages${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': gateway.apiKey, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('a whole answer, paid by x-api-key', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const response = await post(gateway, hello);
  const body = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.deepEqual(body.content, [{ type: 'text', text: 'one two three', citations: null }]);
  const { receipt } = body.tributary.receipt;
  assert.equal(gateway.charged(), withFee(BigInt(receipt.price), FEE_PPM));
  assert.equal(body.usage.cost, Number(gateway.charged()) / 1e6);
  gateway.expectNothingOpen();
});

test('a stream, paid by Authorization', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const headers = { 'x-api-key': 'not-ours', authorization: `Bearer ${gateway.apiKey}` };
  const response = await post(gateway, { ...hello, stream: true }, '', headers);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = (await response.text()).split('\n\n').filter((e) => e.startsWith('event: '));
  assert.match(events[0]!, /^event: message_start\n/);
  assert.match(events.at(-1)!, /^event: message_stop\n/);
  const last = JSON.parse(events.at(-2)!.split('data: ')[1]!) as Json;
  assert.equal(last.tributary.receipt.payment.payerTo, String(gateway.charged()));
  gateway.expectNothingOpen();
});

test('a stream that breaks off ends in an error event and is free', async (t) => {
  const bad = await startFakeNode(t);
  bad.node.fault = 'break-midway';
  const gateway = await startTestGateway(t, [bad]);
  const text = await (await post(gateway, { ...hello, stream: true })).text();
  assert.match(text, /event: error\ndata: \{"type":"error","error":\{"type":"api_error"/);
  assert.ok(!text.includes('message_stop'));
  assert.equal(gateway.charged(), 0n);
  gateway.expectNothingOpen();
});

test('refusals have Anthropic’s form, and cost nothing', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const refused = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await post(gateway, body, '', headers);
    const { type, error } = (await response.json()) as Json;
    return [response.status, type, error.type, error.param];
  };
  assert.deepEqual(await refused('{'), [400, 'error', 'invalid_request_error', null]);
  assert.deepEqual(await refused({ ...hello, stop_sequences: ['x'] }), [
    400,
    'error',
    'invalid_request_error',
    'stop_sequences',
  ]);
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
  assert.deepEqual(await refused({ ...hello, messages: [{ role: 'user', content: [image] }] }), [
    400,
    'error',
    'invalid_request_error',
    'messages',
  ]);
  assert.deepEqual(await refused({ ...hello, model: 'no/such' }), [404, 'error', 'not_found_error', 'model']);
  assert.deepEqual(await refused(hello, { 'x-api-key': 'none' }), [402, 'error', 'billing_error', null]);
  assert.deepEqual(await refused(hello, { 'x-api-key': 'trib_nonsense' }), [
    401,
    'error',
    'authentication_error',
    null,
  ]);
  assert.deepEqual(await refused(hello, { 'content-type': 'text/plain' }), [
    415,
    'error',
    'invalid_request_error',
    null,
  ]);
  assert.equal((await fetch(`${gateway.url}/v1/messages`, { method: 'PUT' })).status, 405);
  assert.equal(echo.node.asked, 0);
  assert.equal(gateway.charged(), 0n);
  gateway.expectNothingOpen();
});

test('tokens are counted for nothing', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const { max_tokens: _, ...counted } = hello;
  const response = await post(gateway, counted, '/count_tokens');
  assert.deepEqual(await response.json(), { input_tokens: 4 });
  const refused = await post(gateway, { model: 'm' }, '/count_tokens');
  assert.equal(refused.status, 400);
  assert.equal(((await refused.json()) as Json).type, 'error');
  assert.equal(gateway.charged(), 0n);
});

test('whatever bytes come, the answer is a message or an error in its form, and the books stay closed', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const field = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(undefined));
  const body = fc.oneof(
    fc.string(),
    fc
      .record({
        model: fc.oneof(fc.constant('tributary/echo'), field),
        max_tokens: fc.oneof(fc.constant(9), field),
        messages: fc.oneof(fc.constant(hello.messages), field),
        system: field,
        stream: fc.oneof(fc.boolean(), field),
        tools: field,
      })
      .map((v) => JSON.stringify(v)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const response = await post(gateway, text);
      const answer = await response.text();
      assert.notEqual(response.status, 500, answer);
      if (response.status !== 200) assert.equal((JSON.parse(answer) as Json).type, 'error');
    }),
    { numRuns: 100 },
  );
  gateway.expectNothingOpen();
});
