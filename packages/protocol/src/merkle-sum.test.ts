import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from './hex.ts';
import { follow, proofOf, rootOf } from './merkle-sum.ts';
import { MAX_AMOUNT } from './money.ts';

const leaf = fc.record({
  receiptHash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
  amount: fc.bigInt(0n, 1n << 64n),
});

test('every proof leads to the root and yields the place of its leaf', () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 40 }), (leaves) => {
      const root = rootOf(leaves);
      let offset = 0n;
      for (const [i, l] of leaves.entries()) {
        assert.deepEqual(follow(l, proofOf(leaves, i)), { ...root, offset });
        offset += l.amount;
      }
      assert.equal(root.sum, offset);
    }),
    { numRuns: 50 },
  );
});

test('no other amount or hash is provable with a proof', () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 2, maxLength: 20 }), fc.nat(), (leaves, n) => {
      const i = n % leaves.length;
      const l = leaves[i]!;
      const root = rootOf(leaves);
      assert.notDeepEqual(follow({ ...l, amount: l.amount + 1n }, proofOf(leaves, i)).hash, root.hash);
    }),
    { numRuns: 50 },
  );
});

test('an empty tree, a missing leaf and an overflow are refused', () => {
  const big = { receiptHash: toHex(new Uint8Array(32)), amount: MAX_AMOUNT };
  assert.throws(() => rootOf([]), RangeError);
  assert.throws(() => proofOf([big], 1), RangeError);
  assert.throws(() => rootOf([big, big]), RangeError);
});
