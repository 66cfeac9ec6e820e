import { createRecent, rankOf } from './recent.ts';

/** How fast old observations fade. */
const DECAY_MS = 10_000;
/** What an untried service is assumed to need: low, so that newcomers are tried. */
const UNTRIED_MS = 1;
/** Good answers whose times are remembered. */
const SAMPLES = 512;

/**
 * Peak-sensitive moving average of a service's time to answer: rises at once, falls slowly, so a service that becomes slow is
 * avoided before its average would show it (as in Finagle's PeakEWMA balancer).
 */
export interface Latency {
  /** Questions under way. */
  readonly inFlight: number;
  /** Milliseconds, decayed to now. */
  readonly peakMs: number;
  /** Milliseconds to the first token, plain moving average; Infinity until one was seen. */
  readonly firstTokenMs: number;
  /** Completion tokens per second, plain moving average; 0 until one was seen. */
  readonly tokensPerSecond: number;
  /** Milliseconds to the end of the newest good answers that half, and 95 in 100, of them needed at most; null before one. */
  readonly spread: { p50: number; p95: number; samples: number } | null;
  /** Good answers of the last `pastMs` milliseconds, of the newest 512: unordered. */
  recent(pastMs: number): { firstTokenMs: number[]; tokensPerSecond: number[] };
  begin(): void;
  /** One answer has ended, well or not. */
  end(elapsedMs: number): void;
  /** Facts of one good answer, for `sort`. */
  observe(facts: { firstTokenMs: number; totalMs: number; completionTokens: number }): void;
}

/** @param now milliseconds, monotonic */
export function createLatency(now: () => number = () => performance.now()): Latency {
  let inFlight = 0;
  let average = UNTRIED_MS;
  let at = now();
  let firstTokenMs = Number.POSITIVE_INFINITY;
  let tokensPerSecond = 0;
  const totals = createRecent(SAMPLES);
  const firstTokens = createRecent(SAMPLES);
  const rates = createRecent(SAMPLES);
  const mix = (old: number, fresh: number) => old * 0.8 + fresh * 0.2;
  return {
    get inFlight() {
      return inFlight;
    },
    get peakMs() {
      return average;
    },
    get firstTokenMs() {
      return firstTokenMs;
    },
    get tokensPerSecond() {
      return tokensPerSecond;
    },
    get spread() {
      const sorted = totals.since(0).sort((a, b) => a - b);
      if (sorted.length === 0) return null;
      return { p50: rankOf(sorted, 0.5), p95: rankOf(sorted, 0.95), samples: sorted.length };
    },
    recent(pastMs) {
      const from = now() - pastMs;
      return { firstTokenMs: firstTokens.since(from), tokensPerSecond: rates.since(from) };
    },
    begin() {
      inFlight++;
    },
    end(elapsedMs) {
      inFlight--;
      const t = now();
      const keep = Math.exp(-(t - at) / DECAY_MS);
      average = elapsedMs > average ? elapsedMs : average * keep + elapsedMs * (1 - keep);
      at = t;
    },
    observe(facts) {
      const rate = facts.completionTokens / Math.max(facts.totalMs / 1000, 0.001);
      const endedAt = now();
      totals.add(endedAt, facts.totalMs);
      firstTokens.add(endedAt, facts.firstTokenMs);
      rates.add(endedAt, rate);
      firstTokenMs = Number.isFinite(firstTokenMs) ? mix(firstTokenMs, facts.firstTokenMs) : facts.firstTokenMs;
      tokensPerSecond = tokensPerSecond === 0 ? rate : mix(tokensPerSecond, rate);
    },
  };
}
