import {
  decodePaymentRequired,
  decodePaymentResponse,
  encodeHeader,
  HEADER_PAYMENT_REQUIRED,
  HEADER_PAYMENT_RESPONSE,
  HEADER_PAYMENT_SIGNATURE,
  MAX_HEADER_CHARS,
  type PaymentRequired,
  type SettleResponse,
} from '@tributary/payments';
import { Citation, TributaryError } from '@tributary/protocol';
import { z } from 'zod';
import { sseData } from '../../dispatch/sse.ts';

/**
 * A question that is asked inside the gateway as `POST /v1/chat/completions`: doors for agents ask through it, so that
 * routing, payment and receipts are the same for everybody. A refusal is a response, not a rejection.
 */
export type AskChat = (request: Request) => Promise<Response>;

/** What an agent asks. */
export interface AgentQuestion {
  /** The chat completion request, without `stream`. */
  body: Record<string, unknown>;
  /** Headers of the agent's own request: its API key is in them. */
  headers: Headers;
  /** An x402 `PaymentPayload` where the agent's protocol carries one; checked by whoever takes the money. */
  payment: unknown;
  /** Aborted when the agent has gone. */
  signal: AbortSignal;
}

const ChatError = z.looseObject({
  error: z.looseObject({ message: z.string(), code: z.string().nullish(), param: z.string().nullish() }),
});

const Tributary = z.looseObject({
  service: z.string(),
  model: z.string(),
  why: z.string().optional(),
  outcome: z.enum(['answered', 'unknown']),
  receipt: z.looseObject({
    receipt: z.looseObject({ requestId: z.string() }),
    payment: z.looseObject({ receiptHash: z.string() }),
  }),
});

const Annotations = z.array(Citation).max(256).catch([]);

const Choice = z.looseObject({
  message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish(), annotations: Annotations }),
  finish_reason: z.string(),
});

const Completion = z.looseObject({
  model: z.string(),
  provider: z.string(),
  choices: z.array(Choice).min(1),
  usage: z.looseObject({ cost: z.number() }),
  tributary: Tributary,
});

const Chunk = z.looseObject({
  model: z.string().optional(),
  provider: z.string().optional(),
  error: ChatError.shape.error.optional(),
  choices: z
    .array(
      z.looseObject({
        delta: z.looseObject({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          annotations: Annotations.optional(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .optional(),
  usage: z.looseObject({ cost: z.number() }).nullish(),
  tributary: Tributary.optional(),
});

/** An answer as agents are told of it. */
export interface AgentAnswer {
  text: string;
  model: string;
  provider: string;
  /** The account of the service that answered. */
  service: string;
  /** Why the router chose it; null when it was asked by name. */
  why: string | null;
  /** `unknown` is an honest "I don't know", which is free. */
  outcome: 'answered' | 'unknown';
  finishReason: string;
  citations: { url: string; title: string; quote: string; dataset: string; document: string; contributor: string }[];
  /** Dollars. */
  cost: number;
  requestId: string;
  receiptHash: string;
  /** The signed receipt, for `verify` and `trace`. */
  receipt: unknown;
  /** What an x402 client is told of its payment. */
  settled: SettleResponse | null;
}

/** A question that was not answered because of money: on what terms it will be. */
export interface Unpaid {
  error: TributaryError;
  /** Null where the caller has its own way to pay, such as an API key without a deposit. */
  required: PaymentRequired | null;
}

/** What came of a question. */
export type AgentOutcome =
  | { answer: AgentAnswer }
  | { unpaid: Unpaid }
  /** The payment was x402's request for the rest of a deposit: it went back, and nothing was asked. */
  | { refunded: SettleResponse }
  | { error: TributaryError };

/** @throws `payment_header_too_long` (400) */
function paymentHeader(payment: unknown): string {
  const header = encodeHeader(payment);
  if (header.length <= MAX_HEADER_CHARS) return header;
  throw new TributaryError('payment_header_too_long', `The payment is longer than ${MAX_HEADER_CHARS} characters.`);
}

function requestOf({ body, headers, payment, signal }: AgentQuestion, stream: boolean): Request {
  const own = new Headers({ 'content-type': 'application/json' });
  for (const name of ['authorization', 'x-api-key']) {
    const value = headers.get(name);
    if (value !== null) own.set(name, value);
  }
  if (payment !== undefined) own.set(HEADER_PAYMENT_SIGNATURE, paymentHeader(payment));
  return new Request('http://gateway.invalid/v1/chat/completions', {
    method: 'POST',
    headers: own,
    body: JSON.stringify(stream ? { ...body, stream, stream_options: { include_usage: true } } : body),
    signal,
  });
}

function errorIn(body: unknown, status: number): TributaryError {
  const parsed = ChatError.safeParse(body);
  const { message, code, param } = parsed.success ? parsed.data.error : { message: 'No answer came.' };
  return new TributaryError(code ?? 'internal_error', message, {
    status,
    param: param ?? null,
    retryable: status >= 500,
  });
}

async function refusalOf(response: Response): Promise<AgentOutcome> {
  const error = errorIn(await response.json().catch(() => null), response.status);
  if (response.status !== 402) return { error };
  const header = response.headers.get(HEADER_PAYMENT_REQUIRED);
  return { unpaid: { error, required: header === null ? null : decodePaymentRequired(header) } };
}

function settledOf(response: Response): SettleResponse | null {
  const header = response.headers.get(HEADER_PAYMENT_RESPONSE);
  return header === null ? null : decodePaymentResponse(header);
}

function refundIn(response: Response, body: unknown): SettleResponse | null {
  const isEmpty = body !== null && typeof body === 'object' && Object.keys(body).length === 0;
  return isEmpty ? settledOf(response) : null;
}

type Facts = Pick<AgentAnswer, 'text' | 'model' | 'provider' | 'finishReason' | 'cost' | 'settled'>;

function answerOf(facts: Facts, annotations: readonly Citation[], tributary: z.infer<typeof Tributary>): AgentAnswer {
  const { service, why = null, outcome, receipt } = tributary;
  return {
    ...facts,
    service,
    why,
    outcome,
    citations: annotations.map(({ url_citation, quote, dataset, document, contributor }) => ({
      url: url_citation.url,
      title: url_citation.title,
      quote,
      dataset,
      document,
      contributor,
    })),
    requestId: receipt.receipt.requestId,
    receiptHash: receipt.payment.receiptHash,
    receipt,
  };
}

/** Asks, and waits for the whole answer. @throws only for a payment that is too long to be looked at */
export async function askWhole(ask: AskChat, question: AgentQuestion): Promise<AgentOutcome> {
  const response = await ask(requestOf(question, false));
  if (response.status !== 200) return refusalOf(response);
  const body: unknown = await response.json();
  const refunded = refundIn(response, body);
  if (refunded) return { refunded };
  const { choices, model, provider, usage, tributary } = Completion.parse(body);
  const { message, finish_reason: finishReason } = choices[0]!;
  const text = `${message.content ?? ''}${message.refusal ?? ''}`;
  const facts = { text, model, provider, finishReason, cost: usage.cost, settled: settledOf(response) };
  return { answer: answerOf(facts, message.annotations, tributary) };
}

/**
 * Asks, and hands each piece of text on as it comes. An error after the first piece is an `error` like any other.
 * @throws only for a payment that is too long to be looked at
 */
export async function askStreamed(
  ask: AskChat,
  question: AgentQuestion,
  onText: (text: string) => void,
): Promise<AgentOutcome> {
  const response = await ask(requestOf(question, true));
  if (response.status !== 200 || !response.body) return refusalOf(response);
  if (!response.headers.get('content-type')?.includes('event-stream')) {
    const refunded = refundIn(response, await response.json());
    if (refunded) return { refunded };
  }
  const facts: Facts = {
    text: '',
    model: '',
    provider: '',
    finishReason: 'stop',
    cost: 0,
    settled: settledOf(response),
  };
  let annotations: readonly Citation[] = [];
  let tributary: z.infer<typeof Tributary> | undefined;
  for await (const data of sseData(response.body)) {
    if (data === '[DONE]') break;
    const chunk = Chunk.parse(JSON.parse(data));
    if (chunk.error) return { error: errorIn({ error: chunk.error }, 502) };
    facts.model = chunk.model ?? facts.model;
    facts.provider = chunk.provider ?? facts.provider;
    facts.cost = chunk.usage?.cost ?? facts.cost;
    tributary = chunk.tributary ?? tributary;
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    const text = `${choice.delta.content ?? ''}${choice.delta.refusal ?? ''}`;
    if (text) onText(text);
    facts.text += text;
    annotations = choice.delta.annotations?.length ? choice.delta.annotations : annotations;
    facts.finishReason = choice.finish_reason ?? facts.finishReason;
  }
  if (tributary) return { answer: answerOf(facts, annotations, tributary) };
  return { error: new TributaryError('provider_malformed', 'The answer broke off.', { status: 502, retryable: true }) };
}
