import { randomFillSync } from 'node:crypto';
import type { Hex32 } from '@tributary/protocol';

/** Bytes drawn at once: asking the system for each number costs more than hashing it. */
const pool = Buffer.alloc(8192);
let used = pool.length;

/** 32 random bytes in hex, of cryptographic quality. */
export function random32(): Hex32 {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 32;
  return `0x${pool.toString('hex', used - 32, used)}`;
}
