import type { Hex32 } from '@tributary/protocol';

/** 32 random bytes in hex, of cryptographic quality. */
export function random32(): Hex32 {
  const bytes = Buffer.allocUnsafe(32);
  crypto.getRandomValues(bytes);
  return `0x${bytes.toString('hex')}`;
}
