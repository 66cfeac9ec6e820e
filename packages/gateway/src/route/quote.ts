import { type ChatRequest, costOf, mulDivUp, PPM, type Price, type ServiceCard, withFee } from '@tributary/protocol';

/** Tokens a model's chat template may add to what was sent: to the whole, and to each message. */
const TEMPLATE_TOKENS = 256;
const TEMPLATE_TOKENS_PER_MESSAGE = 16;

/** The most one answer of a service can cost. */
export interface Quote {
  maxPromptTokens: number;
  maxCompletionTokens: number;
  /** Base units the service may ask: what `Tributary-Max-Price` says. */
  price: bigint;
  /** Base units the payer may be charged: `price` and the gateway's fee. */
  charge: bigint;
}

/** The most prompt tokens a body can hold: every token is at least one byte, and a template adds a few. */
function maxPromptTokens(bodyBytes: number, messages: number): number {
  return bodyBytes + TEMPLATE_TOKENS + TEMPLATE_TOKENS_PER_MESSAGE * messages;
}

/** The worst case of a request at a service. The price rule itself is `costOf` and `withFee` in protocol/price.ts. */
export function quoteOf(
  card: ServiceCard,
  chat: ChatRequest,
  bodyBytes: number,
  feePpm: bigint,
  wanted: number = chat.max_completion_tokens ?? chat.max_tokens ?? card.model.maxOutputTokens,
): Quote {
  const usage = {
    promptTokens: maxPromptTokens(bodyBytes, chat.messages.length),
    completionTokens: Math.min(wanted, card.model.maxOutputTokens),
  };
  const price = costOf(card.price, usage);
  return {
    maxPromptTokens: usage.promptTokens,
    maxCompletionTokens: usage.completionTokens,
    price,
    charge: withFee(price, feePpm),
  };
}

/** A service's price list as the payer sees it, the gateway's fee included. */
export function listPrice(price: Price, feePpm: bigint): Price {
  return {
    token: price.token,
    perRequest: withFee(price.perRequest, feePpm),
    perMillionPrompt: withFee(price.perMillionPrompt, feePpm),
    perMillionCompletion: withFee(price.perMillionCompletion, feePpm),
  };
}

/** One number to compare price lists by: an answer of 1,000 prompt and 500 completion tokens, in base units. */
export function typicalCost(price: Price): bigint {
  return (
    price.perRequest + mulDivUp(1_000n, price.perMillionPrompt, PPM) + mulDivUp(500n, price.perMillionCompletion, PPM)
  );
}
