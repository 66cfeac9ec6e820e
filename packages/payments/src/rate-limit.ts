import { TributaryError } from '@tributary/protocol';

/** A token bucket: `burst` at once, and `perHour` in the long run. */
export interface Rate {
  burst: number;
  perHour: number;
}

export interface RateLimitOptions {
  /** For each key, such as an address. */
  perKey: Rate;
  /** For all keys together: keys are free for strangers to make. */
  all: Rate;
  /** Keys remembered, at most; the one that was away longest is forgotten first. Default 10 000. */
  maxKeys?: number;
  /** Milliseconds; default: the process's clock. */
  nowMs?: () => number;
}

/** Limits what strangers can make us do for nothing. */
export interface RateLimit {
  /** Takes one for a key. @throws 429 `too_many_requests` with the seconds to wait; nothing is taken then */
  take(key: string): void;
  /** Gives one back: it turned out to be paid. */
  giveBack(key: string): void;
}

const MS_PER_HOUR = 3_600_000;
const MAX_KEYS = 10_000;
/** Less of a token than a sum of fractions may be wrong by. */
const NOTHING = 1e-9;

interface Bucket {
  left: number;
  atMs: number;
}

function refill(bucket: Bucket, { burst, perHour }: Rate, nowMs: number): void {
  bucket.left = Math.min(burst, bucket.left + ((nowMs - bucket.atMs) * perHour) / MS_PER_HOUR);
  bucket.atMs = nowMs;
}

function waitSeconds({ left }: Bucket, { perHour }: Rate): number {
  const missing = 1 - left;
  return missing < NOTHING ? 0 : Math.ceil(((missing - NOTHING) * 3600) / perHour);
}

/** @param what what is limited, for the error: `the gas of deposits` */
export function createRateLimit(what: string, options: RateLimitOptions): RateLimit {
  const { perKey, all, maxKeys = MAX_KEYS, nowMs = () => performance.now() } = options;
  const total: Bucket = { left: all.burst, atMs: nowMs() };
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string): Bucket {
    const now = nowMs();
    const bucket = buckets.get(key) ?? { left: perKey.burst, atMs: now };
    // Put last: the first one in the map is the one that was away longest.
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value!);
    refill(bucket, perKey, now);
    refill(total, all, now);
    return bucket;
  }

  return {
    take(key) {
      const bucket = bucketOf(key);
      const wait = Math.max(waitSeconds(bucket, perKey), waitSeconds(total, all));
      if (wait > 0) {
        throw new TributaryError('too_many_requests', `There is a limit to ${what}; the next comes in ${wait} s.`, {
          status: 429,
          retryable: true,
          retryAfterSeconds: wait,
          hint: 'Wait, or open a channel and pay by it.',
        });
      }
      bucket.left -= 1;
      total.left -= 1;
    },
    giveBack(key) {
      const bucket = bucketOf(key);
      bucket.left = Math.min(perKey.burst, bucket.left + 1);
      total.left = Math.min(all.burst, total.left + 1);
    },
  };
}
