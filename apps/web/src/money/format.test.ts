import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUnits } from '@tributary/protocol';
import fc from 'fast-check';
import {
  exactDollars,
  microDollars,
  parseDollars,
  parsePercent,
  percent,
  shortDollars,
  tokenAmount,
} from './format.ts';

test('small amounts keep every place, large ones are cut to cents and never rounded up', () => {
  assert.equal(shortDollars(279n), '$0.000279');
  assert.equal(shortDollars(500_000n), '$0.50');
  assert.equal(shortDollars(0n), '$0.00');
  assert.equal(shortDollars(12_349_999n), '$12.34');
  assert.equal(shortDollars(1_234_567_000_000n), '$1,234,567.00');
  assert.equal(shortDollars(-279n), '−$0.000279');
  assert.equal(exactDollars(12_349_999n), '$12.349999');
});

test('parts of an answer are shown by the digits that count', () => {
  assert.equal(microDollars(13_250_000n), '$0.0000132');
  assert.equal(microDollars(1n), '$0.000000000001');
  assert.equal(microDollars(0n), '$0.00');
  assert.equal(microDollars(2_500_000_000_000n), '$2.50');
});

test('what is shown exactly reads back as the same amount', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 15n), (amount) => {
      assert.equal(parseUnits(exactDollars(amount).replace('$', '').replaceAll(',', '')), amount);
      const typed = parseDollars(exactDollars(amount));
      assert.deepEqual(typed, { amount });
      const short = parseDollars(shortDollars(amount));
      assert.ok('amount' in short && short.amount <= amount);
    }),
  );
});

test('a typed amount is an amount or a sentence', () => {
  for (const text of ['', ' ', '-1', '1e3', '1.2.3', 'abc', '0.0000001', '∞'])
    assert.ok('wrong' in parseDollars(text), text);
  assert.deepEqual(parseDollars(' $1,000.5 '), { amount: 1_000_500_000n });
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseDollars(text);
      assert.ok('wrong' in parsed || parsed.amount >= 0n);
    }),
  );
});

test('shares', () => {
  assert.equal(percent(700_000), '70 %');
  assert.equal(percent(25_000), '2.5 %');
  assert.equal(percent(1), '< 0.01 %');
  assert.equal(percent(0), '0 %');
  assert.deepEqual(parsePercent('2.5 %'), { ppm: 25_000 });
  for (const text of ['101', '-1', '', '1.23456', 'x']) assert.ok('wrong' in parsePercent(text), text);
});

test('other tokens carry their symbol', () => {
  assert.equal(tokenAmount(12_500_000_000_000_000_000n, 18, 'TRIB'), '12.5 TRIB');
});
