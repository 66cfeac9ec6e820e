import { CannotCompute } from './rationals.ts';

/** Twelve bases decide primality for every number below 3.3·10²⁴ (Sorenson and Webster, 2015). */
const BASES = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n];
const DECIDED_BELOW = 3_317_044_064_679_887_385_961_981n;
const MOST_TRIALS = 1_000_000n;

function powerMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let b = base % modulus;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

/** Whether a number is prime (Miller and Rabin's test, deterministic below 3.3·10²⁴). Throws `CannotCompute` above. */
export function isPrime(n: bigint): boolean {
  if (n >= DECIDED_BELOW) throw new CannotCompute('primes are told up to 24 digits');
  if (n < 2n) return false;
  for (const p of BASES) if (n % p === 0n) return n === p;
  let d = n - 1n;
  let twos = 0;
  while (d % 2n === 0n) {
    d /= 2n;
    twos++;
  }
  return BASES.every((a) => {
    let x = powerMod(a, d, n);
    if (x === 1n || x === n - 1n) return true;
    for (let i = 1; i < twos; i++) {
      x = (x * x) % n;
      if (x === n - 1n) return true;
    }
    return false;
  });
}

/** Prime factors in ascending order, with repeats; [n] for n < 2. Throws `CannotCompute` when they are too large to find. */
export function primeFactors(n: bigint): bigint[] {
  if (n < 2n) return [n];
  const out: bigint[] = [];
  let rest = n;
  for (let p = 2n; p * p <= rest && p < MOST_TRIALS; p += p === 2n ? 1n : 2n) {
    while (rest % p === 0n) {
      out.push(p);
      rest /= p;
    }
    if (rest > 1n && rest < DECIDED_BELOW && p === 997n && isPrime(rest)) break;
  }
  if (rest > 1n) {
    if (rest > MOST_TRIALS * MOST_TRIALS && !isPrime(rest))
      throw new CannotCompute('the factors are too large to find here');
    out.push(rest);
  }
  return out;
}
