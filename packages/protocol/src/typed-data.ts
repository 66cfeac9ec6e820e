import { keccak } from './hash.ts';
import { type Address, fromHex, type Hex, type Hex32, toHex } from './hex.ts';

/**
 * EIP-712 for the few structs that are signed on the hot path: fixed-size members only, so a struct is its type hash
 * followed by 32-byte words. Written out because a general encoder costs more than the signature itself.
 */

const encoder = new TextEncoder();

/** keccak256 of a type string or any text. */
export function textHash(text: string): Uint8Array {
  return keccak(encoder.encode(text));
}

/** A member of a struct: addresses and bytes32 as hex, integers as bigint or number. */
export type Word = Hex | bigint | number | Uint8Array;

function writeWord(out: Uint8Array, at: number, word: Word): void {
  if (word instanceof Uint8Array) {
    out.set(word, at + 32 - word.length);
  } else if (typeof word === 'string') {
    const bytes = fromHex(word);
    if (bytes.length > 32) throw new RangeError(`word of ${bytes.length} bytes`);
    out.set(bytes, at + 32 - bytes.length);
  } else {
    let v = BigInt(word);
    if (v < 0n || v >= 1n << 256n) throw new RangeError(`${v} is no uint256`);
    for (let i = at + 31; v > 0n; i--, v >>= 8n) out[i] = Number(v & 255n);
  }
}

/** hashStruct of EIP-712 for a struct of fixed-size members. */
export function structHash(typeHash: Uint8Array, words: readonly Word[]): Uint8Array {
  const out = new Uint8Array(32 * (words.length + 1));
  out.set(typeHash, 0);
  words.forEach((w, i) => {
    writeWord(out, 32 * (i + 1), w);
  });
  return keccak(out);
}

/** keccak256(0x19 0x01 ‖ domain separator ‖ struct hash): what is signed. */
export function digestOf(domainSeparator: Uint8Array, hash: Uint8Array): Uint8Array {
  const out = new Uint8Array(66);
  out[0] = 0x19;
  out[1] = 0x01;
  out.set(domainSeparator, 2);
  out.set(hash, 34);
  return keccak(out);
}

const DOMAIN_TYPEHASH = textHash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');

/** A domain separator. Callers keep it: it is the same for every message of one contract on one chain. */
export function domainSeparator(
  name: string,
  version: string,
  chainId: number,
  verifyingContract: Address,
): Uint8Array {
  return structHash(DOMAIN_TYPEHASH, [textHash(name), textHash(version), chainId, verifyingContract]);
}

/** keccak256 of the words one after another: EIP-712's encoding of an array of hashes. */
export function arrayHash(items: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(32 * items.length);
  items.forEach((item, i) => {
    out.set(item, 32 * i);
  });
  return keccak(out);
}

/** Digest as hex, for keys of maps and for the wire. */
export function hex32(bytes: Uint8Array): Hex32 {
  return toHex(bytes);
}
