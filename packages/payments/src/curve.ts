import { createRequire } from 'node:module';
import {
  type Address,
  addressOfPublicKey,
  type Curve,
  type Hex,
  noble,
  parseSignature,
  toHex,
} from '@tributary/protocol';

type Secp256k1 = typeof import('secp256k1');

function loadAddon(): Secp256k1 | null {
  try {
    // The package's own entry falls back to a slow JavaScript curve; we have a better one.
    const addon = createRequire(import.meta.url)('secp256k1/bindings') as Secp256k1;
    return typeof addon.ecdsaSign === 'function' ? addon : null;
  } catch {
    return null;
  }
}

/** The same answers as protocol's `noble`, about eight times faster. */
function native(addon: Secp256k1): Curve {
  const addressOf = (key: Uint8Array): Address => addressOfPublicKey(addon.publicKeyCreate(key, false));
  return {
    addressOf,
    sign(digest, key): Hex {
      const { signature, recid } = addon.ecdsaSign(digest, key);
      const out = new Uint8Array(65);
      out.set(signature);
      out[64] = 27 + recid;
      return toHex(out);
    },
    recover(digest, signature) {
      const parts = parseSignature(signature);
      if (!parts) return null;
      try {
        return addressOfPublicKey(addon.ecdsaRecover(parts.rs, parts.recovery, digest, false));
      } catch {
        return null;
      }
    },
  };
}

const addon = loadAddon();

/** True when the native addon is in use. */
export const curveIsNative = addon !== null;

/** The fastest curve on this machine: libsecp256k1 as a prebuilt addon, or `noble` where it cannot be loaded. */
export const curve: Curve = addon ? native(addon) : noble;
