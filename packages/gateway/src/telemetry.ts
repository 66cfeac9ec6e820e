import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { TributaryError } from '@tributary/protocol';
import type { Logger } from 'pino';

/** The version this was tried with; an optional package of 50 MB, so it is not installed by itself. */
const PACKAGE = '@opentelemetry/sdk-node';
const TRIED_VERSION = '0.301.0';

/** The part of the package that is used here, so that this compiles without it. */
interface Package {
  NodeSDK: new (options: { serviceName: string }) => { start(): void; shutdown(): Promise<void> };
}

let recording = false;

/** Spans are recorded, or not any more. A program that brings its own OpenTelemetry SDK calls it once that is started. */
export function recordSpans(on: boolean): void {
  recording = on;
}

/**
 * Runs `work` within an OpenTelemetry span, which ends with it; spans begun inside are its children. Costs a look at a
 * variable while nobody records. Attributes hold ids, names and numbers, never a text of a question or an answer.
 *
 * ```ts
 * withSpan('tributary.attempt', () => ask(step), () => ({ 'tributary.service': step.service.account }));
 * ```
 *
 * @param work may set more attributes on the span; it gets none while nobody records
 */
export function withSpan<T>(name: string, work: (span?: Span) => Promise<T>, describe?: () => Attributes): Promise<T> {
  if (!recording) return work();
  return trace
    .getTracer('tributary')
    .startActiveSpan(name, describe ? { attributes: describe() } : {}, async (span) => {
      try {
        return await work(span);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        // Messages may quote what was asked; codes do not.
        span.setAttribute('error.type', TributaryError.is(error) ? error.code : 'internal_error');
        throw error;
      } finally {
        span.end();
      }
    });
}

/**
 * Starts OpenTelemetry's SDK where `OTEL_EXPORTER_OTLP_ENDPOINT` says where spans go; its other settings come from the
 * environment as well (`OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, …). Without the package it says so and nothing is recorded:
 * watching must not keep anybody from answering.
 *
 * @returns what sends the last spans and ends it
 */
export async function startTelemetry(env: NodeJS.ProcessEnv, log: Logger): Promise<() => Promise<void>> {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return async () => {};
  let loaded: Package;
  try {
    loaded = (await import(PACKAGE)) as Package;
  } catch (error) {
    const hint = `npm install --no-save ${PACKAGE}@${TRIED_VERSION}`;
    log.warn({ err: error, hint }, `no spans are recorded: the package ${PACKAGE} is not installed`);
    return async () => {};
  }
  const sdk = new loaded.NodeSDK({ serviceName: env.OTEL_SERVICE_NAME ?? 'tributary-gateway' });
  sdk.start();
  recordSpans(true);
  return async () => {
    recordSpans(false);
    await sdk.shutdown();
  };
}
