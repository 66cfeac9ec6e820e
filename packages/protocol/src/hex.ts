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

/** `00` to `ff`; spelled out because hashing and signing pass through here several times for each answer. */
const BYTE_TEXTS = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, '0'));

/** Hex with 0x prefix of some bytes. */
export function toHex(bytes: Uint8Array): Hex {
  let out = '0x';
  for (const b of bytes) out += BYTE_TEXTS[b];
  return out as Hex;
}

/** Value of a hex digit's character code. */
function digit(code: number): number {
  return code <= 57 ? code - 48 : (code | 32) - 87;
}

/** Bytes of a 0x-prefixed hex string of even length. Throws `RangeError` on anything else. */
export function fromHex(hex: string): Uint8Array {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(hex)) throw new RangeError(`not hex: ${hex.slice(0, 80)}`);
  const out = new Uint8Array((hex.length - 2) / 2);
  for (let i = 0; i < out.length; i++)
    out[i] = (digit(hex.charCodeAt(2 + 2 * i)) << 4) | digit(hex.charCodeAt(3 + 2 * i));
  return out;
}

/** True when two addresses or hashes are the same, whatever their case. */
export function sameHex(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
