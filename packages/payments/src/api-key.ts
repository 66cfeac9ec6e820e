import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Address, type Curve, fromHex, noble, TributaryError, toHex } from '@tributary/protocol';

/**
 * An API key is a channel: the key that signs the channel's vouchers is derived from it. Whoever brings the API key lets
 * the gateway sign for that request; nobody stores the derived key.
 *
 * Form: `trib_`, 43 base62 digits of 32 random bytes, 6 base62 digits of the first 4 bytes of SHA-256 of those 43.
 */
const PREFIX = 'trib_';
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;
const FORM = /^trib_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const INFO = new TextEncoder().encode('tributary api key: voucher key v1');
/** Order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const CACHED_ADDRESSES = 4_096;

/** A well-formed API key. */
export type ApiKey = `trib_${string}`;

function base62(value: bigint, digits: number): string {
  let out = '';
  let rest = value;
  for (let i = 0; i < digits; i++) {
    out = BASE62[Number(rest % 62n)]! + out;
    rest /= 62n;
  }
  return out;
}

const encoder = new TextEncoder();

function checkDigits(secretHash: Uint8Array): string {
  return base62(BigInt(toHex(secretHash.subarray(0, 4))), CHECK_DIGITS);
}

function hashOfSecret(apiKey: string): Uint8Array {
  return sha256(encoder.encode(apiKey.slice(PREFIX.length, PREFIX.length + SECRET_DIGITS)));
}

/** A fresh API key from the platform's random source. */
export function newApiKey(): ApiKey {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = base62(BigInt(toHex(bytes)), SECRET_DIGITS);
  return `trib_${secret}${checkDigits(sha256(encoder.encode(secret)))}`;
}

/** Checks form and checksum. Throws `invalid_api_key` (401); the key itself is never part of a message. */
export function parseApiKey(text: string): ApiKey {
  const m = FORM.exec(text);
  if (!m || checkDigits(sha256(encoder.encode(m[1]!))) !== m[2]) {
    throw new TributaryError('invalid_api_key', 'This is not an API key of Tributary.', {
      status: 401,
      hint: `An API key starts with ${PREFIX} and has ${PREFIX.length + SECRET_DIGITS + CHECK_DIGITS} characters; check that it was copied whole.`,
    });
  }
  return text as ApiKey;
}

/**
 * The private key that signs the channel's vouchers: (HKDF-SHA256 of the API key's 43 digits, 48 bytes) mod (n − 1) + 1,
 * uniform over the curve's keys. 32 bytes; the caller overwrites them after use.
 */
export function apiKeyCurveKey(apiKey: ApiKey): Uint8Array {
  const secret = encoder.encode(apiKey.slice(PREFIX.length, PREFIX.length + SECRET_DIGITS));
  const wide = hkdf(sha256, secret, undefined, INFO, 48);
  const scalar = (BigInt(toHex(wide)) % (ORDER - 1n)) + 1n;
  return fromHex(`0x${scalar.toString(16).padStart(64, '0')}`);
}

/** Addresses by SHA-256 of the API key, in order of last use. Addresses are public; keys are not kept. */
const addresses = new Map<string, Address>();

/** The `payerAuthorizer` of the channel that an API key opens. */
export function authorizerOf(apiKey: ApiKey, curve: Curve = noble): Address {
  const id = toHex(hashOfSecret(apiKey));
  let address = addresses.get(id);
  if (address) {
    addresses.delete(id);
  } else {
    const key = apiKeyCurveKey(apiKey);
    address = curve.addressOf(key);
    key.fill(0);
  }
  addresses.set(id, address);
  if (addresses.size > CACHED_ADDRESSES) addresses.delete(addresses.keys().next().value!);
  return address;
}
