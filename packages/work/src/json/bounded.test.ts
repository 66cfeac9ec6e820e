import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countContainers, parseBounded } from './bounded.ts';

const WIDE = { depth: 1_000, containers: 100_000 };

function measure(value: unknown): { depth: number; count: number } {
  if (value === null || typeof value !== 'object') return { depth: 0, count: 0 };
  const inner = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...inner.map((m) => m.depth)),
    count: 1 + inner.reduce((sum, m) => sum + m.count, 0),
  };
}

test('lists and objects are counted as they are, whatever the texts hold', () => {
  const tricky = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', '}', 'a', '☃') });
  fc.assert(
    fc.property(fc.jsonValue(), tricky, (value, text) => {
      const json = JSON.stringify({ [text]: value, text });
      const { depth, count } = measure(JSON.parse(json));
      assert.equal(countContainers(json, WIDE), count);
      assert.deepEqual(parseBounded(json, { depth, containers: count }), JSON.parse(json));
      assert.throws(() => countContainers(json, { ...WIDE, depth: depth - 1 }), RangeError);
      assert.throws(() => countContainers(json, { ...WIDE, containers: count - 1 }), RangeError);
    }),
  );
});

test('a text that never ends, and any other strange text, costs one pass', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.ok(countContainers(text, { depth: 1_000, containers: 1_000 }) >= 0);
    }),
  );
  assert.equal(countContainers(`"${'\\"'.repeat(1_000_000)}`, WIDE), 0);
});
