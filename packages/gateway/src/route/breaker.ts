import { createRecent } from './recent.ts';

/** Failures in a row that open the breaker. */
const OPEN_AFTER_FAILURES = 3;
/** Pause after opening; doubles with every failed probe. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** Questions whose ends are remembered. */
const SAMPLES = 512;

/** Keeps questions away from a service that fails, and lets one through now and then to see whether it is back. */
export interface Breaker {
  /** True when a question may be sent: closed, or the pause is over and no probe is under way. */
  readonly allows: boolean;
  /** How many questions ended well, and how many by the service's fault. */
  readonly counts: { succeeded: number; failed: number };
  /** Part of the questions of the last `pastMs` milliseconds that ended well, of the newest 512; null when there were none. */
  success(pastMs: number): number | null;
  /** Call before sending; takes the probe's place when the breaker is not closed. */
  begin(): void;
  succeed(): void;
  fail(): void;
  /** The attempt said nothing about the service (the client left): give the probe's place back. */
  forget(): void;
}

/** @param now milliseconds, monotonic */
export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let openUntil = 0;
  let open = false;
  let probing = false;
  const counts = { succeeded: 0, failed: 0 };
  const ends = createRecent(SAMPLES);
  return {
    counts,
    success(pastMs) {
      const found = ends.since(now() - pastMs);
      return found.length === 0 ? null : found.reduce((sum, well) => sum + well, 0) / found.length;
    },
    get allows() {
      return !open || (!probing && now() >= openUntil);
    },
    begin() {
      if (open) probing = true;
    },
    succeed() {
      counts.succeeded++;
      ends.add(now(), 1);
      failures = 0;
      pauseMs = FIRST_PAUSE_MS;
      open = false;
      probing = false;
    },
    fail() {
      counts.failed++;
      ends.add(now(), 0);
      failures++;
      if (open && probing) pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      probing = false;
      if (failures < OPEN_AFTER_FAILURES && !open) return;
      open = true;
      openUntil = now() + pauseMs;
    },
    forget() {
      probing = false;
    },
  };
}
