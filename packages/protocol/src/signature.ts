import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak } from './hash.ts';
import { type Address, fromHex, type Hex, toHex } from './hex.ts';

/** Half the order of secp256k1: a valid `s` is at most this (EIP-2). */
export const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Signs and recovers over secp256k1. `payments` brings a native one; `noble` below runs anywhere. */
export interface Curve {
  /** 65 bytes r ‖ s ‖ v, RFC 6979 nonce, low s, v 27 or 28. `key` is 32 bytes. */
  sign(digest: Uint8Array, key: Uint8Array): Hex;
  /** The signer's address in lower case, or null for a signature that the contracts would refuse as well. */
  recover(digest: Uint8Array, signature: Hex): Address | null;
  /** The address of a 32-byte private key, in lower case. */
  addressOf(key: Uint8Array): Address;
}

/**
 * The parts of a 65-byte signature, or null unless it is one the contracts accept: length 65, v 27 or 28, s in the lower
 * half (EIP-2), r and s not zero. At least as strict as `Channels`, so an accepted voucher can always be claimed.
 */
export function parseSignature(signature: Hex): { rs: Uint8Array; recovery: 0 | 1 } | null {
  if (!/^0x[0-9a-fA-F]{130}$/.test(signature)) return null;
  const bytes = fromHex(signature);
  const v = bytes[64];
  if (v !== 27 && v !== 28) return null;
  const s = BigInt(toHex(bytes.subarray(32, 64)));
  if (s === 0n || s > HALF_ORDER) return null;
  if (BigInt(toHex(bytes.subarray(0, 32))) === 0n) return null;
  return { rs: bytes.subarray(0, 64), recovery: v === 28 ? 1 : 0 };
}

/** The address of an uncompressed public key (65 bytes, 0x04 first). */
export function addressOfPublicKey(uncompressed: Uint8Array): Address {
  return toHex(keccak(uncompressed.subarray(1)).subarray(12));
}

/** The pure JavaScript curve, for browsers and for machines without the native addon. */
export const noble: Curve = {
  sign(digest, key) {
    const sig = secp256k1.sign(digest, key, { prehash: false, lowS: true, format: 'recovered' });
    const out = new Uint8Array(65);
    out.set(sig.subarray(1), 0);
    out[64] = 27 + sig[0]!;
    return toHex(out);
  },
  recover(digest, signature) {
    const parts = parseSignature(signature);
    if (!parts) return null;
    try {
      const sig = secp256k1.Signature.fromBytes(parts.rs, 'compact').addRecoveryBit(parts.recovery);
      return addressOfPublicKey(sig.recoverPublicKey(digest).toBytes(false));
    } catch {
      return null;
    }
  },
  addressOf(key) {
    return addressOfPublicKey(secp256k1.getPublicKey(key, false));
  },
};
