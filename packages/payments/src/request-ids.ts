import type { Hex32 } from '@tributary/protocol';

const BUCKET_SECONDS = 60;

/** Request ids that were used, each remembered until its expiry: memory is bounded by what can expire. */
export interface RequestIds {
  has(id: Hex32): boolean;
  add(id: Hex32, untilSeconds: number): void;
  readonly size: number;
}

export function createRequestIds(now: () => number): RequestIds {
  // Whole minutes are dropped at once; an id lives at most a minute longer than asked.
  const buckets = new Map<number, Set<Hex32>>();
  let sweptAt = 0;

  function sweep(): void {
    const current = Math.floor(now() / BUCKET_SECONDS);
    if (current === sweptAt) return;
    sweptAt = current;
    for (const bucket of buckets.keys()) if (bucket < current) buckets.delete(bucket);
  }

  return {
    has(id) {
      for (const ids of buckets.values()) if (ids.has(id)) return true;
      return false;
    },
    add(id, untilSeconds) {
      sweep();
      const bucket = Math.floor(untilSeconds / BUCKET_SECONDS);
      if (bucket < sweptAt) return;
      const ids = buckets.get(bucket);
      if (ids) ids.add(id);
      else buckets.set(bucket, new Set([id]));
    },
    get size() {
      let n = 0;
      for (const ids of buckets.values()) n += ids.size;
      return n;
    },
  };
}
