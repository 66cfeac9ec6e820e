import { type AnswerMessage, type ChatUsage, type Hex32, hashRequest } from '@tributary/protocol';
import type { Dispatcher } from 'undici';
import type { ParsedChat } from '../http/parse-chat.ts';
import type { Service } from '../route/catalog.ts';
import type { Plan, Step } from '../route/plan.ts';
import type { Answered, Asked, Evidence } from '../settle/check-receipt.ts';
import type { Ask } from './node-client.ts';

/** How long a node may take, milliseconds. */
export interface Patience {
  /** Until the first token of a stream. */
  firstTokenMs: number;
  /** Between two pieces of a stream. */
  idleMs: number;
  /** For a whole stream; then the node is asked to end it. */
  streamMs: number;
  /** For a whole answer. */
  wholeMs: number;
  /** For the receipt after the client has gone. */
  stopMs: number;
}

/** What dispatch needs from the rest of the gateway. */
export interface Nodes {
  /** Connections to nodes; never to private addresses unless configured. */
  http: Dispatcher;
  /** Token of the session with the service's node; made when there is none. */
  session(service: Service): Promise<string>;
  /** The node does not know this token any more. */
  dropSession(service: Service, token: string): void;
  /** Hands over what is owed, now; resolves when the node has it. */
  deliver(service: Service): Promise<void>;
  /** Sets money for the answer aside on the service's channel, which it returns. @throws `spoke_deposit_low` (503) */
  hold(service: Service, requestId: Hex32, price: bigint): Hex32;
  /** Gives it back. */
  drop(requestId: Hex32): void;
  /** @throws `provider_receipt_invalid`; returns the receipt's hash */
  check(service: Service, asked: Asked, answered: Answered, evidence: Evidence): Hex32;
}

/** One request on its way through the candidates. */
export interface Question {
  readonly requestId: Hex32;
  readonly salt: Hex32;
  readonly requestHash: Hex32;
  readonly parsed: ParsedChat;
  readonly plan: Plan;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
}

/** A checked answer, not paid yet. */
export interface Found {
  step: Step;
  message: AnswerMessage;
  usage: ChatUsage;
  evidence: Evidence;
  receiptHash: Hex32;
  /** The channel that pays the service. */
  spokeId: Hex32;
}

export function createQuestion(options: Omit<Question, 'requestHash'>): Question {
  return { ...options, requestHash: hashRequest(options.salt, options.parsed.raw) };
}

/** What one service is sent. */
export async function askOf(question: Question, step: Step, nodes: Nodes): Promise<Ask> {
  const { service, quote } = step;
  return {
    service,
    http: nodes.http,
    session: await nodes.session(service),
    asked: {
      requestId: question.requestId,
      salt: question.salt,
      requestHash: question.requestHash,
      maxPrice: quote.price,
      maxPromptTokens: quote.maxPromptTokens,
      maxCompletionTokens: quote.maxCompletionTokens,
    },
    vectors: question.parsed.vectors
      ? { texts: question.parsed.chat.messages.length, dimensions: question.parsed.vectors.dimensions }
      : null,
    body: JSON.stringify({
      ...question.parsed.raw,
      model: service.card.model.id,
      models: undefined,
      provider: undefined,
    }),
  };
}

/** Tokens in the reasoning a provider bills but does not show. */
export function hiddenReasoning(usage: ChatUsage): number {
  const details = usage.completion_tokens_details as { reasoning_tokens?: unknown } | null | undefined;
  const tokens = details?.reasoning_tokens;
  return typeof tokens === 'number' && tokens > 0 ? tokens : 0;
}
