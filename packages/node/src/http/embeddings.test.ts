import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenExpert } from '@tributary/models';
import { curve } from '@tributary/payments';
import { type Hex, hashAnswer, hashRequest, inputsOf, packVector, Receipt, unpackVector } from '@tributary/protocol';
import fc from 'fast-check';
import {
  ask,
  id,
  MODEL,
  openSession,
  PRICE,
  post,
  questionHeaders,
  receipts,
  SALT,
  startTestNode,
  type TestNode,
} from '../test-support.ts';

// Answers are read as a client in JavaScript would read them.
// biome-ignore lint/suspicious/noExplicitAny: ^
type Json = any;

/** A text's vector is its length. */
const embed: NonNullable<OpenExpert['embed']> = async (request) => {
  if (request.input === 'fail') throw new Error('secret inside of the expert');
  const texts = inputsOf(request);
  return { vectors: texts.map((t) => Float32Array.of(t.length, 1)), promptTokens: texts.length, notes: [] };
};

const send = (node: TestNode, token: string, n: number, body: unknown, headers: Record<string, string> = {}) =>
  post(`${node.url}/v1/embeddings`, body, questionHeaders(token, id(n), headers));

test('vectors come with a receipt for exactly these texts and these numbers', async (t) => {
  const node = await startTestNode(t, { embed });
  const token = await openSession(node);
  const body = { model: MODEL, input: ['one', 'three'], encoding_format: 'base64' };
  const response = await send(node, token, 1, body);
  assert.equal(response.status, 200);
  const answer = (await response.json()) as Json;
  assert.deepEqual(
    answer.data.map((d: Json) => unpackVector(d.embedding)),
    [Float32Array.of(3, 1), Float32Array.of(5, 1)],
  );
  assert.deepEqual(answer.usage, { prompt_tokens: 2, total_tokens: 2 });
  const receipt = Receipt.parse(answer.tributary.receipt);
  assert.equal(receipt.requestHash, hashRequest(SALT, { input: ['one', 'three'] }));
  const embeddings = [packVector(Float32Array.of(3, 1)), packVector(Float32Array.of(5, 1))];
  assert.equal(receipt.responseHash, hashAnswer(SALT, { content: null, embeddings }));
  assert.equal(receipt.completionTokens, 0);
  assert.equal(receipt.price, PRICE.perRequest + 2n);
  assert.equal(curve.recover(receipts.receipt(receipt), answer.tributary.signature as Hex), node.key.address);
});

test('a service answers what its card says, and nothing else', async (t) => {
  const code = async (response: Response) => [response.status, ((await response.json()) as Json).error.code];
  const vectors = await startTestNode(t, { embed });
  const token = await openSession(vectors);
  assert.deepEqual(await code(await ask(vectors, token, id(1), 'hi')), [400, 'wrong_endpoint']);
  const wide = await send(vectors, token, 2, { model: MODEL, input: 'a', dimensions: 8 });
  assert.deepEqual(await code(wide), [400, 'unsupported_parameter']);
  const chat = await startTestNode(t);
  const other = await openSession(chat);
  assert.deepEqual(await code(await send(chat, other, 1, { model: MODEL, input: 'a' })), [400, 'wrong_endpoint']);
});

test('an expert that fails tells nothing of its inside and leaves nothing open', async (t) => {
  const node = await startTestNode(t, { embed });
  const token = await openSession(node);
  const response = await send(node, token, 1, { model: MODEL, input: 'fail' });
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.equal(node.state.running.size, 0);
  assert.equal((await send(node, token, 1, { model: MODEL, input: 'ok' })).status, 200);
});

test('whatever bytes come, the answer is vectors or an error in OpenAI’s form', async (t) => {
  const node = await startTestNode(t, { embed });
  const token = await openSession(node);
  let n = 10;
  const field = fc.jsonValue();
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record(
        {
          model: fc.oneof(fc.constant(MODEL), field),
          input: fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 }), field),
          dimensions: field,
          encoding_format: field,
        },
        { requiredKeys: [] },
      )
      .map((v) => JSON.stringify(v)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const response = await send(node, token, n++, text);
      const answer = (await response.json()) as Json;
      if (response.status === 200) assert.ok(answer.data.length > 0);
      else assert.ok(response.status < 500 && typeof answer.error.message === 'string');
    }),
    { numRuns: 150 },
  );
  assert.equal(node.state.running.size, 0);
});
