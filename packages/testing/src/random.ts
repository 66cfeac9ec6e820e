/** Random numbers that a printed seed brings back. */
export interface Random {
  readonly seed: number;
  /** From 0 (inclusive) to 1. */
  next(): number;
  /** A whole number from `min` to `max`, both inclusive. */
  between(min: number, max: number): number;
}

/** Mulberry32 from `SEED`, or from a fresh seed; the seed is printed so that a failure can be repeated. */
export function seededRandom(
  name: string,
  seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31)),
): Random {
  console.log(`${name}: SEED=${seed}`);
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, next, between: (min, max) => min + Math.floor(next() * (max - min + 1)) };
}
