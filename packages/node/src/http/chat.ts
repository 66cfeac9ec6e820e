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
/** Events that may wait for a slow reader before the expert is held up. */
const MAX_WAITING_EVENTS = 64;

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
      if (answered) state.book.signed(requestId, answered.receipt);
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
 * Resolves with the response when the expert says its first word, so that a failure before it still has a status of
 * its own and the gateway can go elsewhere.
 */
function answerStreamed(state: NodeState, c: Context, admitted: Admitted): Promise<Response> {
  const { question, offer, stop } = admitted;
  const writer = createChunkWriter(question.requestId, offer.card.model.id, state.nowSeconds());
  const gone = new AbortController();
  // Until the response exists its stream cannot be cancelled; the request's own signal tells then.
  c.req.raw.signal.addEventListener('abort', () => gone.abort(new Error('the gateway hung up')), { once: true });
  let out!: ReadableStreamDefaultController<Uint8Array>;
  let wake: (() => void) | null = null;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        out = controller;
      },
      pull() {
        wake?.();
        wake = null;
      },
      cancel() {
        gone.abort(new Error('the gateway hung up'));
        wake?.();
      },
    },
    { highWaterMark: MAX_WAITING_EVENTS },
  );
  const write = (event: string): void => {
    if (!gone.signal.aborted) out.enqueue(Buffer.from(event));
  };
  return new Promise((resolve, reject) => {
    let begun = false;
    const begin = () => {
      if (begun) return;
      begun = true;
      write(writer.first());
      resolve(new Response(stream, { headers: SSE_HEADERS }));
    };
    const emit = (delta: Parameters<typeof writer.delta>[0], logprobs?: unknown): void | Promise<void> => {
      begin();
      write(writer.delta(delta, logprobs));
      if ((out.desiredSize ?? 1) > 0) return;
      return new Promise((go) => {
        wake = go;
      });
    };
    answerQuestion(offer, question, { emit, stop: stop.signal, gone: gone.signal }, state.key, state.nowSeconds()).then(
      (answered) => {
        admitted.finish(answered);
        begin();
        for (const event of writer.end(answered)) write(event);
        if (!gone.signal.aborted) out.close();
      },
      (failure: unknown) => {
        admitted.finish(null);
        if (!begun) return reject(failure);
        if (gone.signal.aborted) return;
        const error = asTributaryError(failure);
        if (error.status >= 500)
          state.log.warn({ err: error, requestId: question.requestId }, 'an answer failed midway');
        write(`data: ${JSON.stringify(toOpenAi(error))}\n\n`);
        out.close();
      },
    );
  });
}

/** `POST /v1/chat/completions` and `DELETE /v1/chat/completions/{requestId}`. */
export function chatRoutes(app: NodeApp, state: NodeState): void {
  app.post('/v1/chat/completions', async (c) => {
    const admitted = await admit(state, c);
    return admitted.question.chat.stream ? answerStreamed(state, c, admitted) : answerWhole(state, c, admitted);
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
