import { type Hex32, TributaryError, toOpenAi } from '@tributary/protocol';
import type { Found } from '../dispatch/question.ts';
import { createQuestion, type Nodes, type Patience, type Question } from '../dispatch/question.ts';
import { findStream } from '../dispatch/streamed.ts';
import { type FoundWhole, findWhole } from '../dispatch/whole.ts';
import { random32 } from '../random.ts';
import { type Plan, type PlanContext, planFor, type Step, withoutDearest } from '../route/plan.ts';
import { type PaidBefore, stillUnderWay } from '../settle/paid-before.ts';
import type { Hold, Payer } from '../settle/payer.ts';
import type { Payers } from '../settle/payers.ts';
import type { Bill } from '../settle/settle-answer.ts';
import { type ChunkWriter, completionJson, createChunkWriter, headOf } from './completion.ts';
import { asTributaryError } from './errors.ts';
import { createEventStream } from './event-stream.ts';
import { type ParsedChat, parseChat } from './parse-chat.ts';
import { readBody } from './read-body.ts';
import { hashOf, idempotencyKeyOf, type Replays, replayKey, type StoredAnswer } from './replay.ts';
import { CORS, json } from './respond.ts';

const encoder = new TextEncoder();

/** What the door for chat completions needs. */
export interface ChatDoor {
  planning: PlanContext;
  nodes: Nodes;
  patience: Patience;
  replays: Replays;
  /** How often a comment keeps a waiting stream open, milliseconds. */
  keepAliveMs: number;
  payerOf: Payers['payerOf'];
  settle(question: Question, found: Found, hold: Hold): Promise<Bill>;
  paidBefore: PaidBefore;
  /** A provider failed; the question may still be answered by another one. */
  onProviderFailure(step: Step, error: TributaryError): void;
  /** How a request ended: `ok`, or an error's code. */
  onEnd(result: string, elapsedMs: number): void;
}

interface Call {
  door: ChatDoor;
  question: Question;
  parsed: ParsedChat;
  hold: Hold;
  headers: Record<string, string>;
  startedAt: number;
  /** Keeps the answer for a client that repeats the request. */
  store: { done(answer: StoredAnswer): void; failed(error: unknown): void };
}

/** `POST /v1/chat/completions`. @throws `TributaryError` while nothing was sent yet */
export async function chatCompletions(request: Request, door: ChatDoor): Promise<Response> {
  const startedAt = performance.now();
  try {
    const response = await answer(request, door, startedAt);
    return response;
  } catch (error) {
    door.onEnd(asTributaryError(error).code, performance.now() - startedAt);
    throw error;
  }
}

async function answer(request: Request, door: ChatDoor, startedAt: number): Promise<Response> {
  const bytes = await readBody(request);
  const parsed = parseChat(bytes);
  const idempotencyKey = idempotencyKeyOf(request);
  const wanted = planFor(parsed, door.planning);
  const bodyHash = hashOf(bytes);
  const payer = await door.payerOf(request, bodyHash, wanted.maxCharge);
  if ('refunded' in payer) return json({}, payer.refunded);
  const key = replayKey(payer.id, idempotencyKey, bodyHash);
  const isRetry = idempotencyKey !== null || Number(request.headers.get('x-stainless-retry-count') ?? 0) > 0;
  if (isRetry && payer.proven) {
    const stored = await storedAnswer(door.replays, key, bodyHash);
    if (stored) return replayed(stored);
  }
  // The same key and body make the same id, so that the journal knows a repeated request after a crash as well.
  const isNamed = idempotencyKey !== null && payer.proven && payer.requestId === undefined;
  const payId = payer.requestId ?? (isNamed ? hashOf(encoder.encode(`${key}\n${bodyHash}`)) : random32());
  const paid = isNamed ? door.paidBefore.take(payId) : undefined;
  const requestId = paid ? random32() : payId;
  const { hold, plan } = paid ? { hold: paid, plan: wanted } : await holdFor(payer, requestId, wanted, isNamed);
  if (isRetry && !payer.proven) {
    const stored = await storedAnswer(door.replays, key, bodyHash).catch(async (error: unknown) => {
      await hold.release();
      throw error;
    });
    if (stored) {
      await hold.release();
      return replayed(stored);
    }
  }
  const gone = new AbortController();
  const { signal } = request;
  // Somebody who named the request will come back for its answer.
  const finishAnyway = idempotencyKey !== null && !parsed.chat.stream;
  if (!finishAnyway) signal.addEventListener('abort', () => gone.abort(), { once: true });
  const question = createQuestion({ requestId, salt: random32(), parsed, plan, gone: gone.signal });
  const headers = { ...CORS, 'x-request-id': requestId, 'x-tributary-request': requestId };
  const call: Call = { door, question, parsed, hold, headers, startedAt, store: door.replays.begin(key, bodyHash) };
  return parsed.chat.stream ? streamed(call, () => gone.abort()) : whole(call);
}

/**
 * Sets aside what a request may cost. For whoever has too little for the dearest candidates they are left out; who signs for
 * each request has signed for the plan as it is.
 */
async function holdFor(
  payer: Payer,
  requestId: Hex32,
  wanted: Plan,
  isNamed: boolean,
): Promise<{ hold: Hold; plan: Plan }> {
  let plan = wanted;
  for (;;) {
    try {
      return { hold: await payer.hold(requestId, plan.maxCharge), plan };
    } catch (error) {
      if (isNamed && TributaryError.is(error) && error.code === 'request_replayed') throw stillUnderWay();
      const cheaper = TributaryError.is(error) && error.code === 'insufficient_balance' ? withoutDearest(plan) : null;
      if (!payer.proven || !cheaper) throw error;
      plan = cheaper;
    }
  }
}

/** The stored answer to a repeated request; one whose first try failed is tried afresh. */
async function storedAnswer(replays: Replays, key: string, bodyHash: string): Promise<StoredAnswer | undefined> {
  const stored = replays.find(key, bodyHash);
  if (!stored) return;
  try {
    return await stored;
  } catch {
    return;
  }
}

function replayed(stored: StoredAnswer): Response {
  return new Response(stored.body, {
    headers: { ...stored.headers, 'content-type': stored.contentType, 'idempotent-replayed': 'true' },
  });
}

function processingMs(call: Call): string {
  return String(Math.round(performance.now() - call.startedAt));
}

async function whole(call: Call): Promise<Response> {
  const { door, question, hold, headers, store } = call;
  let found: FoundWhole;
  let bill: Bill;
  try {
    found = await findWhole(question, door.nodes, door.patience, door.onProviderFailure);
    if (found.evidence.receipt.price > 0n) await hold.beforeFirstToken?.();
    bill = await door.settle(question, found, hold);
  } catch (error) {
    store.failed(error);
    door.nodes.drop(question.requestId);
    await hold.release();
    throw error;
  }
  const body = completionJson(headOf(question.requestId, Math.floor(Date.now() / 1000), found.step), found, bill);
  const extra = { ...headers, ...hold.headers?.() };
  // A cut answer is no answer to a repeated request.
  if (question.gone.aborted) store.failed(new Error('the client left'));
  else store.done({ contentType: 'application/json', body, headers: extra });
  door.onEnd('ok', performance.now() - call.startedAt);
  return new Response(body, {
    headers: { ...extra, 'content-type': 'application/json', 'openai-processing-ms': processingMs(call) },
  });
}

const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' } as const;

async function streamed(call: Call, leave: () => void): Promise<Response> {
  const { door, question, parsed, hold, headers, store } = call;
  const stream = createEventStream();
  stream.gone.addEventListener('abort', leave, { once: true });
  const started = Promise.withResolvers<void>();
  let opened = false;
  const keepAlive = setInterval(() => {
    // The headers of an x402 answer tell of a payment that moves with the first token.
    if (hold.headers && !opened) return;
    opened = true;
    stream.comment('waiting for a provider');
    started.resolve();
  }, door.keepAliveMs);
  let sent = '';
  let writer: ChunkWriter | undefined;
  const send = (json: string) => {
    opened = true;
    sent += `data: ${json}\n\n`;
    return stream.data(json);
  };
  const open = async (step: Step): Promise<ChunkWriter> => {
    clearInterval(keepAlive);
    await hold.beforeFirstToken?.();
    const head = headOf(question.requestId, Math.floor(Date.now() / 1000), step);
    writer = createChunkWriter(head, parsed.chat.stream_options?.include_usage === true);
    await send(writer.first());
    started.resolve();
    return writer;
  };
  const relay = {
    piece: async (step: Step, piece: Parameters<ChunkWriter['piece']>[0]) => {
      const w = writer ?? (await open(step));
      await send(w.piece(piece));
    },
  };

  const run = async () => {
    try {
      const found = await findStream(question, door.nodes, door.patience, relay, door.onProviderFailure);
      const w = writer ?? (await open(found.step));
      const bill = await door.settle(question, found, hold);
      for (const json of w.end(found, bill)) await send(json);
      await send('[DONE]');
      stream.close();
      if (question.gone.aborted) store.failed(new Error('the client left'));
      else store.done({ contentType: SSE_HEADERS['content-type'], body: sent, headers });
      door.onEnd('ok', performance.now() - call.startedAt);
    } catch (error) {
      const failure = asTributaryError(error);
      store.failed(failure);
      door.nodes.drop(question.requestId);
      await hold.release();
      if (!opened) started.reject(failure);
      // Without effect when the response was not begun.
      await stream.data(JSON.stringify(toOpenAi(failure)));
      stream.close();
      if (opened) door.onEnd(failure.code, performance.now() - call.startedAt);
    } finally {
      clearInterval(keepAlive);
    }
  };
  run().catch((error: unknown) => started.reject(error));
  await started.promise;
  return new Response(stream.body, {
    headers: { ...headers, ...hold.headers?.(), ...SSE_HEADERS, 'openai-processing-ms': processingMs(call) },
  });
}
