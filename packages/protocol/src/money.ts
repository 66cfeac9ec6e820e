import { z } from 'zod';

/** Largest amount a channel can hold: uint128. */
export const MAX_AMOUNT = (1n << 128n) - 1n;

/** An amount of base units on the wire: a decimal string without sign, point or leading zeros, at most 2^128 − 1. */
export const Amount = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,38})$/, 'expected an amount in base units: decimal digits only')
  .transform(BigInt)
  .refine((v) => v <= MAX_AMOUNT, 'amount exceeds 2^128 − 1');

/** Decimal places of the dollar token (USDC and TestDollar). */
export const DOLLAR_DECIMALS = 6;

/**
 * Base units of a decimal text such as `"1.25"`.
 * Throws `RangeError` on a sign, an exponent, an empty text or more places than the token has.
 */
export function parseUnits(text: string, decimals: number = DOLLAR_DECIMALS): bigint {
  const m = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!m) throw new RangeError(`not an amount: ${JSON.stringify(text)}; expected digits like 1.25`);
  const fraction = m[2] ?? '';
  if (fraction.length > decimals) throw new RangeError(`${text} has more than ${decimals} decimal places`);
  return BigInt(m[1]! + fraction.padEnd(decimals, '0'));
}

/** Decimal text of base units, without trailing zeros: `1250000n` → `"1.25"`. */
export function formatUnits(amount: bigint, decimals: number = DOLLAR_DECIMALS): string {
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return sign + digits.slice(0, digits.length - decimals) + (fraction ? `.${fraction}` : '');
}

/** a·b/d rounded up; d > 0. */
export function mulDivUp(a: bigint, b: bigint, d: bigint): bigint {
  return (a * b + d - 1n) / d;
}

/** One million: shares and weights are counted in parts per million. */
export const PPM = 1_000_000n;
