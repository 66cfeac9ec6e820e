import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { trace } from '@opentelemetry/api';
import { TributaryError } from '@tributary/protocol';
import { pino } from 'pino';
import { recordSpans, startTelemetry, withSpan } from './telemetry.ts';

const PACKAGE = '@opentelemetry/sdk-node';
const there = await import(PACKAGE).then(
  () => true,
  () => false,
);
const skip = there ? false : `${PACKAGE} is not installed: npm install --no-save ${PACKAGE}`;
const silent = pino({ level: 'silent' });

test('while nobody records, work runs as it is and describes nothing', async () => {
  const result = await withSpan(
    'x',
    async (span) => (span === undefined ? 'bare' : 'watched'),
    () => assert.fail('nobody asked'),
  );
  assert.equal(result, 'bare');
});

test('a span carries its description, ends with its work, and tells an error by its code alone', async (t) => {
  const ended: { name: string; facts: Record<string, unknown> }[] = [];
  const provider = {
    getTracer: () => ({
      startSpan: () => assert.fail('spans are begun active'),
      startActiveSpan(name: string, { attributes }: { attributes?: object }, work: (span: unknown) => unknown) {
        const facts: Record<string, unknown> = { ...attributes };
        return work({
          setAttribute: (key: string, value: unknown) => (facts[key] = value),
          setStatus: ({ code }: { code: number }) => (facts.status = code),
          end: () => ended.push({ name, facts }),
        });
      },
    }),
  };
  trace.setGlobalTracerProvider(provider as never);
  recordSpans(true);
  t.after(() => {
    recordSpans(false);
    trace.disable();
  });
  await withSpan(
    'good',
    async (span) => span?.setAttribute('b', 2),
    () => ({ a: 1 }),
  );
  const failure = new TributaryError('provider_timeout', 'too slow for "my secret question"');
  await assert.rejects(
    withSpan('bad', async () => {
      throw failure;
    }),
    failure,
  );
  assert.deepEqual(ended, [
    { name: 'good', facts: { a: 1, b: 2 } },
    { name: 'bad', facts: { status: 2, 'error.type': 'provider_timeout' } },
  ]);
});

test('without an endpoint nothing starts, and without the package it goes on without', async () => {
  await (await startTelemetry({}, silent))();
  if (there) return;
  const stop = await startTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, silent);
  assert.equal(await withSpan('x', async (span) => span), undefined);
  await stop();
});

test('with the package, spans arrive at the collector, one within the other', { skip }, async (t) => {
  const bodies: string[] = [];
  const collector = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    bodies.push(Buffer.concat(parts).toString('latin1'));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  t.after(() => collector.close());
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
  process.env.OTEL_METRICS_EXPORTER = 'none';
  process.env.OTEL_LOGS_EXPORTER = 'none';
  const stop = await startTelemetry(process.env, silent);
  await withSpan('tributary.question', () => withSpan('tributary.attempt', async () => undefined));
  await stop();
  const sent = bodies.join('');
  assert.match(sent, /tributary\.question/);
  assert.match(sent, /tributary\.attempt/);
});
