import type { EarningsBook } from '@tributary/payments';
import type { Address, Hex } from '@tributary/protocol';

/** A claim that is on chain. */
export interface LastClaim {
  /** Unix seconds. */
  at: number;
  transaction: Hex;
}

/** What one service has earned over all its channels, base units of the dollar. */
export interface ServiceEarnings {
  /** Promised by vouchers that are on disk. */
  covered: bigint;
  /** Claimed on chain. */
  claimed: bigint;
  /** Answers under way or given, without a voucher yet. */
  uncovered: bigint;
  /** Answers that were never paid for. */
  lost: bigint;
  lastClaim: LastClaim | null;
}

/** Sums of the book by service; services without a channel are there with zeros. */
export function earningsOf(
  book: EarningsBook,
  services: Iterable<Address>,
  lastClaims: ReadonlyMap<Address, LastClaim>,
): Map<Address, ServiceEarnings> {
  const sums = new Map<Address, ServiceEarnings>();
  for (const service of services) {
    sums.set(service, {
      covered: 0n,
      claimed: 0n,
      uncovered: 0n,
      lost: 0n,
      lastClaim: lastClaims.get(service) ?? null,
    });
  }
  for (const channel of book.channels()) {
    const sum = sums.get(channel.config.receiver);
    if (!sum) continue;
    sum.covered += channel.coveredTo;
    sum.claimed += channel.claimedTo;
    sum.uncovered += channel.uncovered;
    sum.lost += channel.lost;
  }
  return sums;
}
