import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noble, TributaryError, toHex } from '@tributary/protocol';
import fc from 'fast-check';
import { apiKeyCurveKey, authorizerOf, newApiKey, parseApiKey } from './api-key.ts';
import { curve } from './curve.ts';

test('a fresh API key has the published form and is read back', () => {
  const keys = Array.from({ length: 50 }, newApiKey);
  assert.equal(new Set(keys).size, 50);
  for (const key of keys) {
    assert.match(key, /^trib_[0-9A-Za-z]{49}$/);
    assert.equal(parseApiKey(key), key);
  }
});

test('a known API key gives a known voucher key: the derivation never changes', () => {
  const apiKey = parseApiKey('trib_00000000000000000000000000000000000000000011kg0eG');
  // Computed apart, with Python's hmac.
  assert.equal(toHex(apiKeyCurveKey(apiKey)), '0xa1ce820c8077c1f2b15a70edc8f00a4cd21b07c69c6fb8fb79c9b269f929fc95');
});

test('any single wrong character is noticed, and the key is not repeated in the error', () => {
  fc.assert(
    fc.property(fc.nat(48), fc.constantFrom(...'09azAZ-_ é'), (at, char) => {
      const key = newApiKey();
      const wrong = key.slice(0, 5 + at) + char + key.slice(6 + at);
      fc.pre(wrong !== key);
      assert.throws(
        () => parseApiKey(wrong),
        (error) => {
          assert.ok(TributaryError.is(error) && error.code === 'invalid_api_key' && error.status === 401);
          return !`${error.message}${error.hint}`.includes(wrong.slice(5, 48));
        },
      );
    }),
    { numRuns: 300 },
  );
});

test('strangers’ text never raises anything but invalid_api_key', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
      assert.throws(() => parseApiKey(text), { code: 'invalid_api_key' });
    }),
  );
});

test('the authorizer is the address of the derived key, by either curve, also from the cache', () => {
  const apiKey = newApiKey();
  const expected = noble.addressOf(apiKeyCurveKey(apiKey));
  assert.equal(authorizerOf(apiKey), expected);
  assert.equal(authorizerOf(apiKey, curve), expected);
});
