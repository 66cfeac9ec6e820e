import type { ChatDelta } from '@tributary/models';
import {
  Address,
  Amount,
  ChatRequest,
  costOf,
  Hex32,
  NODE_HEADERS,
  TributaryError,
  toOpenAi,
} from '@tributary/protocol';
import type { Caller } from '@tributary/work';
import { type Answered, answerQuestion, type Question } from '../answer.ts';
import type { Offer, Service } from '../service.ts';
import type { NodeState } from '../state.ts';
import { refuseUnsupported } from '../unsupported.ts';
import type { NodeApp } from './app.ts';
import { parseJsonObject, requireJson } from './body.ts';
import { completionJson, createChunkWriter } from './chunks.ts';
import { asTributaryError, errorAnswer, invalid } from './errors.ts';

/** Where questions come in. */
export const QUESTION_PATH = '/v1/chat/completions';

/** Largest question, as OpenAI's own limit for inline images would need it. */
const MAX_QUESTION_BYTES = 8 * 1024 * 1024;

const SSE_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
const JSON_HEADERS = { 'content-type': 'application/json' };

/** A question with all that was decided about it before it is asked. */
interface Admitted {
  question: Question;
  service: Service;
  offer: Offer;
  stop: AbortController;
  /** Frees what admission took: to be called once, at the end. */
  finish(answered: Answered | null): void;
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
function worstCase(offer: Offer, chat: ChatRequest, bodyBytes: number, maxPrice: bigint): bigint {
  const asked = chat.max_completion_tokens ?? chat.max_tokens ?? Number.POSITIVE_INFINITY;
  const completionTokens = Math.min(asked, offer.card.model.maxOutputTokens);
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

async function admit(state: NodeState, caller: Caller): Promise<Admitted> {
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
  const parsed = ChatRequest.safeParse(body);
  if (!parsed.success) throw invalid(parsed.error);
  const chat = parsed.data;
  const offer = service.offer();
  const { model, price, supports } = offer.card;
  if (chat.model !== model.id) {
    throw new TributaryError(
      'model_not_found',
      `${account} serves ${model.id}, not ${chat.model ?? 'an unnamed model'}.`,
      {
        status: 404,
        param: 'model',
      },
    );
  }
  refuseUnsupported(body, chat, model.id, supports);
  if (price.perRequest > maxPrice) {
    throw new TributaryError(
      'max_price_too_low',
      `An answer costs at least ${price.perRequest} base units, more than the ${maxPrice} offered.`,
      { status: 402, param: NODE_HEADERS.maxPrice },
    );
  }
  const worst = worstCase(offer, chat, bytes.length, maxPrice);
  if (state.running.has(requestId)) {
    throw new TributaryError('request_running', `The request ${requestId} is being answered already.`, { status: 409 });
  }
  await beginOnChannel(state, session.channelId, requestId, worst);
  const stop = new AbortController();
  state.running.set(requestId, { channelId: session.channelId, stop });
  const held = service.take();
  const begun = performance.now();
  return {
    question: { requestId, salt, maxPrice, body, chat },
    service,
    offer: held.offer,
    stop,
    finish(answered) {
      state.running.delete(requestId);
      held.done();
      if (answered) state.book.signed(requestId, answered.receipt, answered.receiptHash);
      else state.book.abandon(requestId);
      state.metrics.answered(account, answered?.outcome ?? 'failed', performance.now() - begun);
    },
  };
}

async function answerWhole(state: NodeState, caller: Caller, admitted: Admitted): Promise<void> {
  const gone = new AbortController();
  caller.onGone(() => gone.abort(new Error('the gateway hung up')));
  let answered: Answered | null = null;
  try {
    const sink = { emit: () => undefined, stop: admitted.stop.signal, gone: gone.signal };
    answered = await answerQuestion(admitted.offer, admitted.question, sink, state.key, state.nowSeconds());
  } finally {
    admitted.finish(answered);
  }
  const { requestId } = admitted.question;
  const model = admitted.offer.card.model.id;
  caller.answer(200, JSON_HEADERS, completionJson(requestId, model, state.nowSeconds(), answered));
}

/**
 * Writes the answer event by event. The first event goes out with the expert's first word, so a failure before it still has a
 * status of its own and the gateway can go elsewhere.
 */
async function answerStreamed(state: NodeState, caller: Caller, admitted: Admitted): Promise<void> {
  const { question, offer, stop } = admitted;
  const writer = createChunkWriter(question.requestId, offer.card.model.id, state.nowSeconds());
  const gone = new AbortController();
  caller.onGone(() => gone.abort(new Error('the gateway hung up')));
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    caller.open(SSE_HEADERS);
    void caller.write(writer.first());
  };
  const emit = (delta: ChatDelta, logprobs?: unknown): void | Promise<void> => {
    begin();
    return caller.write(writer.delta(delta, logprobs));
  };
  let answered: Answered | null = null;
  try {
    const sink = { emit, stop: stop.signal, gone: gone.signal };
    answered = await answerQuestion(offer, question, sink, state.key, state.nowSeconds());
  } catch (failure) {
    if (!begun && !gone.signal.aborted) throw failure;
    const error = asTributaryError(failure);
    if (!gone.signal.aborted)
      state.log.warn({ err: failure, requestId: question.requestId }, 'an answer failed midway');
    void caller.write(`data: ${JSON.stringify(toOpenAi(error))}\n\n`);
    caller.end();
  } finally {
    admitted.finish(answered);
  }
  if (answered) {
    begin();
    void caller.write(writer.end(answered).join(''));
    caller.end();
  }
}

/** `POST /v1/chat/completions`. */
export async function answerCaller(caller: Caller, state: NodeState): Promise<void> {
  try {
    const admitted = await admit(state, caller);
    await (admitted.question.chat.stream
      ? answerStreamed(state, caller, admitted)
      : answerWhole(state, caller, admitted));
  } catch (failure) {
    const error = asTributaryError(failure);
    if (error.status >= 500) state.log.error({ err: failure, path: caller.path }, 'a request failed');
    const { status, headers, body } = errorAnswer(caller.path, error);
    caller.answer(status, headers, body);
  }
}

/** `DELETE /v1/chat/completions/{requestId}`: the gateway's client has gone. */
export function stopRoute(app: NodeApp, state: NodeState): void {
  app.delete(`${QUESTION_PATH}/:requestId`, (c) => {
    const session = state.tokens.read(c.req.header(NODE_HEADERS.session), state.nowSeconds());
    const running = state.running.get(c.req.param('requestId').toLowerCase() as Hex32);
    if (running?.channelId !== session.channelId) {
      throw new TributaryError('request_not_found', 'No such request is being answered.', { status: 404 });
    }
    running.stop.abort();
    return c.body(null, 202);
  });
}
