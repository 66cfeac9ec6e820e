import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { packVector, unpackVector } from './embeddings.ts';
import { hashAnswer, hashRequest } from './receipt.ts';

const SALT = `0x${'07'.repeat(32)}` as const;

test('a vector survives its text, number for number', () => {
  fc.assert(
    fc.property(fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true }), (vector) => {
      assert.deepEqual(unpackVector(packVector(vector)), vector);
    }),
  );
});

test('what is no vector is none', () => {
  const bad = ['', '!', btoa('abc'), btoa('\0\0\x80\x7f'), btoa('\0\0\0\0'.repeat(8193))];
  for (const text of bad) assert.equal(unpackVector(text), null, text.slice(0, 20));
  fc.assert(
    fc.property(fc.string(), (text) => {
      const vector = unpackVector(text);
      assert.ok(vector === null || vector.every(Number.isFinite));
    }),
  );
});

test('an answer of vectors has a hash of its own, and the encoding asked for is not part of the question', () => {
  const embeddings = [packVector(Float32Array.of(1, 0))];
  assert.notEqual(hashAnswer(SALT, { content: null, embeddings }), hashAnswer(SALT, { content: null }));
  assert.equal(
    hashRequest(SALT, { input: 'a', encoding_format: 'base64' }),
    hashRequest(SALT, { model: 'm', input: 'a' }),
  );
});

const VECTORS = new URL('../../../../shared/vectors/openai/', import.meta.url);
test('the published vectors read the same in both encodings', {
  skip: !existsSync(VECTORS) && 'the published vectors are not here',
}, () => {
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, VECTORS), 'utf8')).data[0].embedding;
  const packed: string = read('embeddings-base64-response.json');
  const floats = Float32Array.from(read('embeddings-float-response.json') as number[]);
  assert.deepEqual(unpackVector(packed), floats);
  assert.equal(packVector(floats), packed);
});
