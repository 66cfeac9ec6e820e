import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApiKey } from '@tributary/payments';
import fc from 'fast-check';
import { startFakeNode, startTestGateway } from '../test-support.ts';
import { MAX_BODY_BYTES } from './ask.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

const messages = [{ role: 'user', content: 'hi' }];
const hello = { model: 'tributary/echo', messages };

/** Body, status and the error's code and param. */
const CASES: [string, unknown, number, string, string | null][] = [
  ['no JSON', '{"model":', 400, 'invalid_json', null],
  ['no object', '[1]', 400, 'invalid_json', null],
  ['no messages', { model: 'tributary/echo' }, 400, 'invalid_value', 'messages'],
  ['empty messages', { model: 'tributary/echo', messages: [] }, 400, 'invalid_value', 'messages'],
  [
    'a wrong role',
    { model: 'tributary/echo', messages: [{ role: 'king', content: 'x' }] },
    400,
    'invalid_value',
    'messages.0.role',
  ],
  ['no model', { messages }, 400, 'missing_required_parameter', 'model'],
  ['an unknown model', { model: 'no/such', messages }, 404, 'model_not_found', 'model'],
  ['a temperature out of range', { ...hello, temperature: 3 }, 400, 'invalid_value', 'temperature'],
  ['no tokens allowed', { ...hello, max_completion_tokens: 0 }, 400, 'invalid_value', 'max_completion_tokens'],
  ['stream_options without stream', { ...hello, stream_options: {} }, 400, 'invalid_value', 'stream_options'],
  ['top_logprobs without logprobs', { ...hello, top_logprobs: 2 }, 400, 'invalid_value', 'top_logprobs'],
  [
    'tools',
    { ...hello, tools: [{ type: 'function', function: { name: 'f' } }] },
    400,
    'unsupported_parameter',
    'tools',
  ],
  [
    'a format',
    { ...hello, response_format: { type: 'json_schema', json_schema: { name: 's', strict: true } } },
    400,
    'unsupported_parameter',
    'response_format',
  ],
  ['two answers', { ...hello, n: 2 }, 400, 'unsupported_parameter', 'n'],
  ['logprobs', { ...hello, logprobs: true }, 400, 'unsupported_parameter', 'logprobs'],
  ['web search', { ...hello, web_search_options: {} }, 400, 'unsupported_parameter', 'web_search_options'],
  ['audio', { ...hello, modalities: ['text', 'audio'] }, 400, 'unsupported_parameter', 'modalities'],
  ['functions', { ...hello, functions: [{ name: 'f' }] }, 400, 'unsupported_parameter', 'functions'],
  [
    'an image',
    { ...hello, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    400,
    'unsupported_parameter',
    'messages.0.content.0',
  ],
  [
    'a price cap below all',
    { ...hello, provider: { max_price: { prompt: 0.000001 } } },
    503,
    'max_price_exceeded',
    'provider.max_price',
  ],
  ['nobody allowed', { ...hello, provider: { only: ['nobody'] } }, 503, 'no_provider_available', 'provider'],
  ['an unknown provider field', { ...hello, provider: { cheap: true } }, 400, 'invalid_value', 'provider'],
];

test('bad requests name their field, and nothing is charged', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  for (const [name, body, status, code, param] of CASES) {
    await t.test(name, async () => {
      const response = await gateway.ask(body);
      const { error } = (await response.json()) as Json;
      assert.deepEqual(
        { status: response.status, code: error.code, param: error.param },
        { status, code, param },
        error.message,
      );
      assert.equal(typeof error.message, 'string');
    });
  }
  assert.equal(echo.node.asked, 0);
  assert.equal(gateway.charged(), 0n);
  gateway.expectNothingOpen();
});

test('a price cap names the cheapest provider', async (t) => {
  const gateway = await startTestGateway(t, [
    await startFakeNode(t, { provider: 'Cheap' }),
    await startFakeNode(t, { provider: 'Dear', price: { perMillionPrompt: 9_000_000n } }),
  ]);
  const response = await gateway.ask({ ...hello, provider: { max_price: { prompt: 0.5 } } });
  assert.match(((await response.json()) as Json).error.message, /Cheap at \{"prompt":1\.05/);
});

test('null means not given, and hints are taken', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const response = await gateway.ask({
    ...hello,
    tools: null,
    stop: null,
    n: 1,
    temperature: 0,
    seed: 7,
    store: true,
    anything: 'else',
    stream: null,
  });
  assert.equal(response.status, 200, await response.text());
});

test('bodies beyond the limit get 413, with and without a declared length', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const big = JSON.stringify({ ...hello, padding: 'x'.repeat(MAX_BODY_BYTES) });
  assert.equal((await gateway.ask(big)).status, 413);
  const chunked = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Blob([big]).stream(),
    duplex: 'half',
  } as RequestInit);
  assert.equal(chunked.status, 413);
});

test('wrong content types, paths, methods and keys get errors in the shape of the API', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const codeOf = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(gateway.url + path, init);
    return [response.status, ((await response.json()) as Json).error?.code];
  };
  assert.deepEqual(
    await codeOf('/v1/chat/completions', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }),
    [415, 'unsupported_media_type'],
  );
  assert.deepEqual(await codeOf('/v1/nothing'), [404, 'not_found']);
  assert.deepEqual(await codeOf('/v1/models', { method: 'POST' }), [405, 'method_not_allowed']);
  assert.deepEqual(await codeOf('/v1/models/no%2Fsuch'), [404, 'model_not_found']);
  const unknownKey = await gateway.ask(hello, { authorization: `Bearer ${newApiKey()}` });
  assert.equal(unknownKey.status, 402);
  const badKey = await gateway.ask(hello, { authorization: 'Bearer trib_nonsense' });
  assert.deepEqual([badKey.status, ((await badKey.json()) as Json).error.code], [401, 'invalid_api_key']);
  assert.equal(badKey.headers.get('access-control-allow-origin'), '*');
});

test('models are listed with prices that include the fee, and found by ids with slashes', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const list = (await (await fetch(`${gateway.url}/v1/models`)).json()) as Json;
  assert.deepEqual(
    list.data.map((m: Json) => m.id),
    ['auto', 'tributary/echo'],
  );
  for (const path of ['tributary/echo', 'tributary%2Fecho']) {
    const model = (await (await fetch(`${gateway.url}/v1/models/${path}`)).json()) as Json;
    assert.equal(model.pricing.prompt, '0.00000105');
    assert.equal(model.providers.length, 1);
  }
});

test('the providers of a model are listed in OpenRouter’s form, with what was seen of them', async (t) => {
  const gateway = await startTestGateway(t, [
    await startFakeNode(t, { provider: 'Ann' }),
    await startFakeNode(t, { provider: 'Bob' }),
  ]);
  const endpoints = async (path: string) =>
    ((await (await fetch(`${gateway.url}/v1/models/${path}/endpoints`)).json()) as Json).data;
  const fresh = await endpoints('tributary/echo');
  assert.equal(fresh.id, 'tributary/echo');
  assert.equal(fresh.architecture.modality, 'text->text');
  assert.deepEqual(
    fresh.endpoints.map((e: Json) => [e.name, e.provider_name, e.status, e.uptime_last_30m, e.latency_last_30m]),
    [
      ['Ann | Echo', 'Ann', 0, null, null],
      ['Bob | Echo', 'Bob', 0, null, null],
    ],
  );
  await gateway.ask({ ...hello, provider: { only: ['Ann'] } });
  const [ann, bob] = (await endpoints('tributary%2Fecho')).endpoints;
  assert.deepEqual([ann.uptime_last_30m, bob.uptime_last_30m], [100, null]);
  assert.deepEqual(Object.keys(ann.latency_last_30m), ['p50', 'p75', 'p90', 'p99']);
  assert.equal(ann.pricing.prompt, '0.00000105');
  assert.equal((await endpoints('auto')).endpoints.length, 2);
  const unknown = await fetch(`${gateway.url}/v1/models/no/such/endpoints`);
  assert.deepEqual([unknown.status, ((await unknown.json()) as Json).error.code], [404, 'model_not_found']);
});

test('only the operator may settle, and a page in a browser is not the operator', async (t) => {
  const operatorToken = 'a-token-of-the-operator';
  const local = await startTestGateway(t, []);
  const behindProxy = await startTestGateway(t, [], { publicUrl: 'https://gate.example' });
  const withToken = await startTestGateway(t, [], { operatorToken });
  const settle = async ({ url }: { url: string }, headers: Record<string, string> = {}) =>
    (await fetch(`${url}/tributary/settle`, { method: 'POST', headers })).status;
  assert.equal(await settle(local), 200);
  assert.equal(await settle(local, { origin: 'https://evil.example' }), 403);
  assert.equal(await settle(behindProxy), 403);
  assert.equal(await settle(withToken), 401);
  assert.equal(await settle(withToken, { authorization: `Bearer ${operatorToken}` }), 200);
});

test('whatever bytes come, the answer is an OpenAI error or answer and the books stay closed', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const field = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(null));
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record(
        {
          model: fc.oneof(fc.constant('tributary/echo'), field),
          messages: fc.oneof(fc.constant(messages), field),
          stream: field,
          provider: field,
          max_tokens: field,
          tools: field,
          models: field,
        },
        { requiredKeys: [] },
      )
      .map((v) => JSON.stringify(v)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const response = await gateway.ask(text);
      const answer = await response.text();
      if (response.status !== 200) assert.equal(typeof (JSON.parse(answer) as Json).error.message, 'string');
      assert.notEqual(response.status, 500);
    }),
    { numRuns: 150 },
  );
  gateway.expectNothingOpen();
});
