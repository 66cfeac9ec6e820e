import { z } from 'zod';

const Seconds = z.number().int().nonnegative();

/**
 * What happened to the chain, in order. Anvil is deterministic over these: the same records give the same blocks, hashes
 * and receipts.
 */
export const DevnetRecord = z.discriminatedUnion('kind', [
  /** Raw transactions taken in together, and the time of the block they go into. */
  z.object({ kind: z.literal('block'), at: Seconds, txs: z.array(z.string()) }),
  /** Empty blocks asked for by a test, `interval` seconds apart. */
  z.object({ kind: z.literal('mine'), at: Seconds, blocks: z.number().int().positive(), interval: Seconds }),
  /** How far the devnet's clock is ahead of the system's, and the time of the next block where a test has set one. */
  z.object({ kind: z.literal('clock'), offset: z.number().int(), nextAt: Seconds.nullable() }),
  /** Another admin method, passed to anvil as it is. */
  z.object({ kind: z.literal('admin'), method: z.string(), params: z.array(z.unknown()) }),
]);
export type DevnetRecord = z.infer<typeof DevnetRecord>;
