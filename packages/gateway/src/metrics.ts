import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DOLLAR_DECIMALS } from '@tributary/protocol';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Different values of one label, at most: each lives in memory and in every scrape for ever. */
const MOST_LABELS = 200;
const OTHER = 'other';

/** Counters for operators. Labels are few and ours: never a caller's text. */
export interface Metrics {
  /** @param result `ok`, or an error's code */
  requestEnded(result: string, elapsedMs: number): void;
  providerFailed(service: string, code: string): void;
  /** @param charged base units of the dollar */
  answered(service: string, outcome: string, charged: bigint): void;
  /** Values read when somebody looks. */
  watch(name: string, help: string, read: () => number): void;
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** The first values of a label as they are, all later ones as `other`: strangers register services and name errors. */
function createBounded(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return OTHER;
    known.add(value);
    return value;
  };
}

/** The process as Prometheus' client libraries describe it, as far as operators of a gateway look at it. */
function watchProcess(registers: Registry[], loop: ReturnType<typeof monitorEventLoopDelay>): void {
  const startedAt = Date.now() / 1000 - process.uptime();
  const read = (name: string, help: string, value: () => number) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  read('process_start_time_seconds', 'Unix time of the start', () => startedAt);
  read('process_resident_memory_bytes', 'Memory in use', () => process.memoryUsage.rss());
  read(
    'nodejs_eventloop_delay_p99_seconds',
    'How late the event loop was, 99th percentile since the last scrape',
    () => {
      const seconds = loop.percentile(99) / 1e9;
      loop.reset();
      return Number.isFinite(seconds) ? seconds : 0;
    },
  );
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const total = (user + system) / 1e6;
      this.inc(total - counted);
      counted = total;
    },
  });
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const serviceLabel = createBounded(MOST_LABELS);
  const codeLabel = createBounded(MOST_LABELS);
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  watchProcess(registers, loop);
  const requests = new Counter({
    name: 'tributary_requests_total',
    help: 'Questions by how they ended: ok, or the code of the error',
    labelNames: ['result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tributary_request_duration_seconds',
    help: 'Time from question to end of answer, of answered and of refused questions',
    labelNames: ['outcome'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120],
    registers,
  });
  const failures = new Counter({
    name: 'tributary_provider_failures_total',
    help: 'Failed attempts by service and error code',
    labelNames: ['service', 'code'],
    registers,
  });
  const answers = new Counter({
    name: 'tributary_answers_total',
    help: 'Answers by service and outcome',
    labelNames: ['service', 'outcome'],
    registers,
  });
  const charged = new Counter({
    name: 'tributary_charged_dollars_total',
    help: 'Charged to payers, dollars; the books have it to the base unit',
    registers,
  });
  return {
    contentType: registry.contentType,
    requestEnded(result, elapsedMs) {
      requests.inc({ result: codeLabel(result) });
      seconds.observe({ outcome: result === 'ok' ? 'answered' : 'refused' }, elapsedMs / 1000);
    },
    providerFailed(service, code) {
      failures.inc({ service: serviceLabel(service), code: codeLabel(code) });
    },
    answered(service, outcome, amount) {
      answers.inc({ service: serviceLabel(service), outcome });
      charged.inc(Number(amount) / 10 ** DOLLAR_DECIMALS);
    },
    watch(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    text: () => registry.metrics(),
    close: () => void loop.disable(),
  };
}
