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
  const totals = new Float64Array(SAMPLES);
  let observed = 0;
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
      if (observed === 0) return null;
      const sorted = totals.slice(0, Math.min(observed, SAMPLES)).sort();
      // Nearest rank: the least value that covers the part.
      const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]!;
      return { p50: rank(0.5), p95: rank(0.95), samples: sorted.length };
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
      totals[observed++ % SAMPLES] = facts.totalMs;
      const rate = facts.completionTokens / Math.max(facts.totalMs / 1000, 0.001);
      firstTokenMs = Number.isFinite(firstTokenMs) ? mix(firstTokenMs, facts.firstTokenMs) : facts.firstTokenMs;
      tokensPerSecond = tokensPerSecond === 0 ? rate : mix(tokensPerSecond, rate);
    },
  };
}
