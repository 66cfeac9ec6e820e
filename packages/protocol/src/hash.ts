import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, type Hex32, toHex } from './hex.ts';

export { keccak } from '#keccak';

const encoder = new TextEncoder();

/** SHA-256 of bytes or of a text's UTF-8, in hex. */
export function sha256Hex(data: Uint8Array | string): Hex32 {
  return toHex(sha256(typeof data === 'string' ? encoder.encode(data) : data));
}

/**
 * JSON with object keys in code-unit order and no white space, so equal values give equal bytes (RFC 8785 for the values
 * we use: no numbers beyond the safe integers are hashed). `undefined` members are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v === undefined ? null : v)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * SHA-256 of a 32-byte salt followed by the canonical JSON of a value. The salt keeps strangers from guessing short
 * questions out of published hashes.
 */
export function saltedHash(salt: Hex32, value: unknown): Hex32 {
  const body = encoder.encode(canonicalJson(value));
  const data = new Uint8Array(32 + body.length);
  data.set(fromHex(salt));
  data.set(body, 32);
  return sha256Hex(data);
}
