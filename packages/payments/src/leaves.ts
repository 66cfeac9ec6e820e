import { Amount, Attribution, canonicalJson, Hex32, rootOf, type SumNode, sha256Hex } from '@tributary/protocol';
import { z } from 'zod';
import type { EarningsLeaf } from './earnings-types.ts';

/** The published leaves of a claim (spec/wire.md, `GET /leaves/{root}`). */
export const LeavesFile = z.object({
  channelId: Hex32,
  from: Amount,
  to: Amount,
  leaves: z.array(z.object({ receiptHash: Hex32, amount: Amount, attribution: z.array(Attribution).max(256) })),
});
export type LeavesFile = z.infer<typeof LeavesFile>;

/** A leaves file ready to be posted and served. */
export interface Leaves {
  root: Hex32;
  /** SHA-256 of `content`. */
  leavesHash: Hex32;
  /** Canonical JSON with amounts as strings: the bytes to serve. */
  content: string;
}

/**
 * Tree and file of an interval's receipts. Throws `RangeError` unless the amounts sum up to `to − from`.
 */
export function leavesOf(interval: {
  channelId: Hex32;
  from: bigint;
  to: bigint;
  leaves: readonly EarningsLeaf[];
}): Leaves {
  const { channelId, from, to, leaves } = interval;
  const node: SumNode = rootOf(leaves);
  if (node.sum !== to - from) throw new RangeError(`leaves sum up to ${node.sum}, the interval is ${to - from} long`);
  const content = canonicalJson({
    channelId,
    from: from.toString(),
    to: to.toString(),
    leaves: leaves.map((l) => ({ ...l, amount: l.amount.toString() })),
  });
  return { root: node.hash, leavesHash: sha256Hex(content), content };
}

/**
 * Parses a served leaves file and checks it against what the log says. Throws `RangeError` or a zod error when it is not
 * what was posted.
 */
export function readLeaves(
  content: string,
  logged: { root: Hex32; leavesHash: Hex32; from: bigint; to: bigint },
): LeavesFile {
  if (sha256Hex(content) !== logged.leavesHash) throw new RangeError('the leaves file is not the one that was posted');
  const file = LeavesFile.parse(JSON.parse(content));
  const { root } = leavesOf(file);
  if (root !== logged.root || file.from !== logged.from || file.to !== logged.to) {
    throw new RangeError('the leaves do not lead to the posted root');
  }
  return file;
}
