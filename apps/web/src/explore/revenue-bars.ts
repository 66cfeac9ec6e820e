import type { Revenue } from '@tributary/protocol/explorer';

export interface Bar {
  /** Unix seconds. */
  start: number;
  label: string;
  /** Base units of the dollar. */
  amount: bigint;
}

/** Bars that a picture shows; older ones are left out. */
const MOST = 40;
const DAY = 86_400;

/** One bar for each stretch of time up to now, those in which nothing came in included, so that time runs evenly. */
export function toBars(revenue: Revenue | undefined, dollar: string | undefined, now: number): Bar[] {
  if (!revenue) return [];
  const { bucketSeconds } = revenue;
  const amounts = new Map<number, bigint>();
  for (const b of revenue.buckets) if (b.token === dollar) amounts.set(b.start, b.received);
  const first = Math.min(...amounts.keys());
  if (!Number.isFinite(first)) return [];
  const newest = Math.max(now - (now % bucketSeconds), ...amounts.keys());
  const oldest = Math.max(first, newest - (MOST - 1) * bucketSeconds);
  const bars: Bar[] = [];
  for (let start = newest; start >= oldest && bars.length < MOST; start -= bucketSeconds) {
    bars.unshift({ start, label: labelOf(start, bucketSeconds), amount: amounts.get(start) ?? 0n });
  }
  return bars;
}

function labelOf(start: number, bucketSeconds: number): string {
  const at = new Date(start * 1000);
  if (bucketSeconds < DAY) return at.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false });
  return at.toLocaleDateString('en', { month: 'short', day: 'numeric' });
}
