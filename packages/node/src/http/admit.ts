import type { Answer } from '@tributary/models';
import {
  Address,
  Amount,
  costOf,
  Hex32,
  NODE_HEADERS,
  type Receipt,
  type ServiceCard,
  TributaryError,
} from '@tributary/protocol';
import type { Caller } from '@tributary/work';
import type { z } from 'zod';
import type { Asked } from '../answer.ts';
import type { Offer } from '../service.ts';
import type { NodeState } from '../state.ts';
import { parseJsonObject, requireJson } from './body.ts';
import { asTributaryError, errorAnswer, invalid } from './errors.ts';

/** Largest question, as OpenAI's own limit for inline images would need it. */
const MAX_QUESTION_BYTES = 8 * 1024 * 1024;

/** One kind of request that services answer. */
export interface Kind<T> {
  /** As in `card.answers`. */
  name: string;
  schema: z.ZodType<T>;
  /** Refuses what the service cannot do. */
  check(body: Record<string, unknown>, request: T, card: ServiceCard): void;
  /** The most tokens that the request lets an answer have. */
  completionTokens(request: T): number;
}

/** What the books have to know of an answer. */
interface Signed {
  receipt: Receipt;
  receiptHash: Hex32;
  outcome: Answer['outcome'];
}

/** A request with all that was decided about it before it is answered. */
export interface Admitted<T> {
  asked: Asked;
  request: T;
  offer: Offer;
  stop: AbortController;
  /** Frees what admission took: to be called once, at the end. */
  finish(signed: Signed | null): void;
}

const decoder = new TextDecoder();

function header<T>(caller: Caller, name: string, schema: { safeParse(v: unknown): { success: boolean; data?: T } }): T {
  const text = caller.header(name);
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data as T;
  throw new TributaryError('bad_header', `The header ${name} is ${text === null ? 'missing' : 'malformed'}.`, {
    param: name,
    hint: 'See spec/wire.md for the headers of a question.',
  });
}

/** The most one answer may come to: every byte of the body a token, as many tokens out as asked or allowed, `maxPrice`. */
function worstCase(offer: Offer, mostTokens: number, bodyBytes: number, maxPrice: bigint): bigint {
  const completionTokens = Math.min(mostTokens, offer.card.model.maxOutputTokens);
  const cost = costOf(offer.card.price, { promptTokens: bodyBytes, completionTokens });
  if (cost > maxPrice) return maxPrice;
  return cost;
}

/** Counts the question against its channel's limits. A channel that has to be read from the chain again needs a session. */
async function beginOnChannel(state: NodeState, channelId: Hex32, requestId: Hex32, most: bigint): Promise<void> {
  try {
    await state.spokes.withFreshBalance(channelId, () => state.book.begin(channelId, requestId, most));
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    if (error.code !== 'channel_not_found' && error.code !== 'verification_state_unavailable') throw error;
    throw new TributaryError('session_expired', 'The channel of this session has to be looked at again.', {
      status: 401,
      param: NODE_HEADERS.session,
      hint: 'Make a new session with POST /sessions.',
      cause: error,
    });
  }
}

/**
 * Takes a request: session, headers, body, price and the channel's limits.
 * @throws `TributaryError` with the field or header at fault
 */
export async function admit<T extends { model?: string | undefined }>(
  state: NodeState,
  caller: Caller,
  kind: Kind<T>,
): Promise<Admitted<T>> {
  const session = state.tokens.read(caller.header(NODE_HEADERS.session) ?? undefined, state.nowSeconds());
  const requestId = header(caller, NODE_HEADERS.request, Hex32);
  const salt = header(caller, NODE_HEADERS.salt, Hex32);
  const account = header(caller, NODE_HEADERS.service, Address);
  const maxPrice = header(caller, NODE_HEADERS.maxPrice, Amount);
  const service = state.services.get(account);
  if (!service) {
    throw new TributaryError('service_not_found', `This node does not offer ${account}.`, {
      status: 404,
      param: NODE_HEADERS.service,
    });
  }
  if (session.service !== account) {
    throw new TributaryError('wrong_session', `The session pays for ${session.service}, not for ${account}.`, {
      status: 403,
      param: NODE_HEADERS.session,
    });
  }
  requireJson(caller.header('content-type'));
  const bytes = await caller.body(MAX_QUESTION_BYTES);
  const body = parseJsonObject(decoder.decode(bytes));
  const parsed = kind.schema.safeParse(body);
  if (!parsed.success) throw invalid(parsed.error);
  const request = parsed.data;
  const offer = service.offer();
  const { model, price, answers } = offer.card;
  if (request.model !== model.id) {
    throw new TributaryError(
      'model_not_found',
      `${account} serves ${model.id}, not ${request.model ?? 'an unnamed model'}.`,
      {
        status: 404,
        param: 'model',
      },
    );
  }
  if (!answers.includes(kind.name)) {
    throw new TributaryError('wrong_endpoint', `${model.id} answers ${answers.join(' and ')}, not ${kind.name}.`, {
      param: 'model',
    });
  }
  kind.check(body, request, offer.card);
  if (price.perRequest > maxPrice) {
    throw new TributaryError(
      'max_price_too_low',
      `An answer costs at least ${price.perRequest} base units, more than the ${maxPrice} offered.`,
      { status: 402, param: NODE_HEADERS.maxPrice },
    );
  }
  const worst = worstCase(offer, kind.completionTokens(request), bytes.length, maxPrice);
  if (state.running.has(requestId)) {
    throw new TributaryError('request_running', `The request ${requestId} is being answered already.`, { status: 409 });
  }
  await beginOnChannel(state, session.channelId, requestId, worst);
  const stop = new AbortController();
  state.running.set(requestId, { channelId: session.channelId, stop });
  const held = service.take();
  const begun = performance.now();
  return {
    asked: { requestId, salt, maxPrice, body },
    request,
    offer: held.offer,
    stop,
    finish(signed) {
      state.running.delete(requestId);
      held.done();
      if (signed) state.book.signed(requestId, signed.receipt, signed.receiptHash);
      else state.book.abandon(requestId);
      state.metrics.answered(account, signed?.outcome ?? 'failed', performance.now() - begun);
    },
  };
}

/** Answers a request that failed before its first word. */
export function refuse(state: NodeState, caller: Caller, failure: unknown): void {
  const error = asTributaryError(failure);
  if (error.status >= 500) state.log.error({ err: failure, path: caller.path }, 'a request failed');
  const { status, headers, body } = errorAnswer(caller.path, error);
  caller.answer(status, headers, body);
}
