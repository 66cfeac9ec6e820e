import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLatency } from './latency.ts';

test('rises at once with a slow answer and falls slowly with quick ones', () => {
  let now = 0;
  const latency = createLatency(() => now);
  latency.begin();
  now += 500;
  latency.end(500);
  assert.equal(latency.peakMs, 500);
  latency.begin();
  now += 10;
  latency.end(10);
  assert.ok(latency.peakMs > 490 && latency.peakMs < 500, String(latency.peakMs));
  now += 60_000;
  latency.begin();
  latency.end(10);
  assert.ok(latency.peakMs < 15, String(latency.peakMs));
  assert.equal(latency.inFlight, 0);
});

test('the first token and the rate are averages of good answers', () => {
  const latency = createLatency();
  assert.equal(latency.firstTokenMs, Number.POSITIVE_INFINITY);
  latency.observe({ firstTokenMs: 100, totalMs: 1_000, completionTokens: 50 });
  latency.observe({ firstTokenMs: 200, totalMs: 1_000, completionTokens: 100 });
  assert.equal(latency.firstTokenMs, 120);
  assert.equal(latency.tokensPerSecond, 60);
});

test('the spread of good answers is that of the newest, and the recent past can be asked for', () => {
  let now = 0;
  const latency = createLatency(() => now);
  assert.equal(latency.spread, null);
  for (let i = 1; i <= 600; i++) {
    now += 10;
    latency.observe({ firstTokenMs: i, totalMs: i, completionTokens: 1 });
  }
  assert.deepEqual(latency.spread, { p50: 88 + 256, p95: 88 + 487, samples: 512 });
  assert.deepEqual(
    latency.recent(25).firstTokenMs.sort((a, b) => a - b),
    [598, 599, 600],
  );
});
