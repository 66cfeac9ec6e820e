import {
  type AnswerMessage,
  type Attribution,
  type Curve,
  costOf,
  type Hex,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hex32,
  type Receipt,
  type ReceiptDigests,
  type ServiceCard,
  TributaryError,
  type Usage,
} from '@tributary/protocol';

/** Tokens without text that may end an answer, such as end-of-turn marks. */
const END_TOKENS = 16;
/** How far the provider's clock may be from ours, seconds. */
const CLOCK_SKEW_SECONDS = 600;

/** What a provider hands over with an answer. */
export interface Evidence {
  receipt: Receipt;
  signature: Hex;
  attribution: Attribution[];
  outcome: 'answered' | 'unknown';
}

/** What was asked, as the gateway sent it. */
export interface Asked {
  requestId: Hex32;
  salt: Hex32;
  /** `hashRequest` of the body under the salt. */
  requestHash: Hex32;
  maxPrice: bigint;
  maxPromptTokens: number;
  maxCompletionTokens: number;
}

/** What was answered, as the gateway relayed it. */
export interface Answered {
  message: AnswerMessage;
  /** What the answer says of its own length. */
  usage: Usage;
  writtenBytes: number;
  /** Reasoning the provider reports but does not show; only services that support `reasoning_effort` may bill it. */
  hiddenReasoningTokens: number;
}

function lie(what: string): TributaryError {
  return new TributaryError('provider_receipt_invalid', `The provider's receipt is not acceptable: ${what}.`, {
    status: 502,
    retryable: true,
  });
}

/**
 * Holds a receipt against what was asked and relayed, and against the provider's own price list.
 * @returns the receipt's hash
 * @throws `provider_receipt_invalid`: a provider's failure, free for the payer
 */
export function checkReceipt(options: {
  card: ServiceCard;
  agentWallet: Hex;
  asked: Asked;
  answered: Answered;
  evidence: Evidence;
  digests: ReceiptDigests;
  curve: Curve;
  nowSeconds: number;
}): Hex32 {
  const { card, asked, answered, evidence } = options;
  const { receipt } = evidence;
  if (receipt.requestId !== asked.requestId) throw lie('it is for another request');
  if (receipt.service !== card.service) throw lie('it names another service');
  if (receipt.agentId !== card.agentId) throw lie('it names another agent');
  if (receipt.modelDigest !== card.model.digest) throw lie('it names another model digest than the card');
  if (receipt.token !== card.price.token) throw lie('it asks for another token');
  if (Math.abs(receipt.issuedAt - options.nowSeconds) > CLOCK_SKEW_SECONDS)
    throw lie('its time is off by more than ten minutes');
  checkPrice(card, asked, answered, evidence);
  if (receipt.requestHash !== asked.requestHash) throw lie('the request hash differs');
  if (receipt.responseHash !== hashAnswer(asked.salt, answered.message)) throw lie('the response hash differs');
  if (receipt.attributionHash !== hashAttribution(evidence.attribution)) throw lie('the attribution hash differs');
  if (evidence.attribution.reduce((sum, a) => sum + a.weightPpm, 0) > 1_000_000)
    throw lie('attribution exceeds the whole');
  const digest = options.digests.receipt(receipt);
  if (options.curve.recover(digest, evidence.signature) !== options.agentWallet)
    throw lie('it is not signed by the agent wallet');
  return hex32(digest);
}

function checkPrice(card: ServiceCard, asked: Asked, answered: Answered, evidence: Evidence): void {
  const { receipt } = evidence;
  if (
    receipt.promptTokens !== answered.usage.promptTokens ||
    receipt.completionTokens !== answered.usage.completionTokens
  ) {
    throw lie('its tokens are not those of the answer');
  }
  if (receipt.promptTokens > asked.maxPromptTokens)
    throw lie(`${receipt.promptTokens} prompt tokens cannot fit into the request`);
  const hidden = card.supports.includes('reasoning_effort') ? answered.hiddenReasoningTokens : 0;
  if (
    receipt.completionTokens > answered.writtenBytes + END_TOKENS + hidden ||
    receipt.completionTokens > asked.maxCompletionTokens + END_TOKENS
  ) {
    throw lie(`${receipt.completionTokens} completion tokens for ${answered.writtenBytes} bytes of answer`);
  }
  if (evidence.outcome === 'unknown') {
    if (receipt.price !== 0n) throw lie('an honest "unknown" is free');
    return;
  }
  const cost = costOf(card.price, receipt);
  // Less is the provider's to give, and it must be less where the quote was.
  if (receipt.price > cost) throw lie(`price ${receipt.price} is above the card's ${cost}`);
  if (receipt.price > asked.maxPrice) throw lie(`price ${receipt.price} is above the agreed ${asked.maxPrice}`);
}
