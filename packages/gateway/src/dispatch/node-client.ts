import {
  Attribution,
  type ChatUsage,
  NODE_HEADERS,
  Receipt,
  SignatureHex,
  TributaryError,
  ChatUsage as UsageSchema,
} from '@tributary/protocol';
import { countContainers, type JsonBounds } from '@tributary/work';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { Service } from '../route/catalog.ts';
import type { Asked, Evidence } from '../settle/check-receipt.ts';
import type { Delta } from './answer.ts';
import { exchange } from './exchange.ts';
import { readLimited } from './read-limited.ts';
import { sseData } from './sse.ts';
import { vectorsAsCompletion } from './vectors.ts';

/** The largest whole answer taken from a node, bytes; vectors are long, and plain text in memory. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_VECTORS_BYTES = 32 * 1024 * 1024;
/** What a provider's JSON may hold, in a whole answer or in all events of a stream: logprobs of a long answer, and no more. */
const BOUNDS = { depth: 64, containers: 250_000 };
const MAX_ERROR_BYTES = 64 * 1024;

const EvidenceSchema = z.object({
  receipt: Receipt,
  signature: SignatureHex,
  attribution: z.array(Attribution).max(256),
  outcome: z.enum(['answered', 'unknown']),
});

const Message = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(z.unknown()).max(1024).nullish(),
  embeddings: z.array(z.string()).max(2048).optional(),
});

const Completion = z.looseObject({
  choices: z
    .array(z.looseObject({ message: Message, finish_reason: z.string(), logprobs: z.unknown() }))
    .min(1)
    .max(128),
  usage: UsageSchema,
  tributary: EvidenceSchema,
});
export type Completion = z.infer<typeof Completion>;

/** One event of a streamed answer. Cheap to recognise by its keys; the parts that cost money are parsed by schema. */
export interface Chunk {
  choices?: { index?: number; delta?: Delta; finish_reason?: string | null; logprobs?: unknown }[];
  usage?: ChatUsage | null;
  evidence?: Evidence;
}

/** One question to one service. */
export interface Ask {
  service: Service;
  http: Dispatcher;
  session: string;
  asked: Asked;
  /** How many vectors are wanted, of how many numbers each; null for a question. */
  vectors: { texts: number; dimensions: number | null } | null;
  /** JSON text of the request as the node gets it. */
  body: string;
}

function failure(code: string, message: string, status: number, cause?: unknown): TributaryError {
  return new TributaryError(code, message, { status, retryable: true, cause });
}

/** Any failure on the way to a node, as an error with its own code. */
export function toNodeFailure(error: unknown, service: Service): TributaryError {
  if (TributaryError.is(error) && error.code !== 'address_refused') return error;
  const name = service.card.provider;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return failure('provider_timeout', `The provider ${name} took too long to answer.`, 504, error);
  }
  return failure('provider_unreachable', `The provider ${name} could not be reached.`, 502, error);
}

const NodeError = z.looseObject({
  error: z.looseObject({
    message: z.string().max(4096),
    code: z.string().max(128).nullish(),
    param: z.string().max(256).nullish(),
  }),
});

/** What a node may say is wrong with a request, in its own code; codes are labels of metrics, so they cannot be anything. */
const REQUEST_FAULTS = new Set([
  'bad_header',
  'request_too_large',
  'sealed_unreadable',
  'content_filter',
  'content_policy_violation',
  'context_length_exceeded',
  'invalid_json',
  'invalid_value',
  'unsupported_parameter',
  'unsupported_value',
  'upstream_refused',
]);

/** The error behind a status other than 200. Requests at fault (400, 413, 422) are `provider_refused`. */
function refusalOf(service: Service, status: number, text: string): TributaryError {
  let parsed: z.infer<typeof NodeError> | undefined;
  try {
    parsed = NodeError.safeParse(JSON.parse(text)).data;
  } catch {
    // An unreadable error body says no less than the status.
  }
  const code = parsed?.error.code ?? '';
  const name = service.card.provider;
  if (status === 401 && code === 'session_expired') return failure('session_expired', `${name}: session ended.`, 502);
  if (status === 402 && (code === 'uncovered_limit' || code === 'unpaid_limit')) {
    return failure('uncovered_limit', `${name} waits for payment of earlier answers.`, 503);
  }
  if (status === 402 && code === 'insufficient_balance') {
    return failure('deposit_unseen', `${name} has not seen the newest deposit yet.`, 503);
  }
  if (status === 400 || status === 413 || status === 422) {
    return new TributaryError(
      REQUEST_FAULTS.has(code) ? code : 'provider_refused',
      parsed?.error.message ?? `${name} refused the request.`,
      {
        status,
        param: parsed?.error.param ?? null,
      },
    );
  }
  return failure('provider_error', `The provider ${name} answered with status ${status}.`, 502);
}

/** The request of a question, as undici takes it. */
function requestOf(ask: Ask, timeouts: { headersMs: number; bodyMs: number }) {
  return {
    origin: ask.service.origin,
    path: `${ask.service.basePath}/v1/${ask.vectors ? 'embeddings' : 'chat/completions'}`,
    method: 'POST' as const,
    headers: {
      'content-type': 'application/json',
      [NODE_HEADERS.session]: ask.session,
      [NODE_HEADERS.request]: ask.asked.requestId,
      [NODE_HEADERS.salt]: ask.asked.salt,
      [NODE_HEADERS.service]: ask.service.account,
      [NODE_HEADERS.maxPrice]: ask.asked.maxPrice.toString(),
    },
    body: ask.body,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
  };
}

function malformed(service: Service, what: string, cause?: unknown): TributaryError {
  return failure('provider_malformed', `The provider ${service.card.provider} sent ${what}.`, 502, cause);
}

/** Asks for a whole answer. @throws `TributaryError`; retryable ones are the provider's failure */
export async function askWhole(ask: Ask, timeoutMs: number, signal: AbortSignal): Promise<Completion> {
  try {
    const options = requestOf(ask, { headersMs: timeoutMs, bodyMs: timeoutMs });
    const most = ask.vectors ? MAX_VECTORS_BYTES : MAX_ANSWER_BYTES;
    const { status, text } = await exchange(ask.http, options, most, signal);
    if (status !== 200) throw refusalOf(ask.service, status, text);
    const answer = parseJson(ask.service, text, { ...BOUNDS });
    const parsed = Completion.safeParse(ask.vectors ? vectorsAsCompletion(answer, ask.vectors) : answer);
    if (parsed.success) return parsed.data;
    const at = parsed.error.issues[0]?.path.join('.');
    const wanted = ask.vectors ? 'the vectors asked for' : 'a chat completion';
    throw malformed(ask.service, `an answer that is not ${wanted} (at ${at})`, parsed.error);
  } catch (error) {
    throw toNodeFailure(error, ask.service);
  }
}

/** Parses within what is left of the bounds, and takes from it. */
function parseJson(service: Service, text: string, left: JsonBounds): unknown {
  try {
    left.containers -= countContainers(text, left);
    return JSON.parse(text);
  } catch (cause) {
    const what = cause instanceof RangeError ? `with ${cause.message}` : 'that is not JSON';
    throw malformed(service, `an answer ${what}`, cause);
  }
}

/**
 * Asks for a streamed answer and yields its events until `[DONE]`.
 * @throws `TributaryError` as `askWhole`, also in the middle of the stream
 */
export async function* askStream(
  ask: Ask,
  timeouts: { headersMs: number; bodyMs: number },
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  try {
    const { statusCode, body } = await ask.http.request({ ...requestOf(ask, timeouts), signal });
    if (statusCode !== 200) throw refusalOf(ask.service, statusCode, await readLimited(body, MAX_ERROR_BYTES));
    const left = { ...BOUNDS };
    for await (const data of sseData(body)) {
      if (data === '[DONE]') return;
      yield toChunk(ask.service, data, left);
    }
  } catch (error) {
    throw toNodeFailure(error, ask.service);
  }
}

function toChunk(service: Service, data: string, left: JsonBounds): Chunk {
  const value = parseJson(service, data, left) as Record<string, unknown> | null;
  if (value === null || typeof value !== 'object') throw malformed(service, 'an event that is not an object');
  if ('error' in value) {
    const message = NodeError.safeParse(value).data?.error.message;
    throw failure('provider_error', `${service.card.provider}: ${message ?? 'the answer broke off'}`, 502);
  }
  if (value.object === 'tributary.receipt') {
    const parsed = EvidenceSchema.safeParse(value.tributary);
    if (!parsed.success)
      throw malformed(service, `an unreadable receipt (at ${parsed.error.issues[0]?.path.join('.')})`);
    return { evidence: parsed.data };
  }
  if (value.choices !== undefined && !Array.isArray(value.choices))
    throw malformed(service, 'choices that are no list');
  const usage = value.usage == null ? null : UsageSchema.safeParse(value.usage);
  if (usage && !usage.success) throw malformed(service, 'unreadable usage');
  return { choices: (value.choices ?? []) as NonNullable<Chunk['choices']>, usage: usage ? usage.data : null };
}

/** Tells a node that the client has gone. Best effort: what matters is whether the receipt still comes. */
export async function askToStop(ask: Ask): Promise<void> {
  try {
    const options = {
      origin: ask.service.origin,
      path: `${ask.service.basePath}/v1/chat/completions/${ask.asked.requestId}`,
      method: 'DELETE' as const,
      headers: { [NODE_HEADERS.session]: ask.session },
      headersTimeout: 2_000,
      bodyTimeout: 2_000,
    };
    await exchange(ask.http, options, MAX_ERROR_BYTES);
  } catch {
    // The connection of the answer itself is closed soon after.
  }
}
