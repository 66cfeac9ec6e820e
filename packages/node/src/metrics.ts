import type { Address } from '@tributary/protocol';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus sees of a node. */
export interface NodeMetrics {
  answered(service: Address, outcome: 'answered' | 'unknown' | 'failed', milliseconds: number): void;
  paymentsAccepted(service: Address, entries: number): void;
  claimed(service: Address): void;
  /** Sets gauges just before they are read. */
  uncovered(service: Address, baseUnits: bigint): void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** Metrics in a registry of their own: several nodes may run in one process in tests. */
export function createNodeMetrics(): NodeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const answers = new Counter({
    name: 'tributary_node_answers_total',
    help: 'Answers given, by service and outcome',
    labelNames: ['service', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tributary_node_answer_seconds',
    help: 'Time from the admitted question to the signed receipt',
    labelNames: ['service'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  const payments = new Counter({
    name: 'tributary_node_payments_total',
    help: 'Receipts covered by a voucher',
    labelNames: ['service'],
    registers,
  });
  const claims = new Counter({
    name: 'tributary_node_claims_total',
    help: 'Channels claimed on chain',
    labelNames: ['service'],
    registers,
  });
  const uncovered = new Gauge({
    name: 'tributary_node_uncovered_base_units',
    help: 'Price of answers without a voucher',
    labelNames: ['service'],
    registers,
  });
  return {
    contentType: registry.contentType,
    answered(service, outcome, milliseconds) {
      answers.inc({ service, outcome });
      seconds.observe({ service }, milliseconds / 1000);
    },
    paymentsAccepted: (service, entries) => payments.inc({ service }, entries),
    claimed: (service) => claims.inc({ service }),
    // A gauge is a float; beyond 2^53 base units (nine billion dollars) its last digits are not exact.
    uncovered: (service, baseUnits) => uncovered.set({ service }, Number(baseUnits)),
    text: () => registry.metrics(),
  };
}
