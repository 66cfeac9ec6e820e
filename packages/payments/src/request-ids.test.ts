import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequestIds } from './request-ids.ts';
import { id } from './test-support.ts';

test('an id is remembered until its time and forgotten within a minute after it', () => {
  let time = 6_000;
  const ids = createRequestIds(() => time);
  ids.add(id(1), 6_300);
  ids.add(id(2), 5_000);
  assert.deepEqual([ids.has(id(1)), ids.has(id(2))], [true, false]);
  time = 6_300;
  ids.add(id(3), 6_400);
  assert.ok(ids.has(id(1)));
  time = 6_360;
  ids.add(id(4), 6_400);
  assert.deepEqual([ids.has(id(1)), ids.has(id(3)), ids.size], [false, true, 2]);
});

test('memory is bounded by what can expire, whatever the number of requests', () => {
  let time = 0;
  const ids = createRequestIds(() => time);
  for (let i = 0; i < 20_000; i++) {
    time = i;
    ids.add(id(i), time + 600);
    assert.ok(ids.size <= 661);
  }
});
