import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('what happened is counted, in seconds and dollars', async (t) => {
  const metrics = createMetrics();
  t.after(() => metrics.close());
  metrics.requestEnded('ok', 30);
  metrics.requestEnded('model_not_found', 1);
  metrics.answered('0x1', 'answered', 1_250_000n);
  metrics.providerFailed('0x1', 'provider_timeout');
  metrics.watch('tributary_things', 'Things', () => 3);
  const text = await metrics.text();
  for (const line of [
    'tributary_requests_total{result="ok"} 1',
    'tributary_requests_total{result="model_not_found"} 1',
    'tributary_request_duration_seconds_bucket{le="0.05",outcome="answered"} 1',
    'tributary_request_duration_seconds_count{outcome="refused"} 1',
    'tributary_answers_total{service="0x1",outcome="answered"} 1',
    'tributary_provider_failures_total{service="0x1",code="provider_timeout"} 1',
    'tributary_charged_dollars_total 1.25',
    'tributary_things 3',
  ])
    assert.ok(text.includes(`${line}\n`), line);
  assert.match(text, /\nprocess_cpu_seconds_total [0-9.]+\n/);
  assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
});

test('names keep to Prometheus’ rules: a unit, and total on what only grows', async (t) => {
  const metrics = createMetrics();
  t.after(() => metrics.close());
  const kinds = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name!, kind!]);
  assert.ok(kinds.length > 8);
  for (const [name, kind] of kinds as [string, string][]) {
    assert.match(name, /^(tributary|process|nodejs)_[a-z0-9_]+$/);
    assert.equal(name.endsWith('_total'), kind === 'counter', name);
    if (kind === 'histogram') assert.match(name, /_seconds$/);
  }
});

test('attack: many services and codes share one label beyond the first two hundred', async (t) => {
  const metrics = createMetrics();
  t.after(() => metrics.close());
  for (let i = 0; i < 1_000; i++) {
    metrics.answered(`0x${i}`, 'answered', 1n);
    metrics.requestEnded(`code_${i}`, 1);
  }
  const text = await metrics.text();
  assert.equal(text.match(/^tributary_answers_total\{/gm)?.length, 201);
  assert.equal(text.match(/^tributary_requests_total\{/gm)?.length, 201);
  assert.match(text, /tributary_answers_total\{service="other",outcome="answered"\} 800\n/);
});
