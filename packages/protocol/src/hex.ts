import { z } from 'zod';

/** Bytes as lower-case hex with a 0x prefix. */
export type Hex = `0x${string}`;

/** An EVM address; compared without regard to case. Parsed to lower case. */
export const Address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits')
  .transform((s) => s.toLowerCase() as Hex);
export type Address = Hex;

/** 32 bytes in hex. Parsed to lower case. */
export const Hex32 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 32 bytes: 0x and 64 hex digits')
  .transform((s) => s.toLowerCase() as Hex);
export type Hex32 = Hex;

/** A 65-byte signature r ‖ s ‖ v in hex. Only the form is checked here; see `Signature.parse` for the strict rules. */
export const SignatureHex = z
  .string()
  .regex(/^0x[0-9a-fA-F]{130}$/, 'expected a signature: 0x and 130 hex digits')
  .transform((s) => s.toLowerCase() as Hex);

export const ZERO_ADDRESS: Address = `0x${'0'.repeat(40)}`;
export const ZERO_32: Hex32 = `0x${'0'.repeat(64)}`;

const HEX_DIGITS = '0123456789abcdef';

/** Hex with 0x prefix of some bytes. */
export function toHex(bytes: Uint8Array): Hex {
  let out = '0x';
  for (const b of bytes) out += HEX_DIGITS[b >> 4]! + HEX_DIGITS[b & 15]!;
  return out as Hex;
}

/** The value of a hex digit by its character code; 255 for every other character. */
const DIGIT_VALUES = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) {
  DIGIT_VALUES[HEX_DIGITS.charCodeAt(i)] = i;
  DIGIT_VALUES[HEX_DIGITS.toUpperCase().charCodeAt(i)] = i;
}

/** Bytes of a 0x-prefixed hex string of even length. Throws `RangeError` on anything else. */
export function fromHex(hex: string): Uint8Array {
  const refused = () => new RangeError(`not hex: ${hex.slice(0, 80)}`);
  if (hex.length % 2 !== 0 || !hex.startsWith('0x')) throw refused();
  const out = new Uint8Array(hex.length / 2 - 1);
  for (let i = 0; i < out.length; i++) {
    // Characters beyond the table are no digits either.
    const high = DIGIT_VALUES[hex.charCodeAt(2 * i + 2)] ?? 255;
    const low = DIGIT_VALUES[hex.charCodeAt(2 * i + 3)] ?? 255;
    if ((high | low) > 15) throw refused();
    out[i] = (high << 4) | low;
  }
  return out;
}

/** True when two addresses or hashes are the same, whatever their case. */
export function sameHex(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
