import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { type SignedReceipt, ZERO_32 } from '@tributary/protocol';
import fc from 'fast-check';
import { startFakeNode, startTestGateway, type TestGateway } from '../../test-support.ts';

/** The MCP door through a gateway, message by message; official clients are in e2e. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

async function post(gateway: TestGateway, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const data = /^data: (\{.*)$/m.exec(text)?.[1] ?? text;
  return { status: response.status, body: (data.startsWith('{') ? JSON.parse(data) : data) as Json };
}

const bearer = (gateway: TestGateway) => ({ authorization: `Bearer ${gateway.apiKey}` });

async function call(gateway: TestGateway, name: string, args: object, headers?: Record<string, string>): Promise<Json> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
  const { body } = await post(gateway, message, headers);
  return body.result ?? body;
}

test('the tools are listed with what they need', async (t) => {
  const gateway = await startTestGateway(t, []);
  const { body } = await post(gateway, { jsonrpc: '2.0', id: 1, method: 'tools/list' });
  assert.deepEqual(
    body.result.tools.map((tool: Json) => [tool.name, tool.inputSchema.required ?? []]),
    [
      ['ask', ['question']],
      ['list_services', []],
      ['verify_receipt', ['receipt']],
      ['trace_receipt', ['receipt']],
    ],
  );
});

test('attack: whoever guesses keys through this door is counted by address as everybody else', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  await call(gateway, 'ask', { question: 'x', model: 'tributary/echo' });
  await call(gateway, 'ask', { question: 'x', model: 'tributary/echo' }, { 'x-forwarded-for': '203.0.113.7' });
  assert.deepEqual(gateway.remotes, ['127.0.0.1', '203.0.113.7']);
});

test('a question is answered, charged to the API key, and comes with its receipt', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  for (const headers of [bearer(gateway), { 'x-api-key': gateway.apiKey }]) {
    const result = await call(gateway, 'ask', { question: 'one two three', model: 'tributary/echo' }, headers);
    assert.deepEqual(result.content, [{ type: 'text', text: 'one two three' }]);
    const { text, model, outcome, cost, requestId } = result.structuredContent;
    assert.deepEqual([text, model, outcome], ['one two three', 'tributary/echo', 'answered']);
    assert.ok(cost > 0);
    assert.equal(result._meta['tributary/receipt'].receipt.requestId, requestId);
  }
  assert.equal(gateway.receipts.length, 2);
  gateway.expectNothingOpen();
});

test('what goes wrong is told as a result of the tool, and costs nothing', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const textOf = async (args: object, headers?: Record<string, string>) => {
    const { isError, content } = await call(gateway, 'ask', args, headers);
    assert.equal(isError, true);
    return content[0].text as string;
  };
  assert.match(await textOf({ question: 'x' }), /^payment_required: /);
  assert.match(await textOf({ question: 'x', model: 'no/such' }, bearer(gateway)), /^model_not_found: /);
  assert.match(await textOf({ question: 'x' }, { 'x-api-key': 'trib_nonsense' }), /^invalid_api_key: /);
  assert.match(await textOf({}, bearer(gateway)), /question/);
  assert.match(await textOf({ question: 'x', seed: 1 }, bearer(gateway)), /seed/);
  assert.equal(gateway.charged(), 0n);
  gateway.expectNothingOpen();
});

test('services are listed with prices that include the fee', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const { structuredContent } = await call(gateway, 'list_services', {});
  assert.equal(structuredContent.auto, 'auto');
  const [service] = structuredContent.services;
  assert.deepEqual([service.model, service.available, service.price.perRequest], ['tributary/echo', true, '105']);
});

test('a receipt is checked by its id or as a whole; only its holder may compare a question or an answer', async (t) => {
  const seen: { signed: SignedReceipt; against: Json }[] = [];
  const receiptChecks = {
    verify: async (signed: SignedReceipt, against: object) => {
      seen.push({ signed, against });
      return { valid: true, charged: 5n } as never;
    },
    trace: async (signed: SignedReceipt) => ({ receiptHash: signed.payment.receiptHash, charged: 5n }) as never,
  };
  const gateway = await startTestGateway(t, [await startFakeNode(t)], { receiptChecks });
  const asked = { question: 'one two', model: 'tributary/echo', max_tokens: 7 };
  const answer = await call(gateway, 'ask', asked, bearer(gateway));
  const { requestId, receiptHash } = answer.structuredContent;
  const whole = answer._meta['tributary/receipt'];

  for (const receipt of [requestId, receiptHash]) {
    const { structuredContent } = await call(gateway, 'verify_receipt', { receipt });
    assert.deepEqual(structuredContent, { valid: true, charged: '5' });
    assert.equal(seen.at(-1)?.signed.salt, ZERO_32);
  }
  const guessed = await call(gateway, 'verify_receipt', { receipt: requestId, answer: 'one two' });
  assert.equal(guessed.isError, true);
  assert.equal(seen.length, 2);

  await call(gateway, 'verify_receipt', { receipt: whole, question: 'one two', max_tokens: 7, answer: 'one two' });
  assert.equal(seen.at(-1)?.signed.salt, whole.salt);
  assert.deepEqual(seen.at(-1)?.against, {
    request: { messages: [{ role: 'user', content: 'one two' }], max_completion_tokens: 7 },
    answer: { content: 'one two' },
  });

  const traced = await call(gateway, 'trace_receipt', { receipt: requestId });
  assert.equal(traced.structuredContent.receiptHash, receiptHash);
  const unknown = await call(gateway, 'trace_receipt', { receipt: ZERO_32 });
  assert.match(unknown.content[0].text, /^receipt_not_found: /);
  const nonsense = await call(gateway, 'trace_receipt', { receipt: { chainId: 1 } });
  assert.match(nonsense.content[0].text, /^invalid_value: receipt\./);
});

/** A status for a request with headers that `fetch` does not let anybody set. */
function statusFor(gateway: TestGateway, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${gateway.url}/mcp`, { method: 'POST', headers: { ...HEADERS, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  });
}

test('a page that points its own name at this machine is refused', async (t) => {
  const gateway = await startTestGateway(t, []);
  assert.equal(await statusFor(gateway, { host: 'evil.example' }), 403);
  assert.equal(await statusFor(gateway, { host: 'localhost:1' }), 200);
  assert.equal(await statusFor(gateway, { host: '192.168.1.7' }), 200);
  assert.equal(await statusFor(gateway, { origin: 'https://evil.example' }), 403);
  assert.equal(await statusFor(gateway, { origin: 'null' }), 403);
  assert.equal(await statusFor(gateway, { origin: 'http://localhost:6274' }), 200);
});

test('under its public name any page may call, and other names may not', async (t) => {
  const gateway = await startTestGateway(t, [], { publicUrl: 'https://ask.example' });
  assert.equal(await statusFor(gateway, { host: 'ask.example', origin: 'https://page.example' }), 200);
  assert.equal(await statusFor(gateway, { host: 'other.example', origin: 'https://ask.example' }), 403);
  assert.equal(await statusFor(gateway, { host: '127.0.0.1', origin: 'https://page.example' }), 403);
});

test('there are no sessions, no batches and no messages beyond a mebibyte', async (t) => {
  const gateway = await startTestGateway(t, []);
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const batch = await post(gateway, [list, list]);
  assert.deepEqual([batch.status, batch.body.error.code], [400, -32_700]);
  assert.equal((await post(gateway, { ...list, padding: 'x'.repeat(1024 * 1024) })).status, 413);
  assert.equal((await post(gateway, 'x')).status, 400);
  assert.equal((await post(gateway, list, { 'content-type': 'text/plain' })).status, 415);
  for (const method of ['GET', 'DELETE']) {
    const response = await fetch(`${gateway.url}/mcp`, { method, headers: { accept: 'text/event-stream' } });
    assert.equal(response.status, 405);
  }
});

test('whatever message comes, there is an answer and the books stay closed', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const params = fc.oneof(
    fc.jsonValue(),
    fc.record({
      name: fc.oneof(fc.constantFrom('ask', 'list_services', 'verify_receipt', 'trace_receipt'), fc.string()),
      arguments: fc.oneof(
        fc.record({ question: fc.oneof(fc.string(), fc.jsonValue()), receipt: fc.jsonValue() }, { requiredKeys: [] }),
        fc.jsonValue(),
      ),
      _meta: fc.oneof(fc.record({ 'x402/payment': fc.jsonValue() }), fc.jsonValue()),
    }),
  );
  const message = fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0'),
      id: fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
      method: fc.oneof(fc.constantFrom('tools/call', 'tools/list', 'initialize', 'server/discover'), fc.string()),
      params,
    },
    { requiredKeys: ['method'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(message, fc.jsonValue()), async (body) => {
      const { status } = await post(gateway, JSON.stringify(body), bearer(gateway));
      assert.ok(status < 500, String(status));
    }),
    { numRuns: 150 },
  );
  gateway.expectNothingOpen();
});
