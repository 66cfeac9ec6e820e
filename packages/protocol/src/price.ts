import { z } from 'zod';
import { Address } from './hex.ts';
import { Amount, mulDivUp, PPM } from './money.ts';

/** What a service asks, in base units of `token`. */
export const Price = z.object({
  token: Address,
  /** For every answer, whatever its length. */
  perRequest: Amount,
  /** For a million prompt tokens. */
  perMillionPrompt: Amount,
  /** For a million completion tokens. */
  perMillionCompletion: Amount,
});
export type Price = z.infer<typeof Price>;

/** Tokens of one answer, as the provider counts them. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

/**
 * What one answer costs at a price, in base units: perRequest + ⌈prompt·p/10⁶⌉ + ⌈completion·c/10⁶⌉.
 * Each part rounds up: amounts round against the one who asks.
 */
export function costOf(price: Price, usage: Usage): bigint {
  return (
    price.perRequest +
    mulDivUp(BigInt(usage.promptTokens), price.perMillionPrompt, PPM) +
    mulDivUp(BigInt(usage.completionTokens), price.perMillionCompletion, PPM)
  );
}

/** What the payer is charged for a service's cost: cost + ⌈cost·fee/10⁶⌉, the fee in ppm going to the gateway. */
export function withFee(cost: bigint, feePpm: bigint): bigint {
  return cost + mulDivUp(cost, feePpm, PPM);
}

/**
 * Tokens of a text where no tokenizer is given: one for every four UTF-8 bytes begun.
 * Deterministic and the same everywhere; built-in experts bill by it.
 */
export function countTokens(text: string): number {
  return Math.ceil(utf8Length(text) / 4);
}

const encoder = new TextEncoder();
function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
