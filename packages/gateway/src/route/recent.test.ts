import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRecent, rankOf } from './recent.ts';

test('the newest numbers are remembered, and found by their moment', () => {
  const entries = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 40 });
  fc.assert(
    fc.property(entries, fc.nat(50), (values, from) => {
      const recent = createRecent(8);
      for (const [at, value] of values.entries()) recent.add(at, value);
      const expected = values.map((value, at) => ({ at, value })).slice(-8);
      const wanted = expected.filter((e) => e.at >= from).map((e) => e.value);
      assert.deepEqual(recent.since(from).sort(), wanted.sort());
    }),
  );
});

test('a rank covers its part of the numbers and no number below it does', () => {
  const sorted = fc.array(fc.integer(), { minLength: 1, maxLength: 50 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(sorted, fc.constantFrom(0.01, 0.5, 0.75, 0.9, 0.95, 0.99, 1), (list, part) => {
      const found = rankOf(list, part);
      assert.ok(list.filter((n) => n <= found).length >= part * list.length);
      assert.ok(list.filter((n) => n < found).length < part * list.length);
    }),
  );
});
