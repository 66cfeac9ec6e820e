import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Amount, formatUnits, MAX_AMOUNT, mulDivUp, parseUnits } from './money.ts';

test('parseUnits and formatUnits are inverse', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, MAX_AMOUNT), fc.integer({ min: 1, max: 18 }), (amount, decimals) => {
      assert.equal(parseUnits(formatUnits(amount, decimals), decimals), amount);
    }),
  );
});

test('parseUnits refuses what is not plainly an amount', () => {
  for (const bad of ['', '.', '-', '-1', '+1', '1.', '.5', '1e3', ' 1', '1,5', '0x1', '1.0000001'])
    assert.throws(() => parseUnits(bad), RangeError, bad);
});

test('formatUnits shows whole values and negative ones', () => {
  assert.equal(formatUnits(1_250_000n), '1.25');
  assert.equal(formatUnits(1n), '0.000001');
  assert.equal(formatUnits(-2_000_000n), '-2');
});

test('Amount accepts decimal digits up to 2^128 − 1 and nothing else', () => {
  assert.equal(Amount.parse('340282366920938463463374607431768211455'), MAX_AMOUNT);
  for (const bad of ['340282366920938463463374607431768211456', '01', '-1', '1.0', '', ' 1', '1n', 5, null])
    assert.equal(Amount.safeParse(bad).success, false, String(bad));
});

test('mulDivUp never rounds down', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 1n << 100n), fc.bigInt(0n, 1n << 30n), fc.bigInt(1n, 1n << 40n), (a, b, d) => {
      const q = mulDivUp(a, b, d);
      assert.ok(q * d >= a * b && (q - 1n) * d < a * b);
    }),
  );
});
