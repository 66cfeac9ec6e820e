import { keccak_256 } from '@noble/hashes/sha3.js';

/** Keccak-256 of bytes, in plain JavaScript: for pages, whose content policy may forbid WebAssembly. */
export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
