import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
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
import type { Context } from 'hono';
import { type Answered, answerQuestion, type Question } from '../answer.ts';
import type { Offer, Service } from '../service.ts';
import type { NodeState } from '../state.ts';
import { refuseUnsupported } from '../unsupported.ts';
import type { NodeApp } from './app.ts';
import { readJsonObject } from './body.ts';
import { completionJson, createChunkWriter } from './chunks.ts';
import { asTributaryError, invalid } from './errors.ts';

/** Largest question, as OpenAI's own limit for inline images would need it. */
const MAX_QUESTION_BYTES = 8 * 1024 * 1024;

const SSE_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
const JSON_HEADERS = { 'content-type': 'application/json' };

type Outgoing = HttpBindings['outgoing'];

/** A question with all that was decided about it before it is asked. */
interface Admitted {
  question: Question;
  service: Service;
  offer: Offer;
  stop: AbortController;
  /** Frees what admission took: to be called once, at the end. */
  finish(answered: Answered | null): void;
}

function header<T>(c: Context, name: string, schema: { safeParse(v: unknown): { success: boolean; data?: T } }): T {
  const text = c.req.header(name);
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data as T;
  throw new TributaryError('bad_header', `The header ${name} is ${text === undefined ? 'missing' : 'malformed'}.`, {
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

async function admit(state: NodeState, c: Context): Promise<Admitted> {
  const session = state.tokens.read(c.req.header(NODE_HEADERS.session), state.nowSeconds());
  const requestId = header(c, NODE_HEADERS.request, Hex32);
  const salt = header(c, NODE_HEADERS.salt, Hex32);
  const account = header(c, NODE_HEADERS.service, Address);
  const maxPrice = header(c, NODE_HEADERS.maxPrice, Amount);
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
  const body = await readJsonObject(c, MAX_QUESTION_BYTES);
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
  const worst = worstCase(offer, chat, Number(c.req.header('content-length') ?? MAX_QUESTION_BYTES), maxPrice);
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

async function answerWhole(state: NodeState, c: Context, admitted: Admitted): Promise<Response> {
  let answered: Answered | null = null;
  try {
    const sink = { emit: () => undefined, stop: admitted.stop.signal, gone: c.req.raw.signal };
    answered = await answerQuestion(admitted.offer, admitted.question, sink, state.key, state.nowSeconds());
  } finally {
    admitted.finish(answered);
  }
  const { requestId } = admitted.question;
  return new Response(completionJson(requestId, admitted.offer.card.model.id, state.nowSeconds(), answered), {
    headers: JSON_HEADERS,
  });
}

/**
 * Writes the answer event by event, straight to the socket: a web stream in between costs more than the answer. The
 * first event goes out with the expert's first word, so a failure before it still has a status of its own and the
 * gateway can go elsewhere.
 */
async function answerStreamed(state: NodeState, outgoing: Outgoing, admitted: Admitted): Promise<Response> {
  const { question, offer, stop } = admitted;
  const writer = createChunkWriter(question.requestId, offer.card.model.id, state.nowSeconds());
  const gone = new AbortController();
  let wake: (() => void) | null = null;
  const onDrain = () => wake?.();
  const onClose = () => {
    gone.abort(new Error('the gateway hung up'));
    wake?.();
  };
  outgoing.on('drain', onDrain).on('close', onClose);
  const begin = () => {
    if (outgoing.headersSent) return;
    outgoing.writeHead(200, SSE_HEADERS);
    outgoing.write(writer.first());
  };
  const emit = (delta: ChatDelta, logprobs?: unknown): void | Promise<void> => {
    begin();
    if (outgoing.write(writer.delta(delta, logprobs)) || gone.signal.aborted) return;
    return new Promise((resolve) => {
      wake = resolve;
    });
  };
  let answered: Answered | null = null;
  try {
    const sink = { emit, stop: stop.signal, gone: gone.signal };
    answered = await answerQuestion(offer, question, sink, state.key, state.nowSeconds());
  } catch (failure) {
    if (!outgoing.headersSent && !gone.signal.aborted) throw failure;
    const error = asTributaryError(failure);
    if (!gone.signal.aborted)
      state.log.warn({ err: failure, requestId: question.requestId }, 'an answer failed midway');
    outgoing.end(`data: ${JSON.stringify(toOpenAi(error))}\n\n`);
  } finally {
    outgoing.off('drain', onDrain).off('close', onClose);
    admitted.finish(answered);
  }
  if (answered) {
    begin();
    for (const event of writer.end(answered)) outgoing.write(event);
    outgoing.end();
  }
  return RESPONSE_ALREADY_SENT;
}

/** `POST /v1/chat/completions` and `DELETE /v1/chat/completions/{requestId}`. */
export function chatRoutes(app: NodeApp, state: NodeState): void {
  app.post('/v1/chat/completions', async (c) => {
    const admitted = await admit(state, c);
    return admitted.question.chat.stream
      ? answerStreamed(state, c.env.outgoing, admitted)
      : answerWhole(state, c, admitted);
  });

  app.delete('/v1/chat/completions/:requestId', (c) => {
    const session = state.tokens.read(c.req.header(NODE_HEADERS.session), state.nowSeconds());
    const running = state.running.get(c.req.param('requestId').toLowerCase() as Hex32);
    if (running?.channelId !== session.channelId) {
      throw new TributaryError('request_not_found', 'No such request is being answered.', { status: 404 });
    }
    running.stop.abort();
    return c.body(null, 202);
  });
}
