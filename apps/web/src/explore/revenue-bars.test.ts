import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBars } from './revenue-bars.ts';

const DOLLAR = '0x1111111111111111111111111111111111111111' as const;
const OTHER = '0x2222222222222222222222222222222222222222' as const;
const none = { passedOn: 0n, paidOut: 0n };

test('time runs evenly: what is missing is zero, other tokens do not count', () => {
  const bars = toBars(
    {
      bucketSeconds: 60,
      buckets: [
        { start: 600, token: DOLLAR, received: 5n, ...none },
        { start: 720, token: OTHER, received: 9n, ...none },
        { start: 780, token: DOLLAR, received: 7n, ...none },
      ],
    },
    DOLLAR,
    850,
  );
  assert.deepEqual(
    bars.map((b) => [b.start, b.amount]),
    [
      [600, 5n],
      [660, 0n],
      [720, 0n],
      [780, 7n],
      [840, 0n],
    ],
  );
});

test('only the newest bars are shown, and none where nothing ever came in', () => {
  const buckets = Array.from({ length: 200 }, (_, i) => ({ start: i * 60, token: DOLLAR, received: 1n, ...none }));
  assert.equal(toBars({ bucketSeconds: 60, buckets }, DOLLAR, 200 * 60).length, 40);
  assert.deepEqual(toBars({ bucketSeconds: 60, buckets: [] }, DOLLAR, 1000), []);
  assert.deepEqual(toBars(undefined, DOLLAR, 0), []);
});
