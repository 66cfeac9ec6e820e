import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ZERO_ADDRESS } from './hex.ts';
import { costOf, countTokens, withFee } from './price.ts';

const price = { token: ZERO_ADDRESS, perRequest: 100n, perMillionPrompt: 150_000n, perMillionCompletion: 600_000n };

test('each part of a cost rounds up', () => {
  assert.equal(costOf(price, { promptTokens: 0, completionTokens: 0 }), 100n);
  assert.equal(costOf(price, { promptTokens: 1, completionTokens: 1 }), 102n);
  assert.equal(costOf(price, { promptTokens: 1_000_000, completionTokens: 1_000_000 }), 750_100n);
});

test('the fee rounds up and grows with the cost', () => {
  assert.equal(withFee(0n, 50_000n), 0n);
  assert.equal(withFee(1n, 50_000n), 2n);
  assert.equal(withFee(1_000n, 50_000n), 1_050n);
  fc.assert(
    fc.property(fc.bigInt(0n, 1n << 64n), fc.bigInt(0n, 1n << 64n), (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      assert.ok(withFee(low, 50_000n) <= withFee(high, 50_000n));
    }),
  );
});

test('tokens are counted by UTF-8 length', () => {
  assert.deepEqual(['', 'a', 'four', 'five!', 'äöü'].map(countTokens), [0, 1, 1, 2, 2]);
});
