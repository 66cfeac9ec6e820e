import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { embedder, embedText } from './embedder.ts';

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const like = (a: string, b: string) => dot(embedText(a, 384), embedText(b, 384));
const open = await embedder.open({ dimensions: 384 }, {});
const never = new AbortController().signal;

test('texts that share words, their forms or their letters are closer than others', () => {
  const question = 'How are contributors paid?';
  const other = 'The weather is sunny in the mountains.';
  assert.ok(like(question, 'Each contributor receives a payment.') > like(question, other) + 0.2);
  assert.ok(like('authentication', 'authenticate') > 0.3);
  assert.ok(like('price', 'cost') > like('price', 'sunny'));
  assert.ok(like('the default port', 'a DEFAULT port?') > 0.99);
});

test('every text has a vector of length 1, the same each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 16, max: 600 }), (text, dimensions) => {
      const vector = embedText(text, dimensions);
      assert.equal(vector.length, dimensions);
      assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
      assert.deepEqual(embedText(text, dimensions), vector);
    }),
  );
});

test('the vectors of this method never change: another one needs another name', () => {
  const vector = embedText('Why does the payer number its own promises? 12 + 30, Größe', 384);
  assert.equal(
    sha256Hex(new Uint8Array(vector.buffer)),
    '0x7ca2d3a675f62fa4ca0f70ec63a3ef68d7c8d6f74b388a1214d22717145750a4',
  );
});

test('one text or many, in order, with the dimensions asked for', async () => {
  const { vectors, promptTokens } = await open.embed!({ input: ['one', 'two two'], dimensions: 64 }, never);
  assert.deepEqual(vectors, [embedText('one', 64), embedText('two two', 64)]);
  assert.equal(promptTokens, 3);
  assert.deepEqual((await open.embed!({ input: 'one' }, never)).vectors, [embedText('one', 384)]);
});

test('what is too long or too narrow is refused by name, and a question is sent elsewhere', async () => {
  const refused = (code: string, param: string | null) => (e: unknown) =>
    TributaryError.is(e) && e.status === 400 && e.code === code && e.param === param;
  await assert.rejects(open.embed!({ input: 'a', dimensions: 2 }, never), refused('invalid_value', 'dimensions'));
  const long = 'word '.repeat(8_000);
  await assert.rejects(open.embed!({ input: ['a', long] }, never), refused('context_length_exceeded', 'input.1'));
  const many = Array.from({ length: 2048 }, () => 'word '.repeat(200));
  await assert.rejects(open.embed!({ input: many }, never), refused('context_length_exceeded', 'input'));
  await assert.rejects(
    open.answer({ messages: [{ role: 'user', content: 'hi' }] }, { signal: never, emit() {} }),
    refused('wrong_endpoint', null),
  );
});

test('the work ends when the client goes', async () => {
  const gone = new AbortController();
  const work = open.embed!({ input: Array.from({ length: 100 }, (_, i) => `text ${i}`) }, gone.signal);
  gone.abort();
  await assert.rejects(work);
});
