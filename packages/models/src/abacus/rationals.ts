import type { Decimal } from 'decimal.js';
import Fraction from 'fraction.js';

/** A number: exact as a fraction, or to a number of significant digits. */
export type Value = { exact: Fraction } | { near: Decimal };

/** A calculation that has no result here; the message says why in a sentence for people. */
export class CannotCompute extends Error {}

/** Largest number whose factorial, and most factors of which a binomial, is computed. */
export const MOST_FACTORIAL = 3_000n;

export function bits(n: bigint): number {
  return n === 0n ? 0 : (n < 0n ? -n : n).toString(16).length * 4;
}

export function sizeOf(f: Fraction): number {
  return Math.max(bits(f.n), bits(f.d));
}

/** The integer k-th root of n ≥ 0 when it is one. */
function exactRoot(n: bigint, k: number): bigint | undefined {
  if (n < 2n) return n;
  if (k === 1) return n;
  const length = bits(n);
  if (k > length) return undefined;
  const power = BigInt(k);
  // Newton's iteration from above.
  let x = 1n << BigInt(Math.ceil(length / k));
  for (;;) {
    const next = ((power - 1n) * x + n / x ** (power - 1n)) / power;
    if (next >= x) break;
    x = next;
  }
  return x ** power === n ? x : undefined;
}

export function rootOf(f: Fraction, k: number): Fraction | undefined {
  if (f.s < 0n && k % 2 === 0) return undefined;
  const n = exactRoot(f.n, k);
  const d = n === undefined ? undefined : exactRoot(f.d, k);
  return n === undefined || d === undefined ? undefined : new Fraction(f.s < 0n ? -n : n, d);
}

function isInteger(v: Value): v is { exact: Fraction } {
  return 'exact' in v && v.exact.d === 1n;
}

export function integerOf(v: Value, what: string): bigint {
  if (!isInteger(v)) throw new CannotCompute(`${what} is defined for whole numbers only`);
  return v.exact.s * v.exact.n;
}

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y > 0n) [x, y] = [y, x % y];
  return x;
}

export function factorial(n: bigint): Fraction {
  if (n < 0n) throw new CannotCompute('the factorial of a negative number is not defined');
  if (n > MOST_FACTORIAL) throw new CannotCompute(`factorials are computed up to ${MOST_FACTORIAL}`);
  let product = 1n;
  for (let i = 2n; i <= n; i++) product *= i;
  return new Fraction(product, 1n);
}
