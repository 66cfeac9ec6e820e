import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Counters for operators. Labels are few and ours: never a caller's text. */
export interface Metrics {
  requestEnded(result: string, elapsedMs: number): void;
  providerFailed(service: string, code: string): void;
  answered(service: string, outcome: string, charged: bigint): void;
  /** Values read when somebody looks. */
  watch(name: string, help: string, read: () => number): void;
  text(): Promise<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'tributary_requests_total',
    help: 'Chat requests by how they ended',
    labelNames: ['result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tributary_request_seconds',
    help: 'Time from request to end of answer',
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
    name: 'tributary_charged_base_units_total',
    help: 'Charged to payers, base units of the dollar',
    registers,
  });
  return {
    requestEnded(result, elapsedMs) {
      requests.inc({ result });
      seconds.observe(elapsedMs / 1000);
    },
    providerFailed(service, code) {
      failures.inc({ service, code });
    },
    answered(service, outcome, amount) {
      answers.inc({ service, outcome });
      charged.inc(Number(amount));
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
  };
}
