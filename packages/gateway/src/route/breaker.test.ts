import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBreaker } from './breaker.ts';

test('opens after three failures in a row, lets one probe through after a pause, and closes when it succeeds', () => {
  let now = 0;
  const breaker = createBreaker(() => now);
  breaker.fail();
  breaker.fail();
  breaker.succeed();
  breaker.fail();
  breaker.fail();
  assert.equal(breaker.allows, true);
  breaker.fail();
  assert.equal(breaker.allows, false);
  now = 2_000;
  assert.equal(breaker.allows, true);
  breaker.begin();
  assert.equal(breaker.allows, false);
  breaker.succeed();
  assert.equal(breaker.allows, true);
});

test('a failed probe doubles the pause, a forgotten one gives its place back', () => {
  let now = 0;
  const breaker = createBreaker(() => now);
  for (let i = 0; i < 3; i++) breaker.fail();
  now = 2_000;
  breaker.begin();
  breaker.forget();
  assert.equal(breaker.allows, true);
  breaker.begin();
  breaker.fail();
  now = 5_999;
  assert.equal(breaker.allows, false);
  now = 6_000;
  assert.equal(breaker.allows, true);
});

test('what ended well and what failed is counted; a client that left says nothing', () => {
  let now = 0;
  const breaker = createBreaker(() => now);
  assert.equal(breaker.success(1_000), null);
  breaker.fail();
  now = 2_000;
  breaker.succeed();
  breaker.forget();
  assert.deepEqual([breaker.success(1_000), breaker.success(5_000)], [1, 0.5]);
  assert.deepEqual(breaker.counts, { succeeded: 1, failed: 1 });
});
