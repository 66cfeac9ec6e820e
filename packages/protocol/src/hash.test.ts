import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, saltedHash, sha256Hex } from './hash.ts';
import { fromHex, toHex, ZERO_32 } from './hex.ts';
import { hashAnswer, hashRequest } from './receipt.ts';

test('sha256 of the published example (FIPS 180-2, "abc")', () => {
  assert.equal(sha256Hex('abc'), '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('hex and bytes are inverse, and bad hex is refused', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(fromHex(toHex(bytes)), bytes)));
  for (const bad of ['', '0x0', 'ff', '0xzz', '0x 1']) assert.throws(() => fromHex(bad), RangeError);
});

test('canonical JSON does not depend on the order of keys and reads back the same', () => {
  assert.equal(
    canonicalJson({ b: 1, a: [undefined, { d: null, c: 'ü' }], e: undefined }),
    '{"a":[null,{"c":"ü","d":null}],"b":1}',
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const shuffled = Object.fromEntries(Object.entries(object).reverse());
      assert.equal(canonicalJson(shuffled), canonicalJson(object));
      assert.deepEqual(JSON.parse(canonicalJson(object)), JSON.parse(JSON.stringify(object)));
    }),
  );
});

test('the salt changes the hash', () => {
  assert.notEqual(saltedHash(ZERO_32, 'x'), saltedHash(`0x${'1'.repeat(64)}`, 'x'));
});

test('routing and framing fields are not part of what was asked; the question is', () => {
  const asked = { messages: [{ role: 'user', content: 'hello' }] };
  const framed = {
    ...asked,
    model: 'auto',
    stream: true,
    stream_options: { include_usage: true },
    provider: null,
    seed: null,
  };
  assert.equal(hashRequest(ZERO_32, framed), hashRequest(ZERO_32, asked));
  assert.notEqual(hashRequest(ZERO_32, { ...asked, temperature: 0 }), hashRequest(ZERO_32, asked));
});

test('absent, null and empty parts of an answer hash the same', () => {
  assert.equal(
    hashAnswer(ZERO_32, { content: null }),
    hashAnswer(ZERO_32, { content: '', refusal: null, tool_calls: [] }),
  );
  assert.notEqual(hashAnswer(ZERO_32, { content: 'a' }), hashAnswer(ZERO_32, { content: 'b' }));
});
