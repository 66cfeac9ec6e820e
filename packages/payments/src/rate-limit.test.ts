import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { createRateLimit, type RateLimitOptions } from './rate-limit.ts';

function limitOf(options: Partial<RateLimitOptions> = {}) {
  const clock = { ms: 0 };
  const limit = createRateLimit('tries', {
    perKey: { burst: 2, perHour: 60 },
    all: { burst: 3, perHour: 3600 },
    nowMs: () => clock.ms,
    ...options,
  });
  const take = (key: string): number => {
    try {
      limit.take(key);
      return 0;
    } catch (error) {
      assert.equal((error as TributaryError).status, 429);
      return (error as TributaryError).retryAfterSeconds!;
    }
  };
  return { clock, limit, take };
}

test('a key has its burst, then its rate; the error says how long to wait', () => {
  const { clock, take } = limitOf();
  assert.deepEqual([take('a'), take('a'), take('a')], [0, 0, 60]);
  clock.ms = 59_000;
  assert.equal(take('a'), 1);
  clock.ms = 60_000;
  assert.deepEqual([take('a'), take('a')], [0, 60]);
});

test('all keys together have a limit: keys cost strangers nothing', () => {
  const { clock, take } = limitOf();
  assert.deepEqual([take('a'), take('b'), take('c'), take('d')], [0, 0, 0, 1]);
  clock.ms = 1_000;
  assert.equal(take('d'), 0);
});

test('what is given back can be taken again, and no more than that', () => {
  const { limit, take } = limitOf();
  take('a');
  limit.giveBack('a');
  limit.giveBack('a');
  assert.deepEqual([take('a'), take('a'), take('a')], [0, 0, 60]);
});

test('in any stretch of time a key takes at most its burst and its rate, however many keys come and go', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), waitMs: fc.nat(120_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const { clock, take } = limitOf({ all: { burst: 1000, perHour: 3600 } });
      const taken: number[] = [];
      for (const { key, waitMs } of steps) {
        clock.ms += waitMs;
        if (take(key) === 0 && key === 'a') taken.push(clock.ms);
      }
      for (const [i, from] of taken.entries()) {
        for (const [n, to] of taken.slice(i).entries()) assert.ok(n + 1 <= 2 + (to - from) / 60_000 + 1e-9);
      }
    }),
  );
});

test('strangers’ keys fill no memory: the oldest is forgotten', () => {
  const { take } = limitOf({ maxKeys: 2, all: { burst: 100, perHour: 3600 } });
  take('a');
  take('a');
  take('b');
  take('c');
  assert.equal(take('a'), 0);
});
