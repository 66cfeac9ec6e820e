/**
 * What requests cost at most, learned from a gateway's offers: most requests then need no round trip to ask. A guess that
 * turns out too low is answered by a 402 with the right amount.
 */
export interface Quotes {
  /** The amount to reserve for a body of this model and size, or null when nothing is known. */
  guess(model: string, bodyBytes: number): bigint | null;
  learn(model: string, bodyBytes: number, amount: bigint): void;
}

const MAX_MODELS = 256;

export function createQuotes(): Quotes {
  const known = new Map<string, { bodyBytes: number; amount: bigint }>();
  return {
    guess(model, bodyBytes) {
      const last = known.get(model);
      if (!last) return null;
      if (bodyBytes <= last.bodyBytes) return last.amount;
      // A quote grows at most in proportion to the body: its other parts do not grow at all.
      return (last.amount * BigInt(bodyBytes)) / BigInt(last.bodyBytes) + 1n;
    },
    learn(model, bodyBytes, amount) {
      known.delete(model);
      known.set(model, { bodyBytes: Math.max(bodyBytes, 1), amount });
      if (known.size > MAX_MODELS) known.delete(known.keys().next().value!);
    },
  };
}
