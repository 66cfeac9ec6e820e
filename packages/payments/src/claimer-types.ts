import type { ClaimOutcome } from '@tributary/chain';
import type { Hex, Hex32 } from '@tributary/protocol';

/** What a round of claims did. */
export interface ClaimReport {
  /** Channels whose claimed total rose, and by how much, base units. */
  claimed: { channelId: Hex32; amount: bigint; totalClaimed: bigint }[];
  /** Rows left out, and why; they are tried again in the next round. */
  skipped: { channelId: Hex32; outcome: ClaimOutcome }[];
  transactions: Hex[];
  /** Sum of all that was claimed. */
  amount: bigint;
}

export interface Claimer {
  /** Claims everything that is owed now, or only these channels. Rounds follow one another. */
  claimNow(only?: readonly Hex32[]): Promise<ClaimReport>;
  /** Claims by itself: every `intervalMs` the channels on which at least `minAmount` (default 1) is owed. */
  start(options: { intervalMs: number; minAmount?: bigint; onReport?: (report: ClaimReport) => void }): void;
  stop(): Promise<void>;
}

export const MAX_ROWS_PER_CLAIM = 100;

export function emptyReport(): ClaimReport {
  return { claimed: [], skipped: [], transactions: [], amount: 0n };
}

/** Cuts a list into parts of at most `size`. */
export function inBatches<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size));
  return out;
}
