import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashAnswer, hashRequest, packVector, SignedReceipt, toHex, unpackVector, withFee } from '@tributary/protocol';
import fc from 'fast-check';
import type { ReadAsking } from '../http/form.ts';
import { type Fault, FEE_PPM, startFakeNode, startTestGateway, type TestGateway } from '../test-support.ts';
import { readCompletions } from './completions/index.ts';
import { readEmbeddings } from './embeddings/index.ts';
import { readResponses } from './responses/index.ts';
import { ask, eventsOf, type Json } from './test-support.ts';

/** OpenAI's other APIs through a whole gateway, paid as chat completions are. */

const MODEL = 'tributary/echo';
const VECTORS = { model: 'tributary/vectors', answers: ['embeddings' as const] };

interface Door {
  path: string;
  read: ReadAsking;
  body: Record<string, unknown>;
  textOf(answer: Json): string;
  streamedText(data: Json): string;
}

const DOORS: Door[] = [
  {
    path: '/v1/responses',
    read: readResponses,
    body: { model: MODEL, input: 'one two three' },
    textOf: (answer) => answer.output[0].content[0].text,
    streamedText: (data) => (data.type === 'response.output_text.delta' ? data.delta : ''),
  },
  {
    path: '/v1/completions',
    read: readCompletions,
    body: { model: MODEL, prompt: 'one two three' },
    textOf: (answer) => answer.choices[0].text,
    streamedText: (data) => data.choices?.[0]?.text ?? '',
  },
];

/** What the client was told of the receipt is what was charged, and proves what was asked and answered. */
function checkReceipt(gateway: TestGateway, door: Pick<Door, 'read' | 'body'>, told: Json, answer: Json): void {
  const { receipt, payment, salt } = SignedReceipt.parse(told.receipt);
  assert.equal(receipt.requestHash, hashRequest(salt, ask(door.read, door.body).parsed.raw));
  assert.equal(receipt.responseHash, hashAnswer(salt, answer));
  assert.equal(payment.payerTo, gateway.charged());
  assert.equal(gateway.charged(), withFee(receipt.price, FEE_PPM));
}

for (const door of DOORS) {
  const streamedBody = { ...door.body, stream: true };

  test(`${door.path} answers whole, charged by a receipt that can be checked`, async (t) => {
    const gateway = await startTestGateway(t, [await startFakeNode(t)]);
    const response = await gateway.post(door.path, door.body);
    const body = (await response.json()) as Json;
    assert.equal(response.status, 200, JSON.stringify(body));
    assert.equal(door.textOf(body), 'one two three');
    checkReceipt(gateway, door, body.tributary, { content: 'one two three' });
    gateway.expectNothingOpen();
  });

  test(`${door.path} streams, charged by a receipt that can be checked`, async (t) => {
    const gateway = await startTestGateway(t, [await startFakeNode(t)]);
    const response = await gateway.post(door.path, streamedBody);
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const text = await response.text();
    assert.ok(text.endsWith('data: [DONE]\n\n'));
    const events = eventsOf(text).map((e) => e.data);
    assert.equal(events.map(door.streamedText).join(''), 'one two three');
    const last = events.at(-1);
    checkReceipt(gateway, door, (last.response ?? last).tributary, { content: 'one two three' });
    gateway.expectNothingOpen();
  });

  test(`${door.path}: a stream that breaks ends in an error and is free`, async (t) => {
    const bad = await startFakeNode(t);
    bad.node.fault = 'break-midway';
    const gateway = await startTestGateway(t, [bad]);
    const text = await (await gateway.post(door.path, streamedBody)).text();
    assert.doesNotMatch(text, /\[DONE\]|"finish_reason":"stop"|response\.completed/);
    assert.match(text, /"error":\{[^}]*"code":"provider_/);
    assert.equal(gateway.charged(), 0n);
    gateway.expectNothingOpen();
  });

  test(`${door.path}: a stream that fails while it waits ends in an error event`, async (t) => {
    const bad = await startFakeNode(t);
    bad.node.fault = 'hang';
    const gateway = await startTestGateway(t, [bad], { keepAliveMs: 20, patience: { firstTokenMs: 200 } });
    const text = await (await gateway.post(door.path, streamedBody)).text();
    assert.match(text, /^: waiting for a provider\n\n/);
    const [last] = eventsOf(text.slice(text.indexOf('\n\n', text.lastIndexOf(': waiting')) + 2));
    assert.equal(last?.data.error.code, 'provider_timeout');
    assert.equal(gateway.charged(), 0n);
  });

  test(`${door.path}: errors before the answer are OpenAI’s, with fields by their own names`, async (t) => {
    const gateway = await startTestGateway(t, [await startFakeNode(t)]);
    for (const [body, status, param] of [
      ['{', 400, null],
      [{ ...door.body, model: 'no/such' }, 404, 'model'],
      [{ ...door.body, temperature: 9 }, 400, 'temperature'],
      [{ ...door.body, nonsense: 1 }, 400, 'nonsense'],
    ] as const) {
      const response = await gateway.post(door.path, body);
      const { error } = (await response.json()) as Json;
      assert.deepEqual([response.status, error.param], [status, param], error.message);
    }
    const other = await fetch(gateway.url + door.path, { method: 'DELETE' });
    assert.equal(other.status, 405);
  });

  test(`${door.path}: whatever JSON comes, the books stay closed`, async (t) => {
    const gateway = await startTestGateway(t, [await startFakeNode(t)]);
    const field = fc.jsonValue();
    const body = fc.record(
      { input: field, prompt: field, stream: field, tools: field, text: field },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          body.map((b) => ({ ...door.body, ...b })),
          body,
          field,
        ),
        async (value) => {
          const response = await gateway.post(door.path, JSON.stringify(value));
          const text = await response.text();
          assert.notEqual(response.status, 500, text);
          if (response.status !== 200) assert.equal(typeof (JSON.parse(text) as Json).error.message, 'string');
        },
      ),
      { numRuns: 100 },
    );
    gateway.expectNothingOpen();
  });
}

test('what a service lacks is refused under the name that the API has for it', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const image = { role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA' }] };
  for (const [body, param] of [
    [{ text: { format: { type: 'json_object' } } }, 'text.format'],
    [{ tools: [{ type: 'function', name: 'f' }] }, 'tools'],
    [{ include: ['message.output_text.logprobs'] }, 'include'],
    [{ instructions: 'Be brief', input: [{ role: 'user', content: 'a' }, image] }, 'input.1.content.0'],
  ] as const) {
    const response = await gateway.post('/v1/responses', { model: MODEL, input: 'Hi', ...body });
    const { error } = (await response.json()) as Json;
    assert.deepEqual([response.status, error.code, error.param], [400, 'unsupported_parameter', param]);
  }
});

test('an image reaches a service that takes images', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t, { supports: ['image_url'] })]);
  const content = [
    { type: 'input_text', text: 'What is this?' },
    { type: 'input_image', image_url: 'data:image/png;base64,AA' },
  ];
  const body = { model: MODEL, input: [{ type: 'message', role: 'user', content }] };
  const response = await gateway.post('/v1/responses', body);
  const answer = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(answer));
  checkReceipt(gateway, { read: readResponses, body }, answer.tributary, { content: 'What is this?' });
});

test('the same key gets the same answer again, and only at the same path', async (t) => {
  const echo = await startFakeNode(t, { answers: ['chat', 'embeddings'] });
  const gateway = await startTestGateway(t, [echo]);
  const body = { model: MODEL, input: 'one' };
  const headers = { 'idempotency-key': 'k' };
  const first = await (await gateway.post('/v1/responses', body, headers)).text();
  const charged = gateway.charged();
  assert.equal(await (await gateway.post('/v1/responses', body, headers)).text(), first);
  assert.equal(gateway.charged(), charged);
  const vectors = (await (await gateway.post('/v1/embeddings', body, headers)).json()) as Json;
  assert.equal(vectors.object, 'list');
  assert.equal(echo.node.asked, 2);
});

const embed = (gateway: TestGateway, body: object = {}, headers: Record<string, string> = {}) =>
  gateway.post('/v1/embeddings', { model: VECTORS.model, input: ['one', 'three'], ...body }, headers);

test('vectors come in numbers or in base64 as asked, charged by a receipt that can be checked', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t, VECTORS)]);
  const packed = [packVector(Float32Array.of(3, 1)), packVector(Float32Array.of(5, 1))];
  const response = await embed(gateway, { encoding_format: 'base64' });
  const body = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.deepEqual(
    body.data,
    packed.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  );
  assert.equal(body.usage.prompt_tokens, body.usage.total_tokens);
  assert.ok(!('completion_tokens' in body.usage) && body.usage.cost > 0);
  const asked = { model: VECTORS.model, input: ['one', 'three'] };
  const told = { read: readEmbeddings, body: asked };
  checkReceipt(gateway, told, body.tributary, { content: null, embeddings: packed });
  // The client's own body has the hash as well: nothing is translated.
  const { receipt, salt } = SignedReceipt.parse(body.tributary.receipt);
  assert.equal(receipt.requestHash, hashRequest(salt, asked));
  assert.equal(receipt.completionTokens, 0);
  const floats = (await (await embed(gateway, { input: 'one' })).json()) as Json;
  assert.deepEqual(floats.data[0].embedding, [3, 1]);
  gateway.expectNothingOpen();
});

test('numbers in JSON are the same 32-bit floats as in base64', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t, VECTORS)]);
  const read = async (body: object) => ((await (await embed(gateway, body)).json()) as Json).data[0].embedding;
  const floats = Float32Array.from((await read({ encoding_format: 'float' })) as number[]);
  assert.deepEqual(unpackVector(await read({ encoding_format: 'base64' })), floats);
});

const FAULTS: Fault[] = [
  'status-500',
  'hang',
  'not-json',
  'overprices',
  'wrong-signature',
  'wrong-answer-hash',
  'too-few-vectors',
  'too-many-tokens',
];
for (const fault of FAULTS) {
  test(`a provider of vectors that fails by ${fault} is replaced, earns nothing, and alone costs nothing`, async (t) => {
    const bad = await startFakeNode(t, VECTORS);
    bad.node.fault = fault;
    const good = await startFakeNode(t, VECTORS);
    const gateway = await startTestGateway(t, [bad, good]);
    const body = (await (await embed(gateway, { provider: { order: [bad.card.provider] } })).json()) as Json;
    assert.equal(body.provider, good.card.provider, JSON.stringify(body));
    assert.equal(bad.node.asked, 1);
    assert.equal(gateway.spokes.channelOf(bad.node.account)?.promised, 0n);
    const charged = gateway.charged();
    const alone = await embed(gateway, { provider: { only: [bad.card.provider] } });
    assert.ok(alone.status >= 500);
    assert.match(((await alone.json()) as Json).error.code, /^provider_/);
    assert.equal(gateway.charged(), charged);
    gateway.expectNothingOpen();
  });
}

test('questions never go to a service that only has vectors, nor texts to one that only answers', async (t) => {
  const vectors = await startFakeNode(t, { ...VECTORS, deterministic: true });
  const chat = await startFakeNode(t);
  const gateway = await startTestGateway(t, [vectors, chat]);
  const codeOf = async (response: Response) => [response.status, ((await response.json()) as Json).error?.code];
  const messages = [{ role: 'user', content: 'hi' }];
  assert.equal((await gateway.ask({ model: 'auto', messages })).status, 200);
  assert.equal(vectors.node.asked, 0);
  assert.deepEqual(await codeOf(await gateway.ask({ model: VECTORS.model, messages })), [400, 'wrong_endpoint']);
  assert.deepEqual(await codeOf(await embed(gateway, { model: MODEL })), [400, 'wrong_endpoint']);
});

test('one name means one model: vectors of another digest are never mixed in', async (t) => {
  const first = await startFakeNode(t, VECTORS);
  const other = await startFakeNode(t, { ...VECTORS, modelDigest: toHex(new Uint8Array(32).fill(8)) });
  const gateway = await startTestGateway(t, [first, other]);
  for (let i = 0; i < 8; i++) assert.equal((await embed(gateway)).status, 200);
  assert.deepEqual([first.node.asked, other.node.asked], [8, 0]);
});

test('bad requests for vectors name their field', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t, VECTORS)]);
  for (const [body, code, param] of [
    [{ input: undefined }, 'missing_required_parameter', 'input'],
    [{ input: '' }, 'invalid_value', 'input'],
    [{ input: [] }, 'invalid_value', 'input'],
    [{ input: [1, 2] }, 'unsupported_parameter', 'input'],
    [{ input: [[1, 2]] }, 'unsupported_parameter', 'input'],
    [{ model: undefined }, 'missing_required_parameter', 'model'],
    [{ model: 'auto' }, 'invalid_value', 'model'],
    [{ models: ['a'] }, 'unsupported_parameter', 'models'],
    [{ dimensions: 8 }, 'unsupported_parameter', 'dimensions'],
    [{ dimensions: 0 }, 'invalid_value', 'dimensions'],
    [{ encoding_format: 'hex' }, 'invalid_value', 'encoding_format'],
    [{ temperature: 1 }, 'unknown_parameter', 'temperature'],
  ] as const) {
    const response = await embed(gateway, body);
    const { error } = (await response.json()) as Json;
    assert.deepEqual([response.status, error.code, error.param], [400, code, param], JSON.stringify(body));
  }
  assert.equal(gateway.charged(), 0n);
});

test('models say what they answer', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t, VECTORS), await startFakeNode(t)]);
  const { data } = (await (await fetch(`${gateway.url}/v1/models`)).json()) as Json;
  const byId = Object.fromEntries(data.map((m: Json) => [m.id, m]));
  assert.deepEqual(byId[VECTORS.model].architecture.output_modalities, ['embeddings']);
  assert.deepEqual(byId[VECTORS.model].supported_parameters, ['encoding_format']);
  assert.deepEqual(byId[MODEL].architecture.output_modalities, ['text']);
});
