import { type Hex32, TributaryError } from '@tributary/protocol';
import type { Caller, Headers } from '@tributary/work';
import { createQuestion, type Found, type Nodes, type Patience, type Question } from '../dispatch/question.ts';
import { findStream } from '../dispatch/streamed.ts';
import { type FoundWhole, findWhole } from '../dispatch/whole.ts';
import { random32 } from '../random.ts';
import { type Plan, type PlanContext, planFor, type Step, withoutDearest } from '../route/plan.ts';
import { type PaidBefore, stillUnderWay } from '../settle/paid-before.ts';
import type { Hold, Payer } from '../settle/payer.ts';
import type { Payers } from '../settle/payers.ts';
import type { Bill } from '../settle/settle-answer.ts';
import { withSpan } from '../telemetry.ts';
import { asTributaryError } from './errors.ts';
import type { Asking, Opening, ReadAsking, StreamWriter } from './form.ts';
import { hashOf, idempotencyKeyOf, type Replays, replayKey, type StoredAnswer } from './replay.ts';
import { CORS } from './respond.ts';

/** The largest request body taken, bytes. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

const encoder = new TextEncoder();

/** What answering a question needs. */
export interface AskDoor {
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
  caller: Caller;
  door: AskDoor;
  asking: Asking;
  question: Question;
  hold: Hold;
  headers: Headers;
  startedAt: number;
  /** Keeps the answer for a client that repeats the request. */
  store: { done(answer: StoredAnswer): void; failed(error: unknown): void };
}

/**
 * Answers a question that came in any API's form: `read` understands it, the rest is the same for all of them.
 * @throws `TributaryError` while nothing was sent yet
 */
export async function ask(caller: Caller, read: ReadAsking, door: AskDoor): Promise<void> {
  const startedAt = performance.now();
  try {
    await withSpan(
      'tributary.question',
      () => admit(caller, read, door, startedAt),
      () => ({ 'url.path': caller.path }),
    );
  } catch (error) {
    door.onEnd(asTributaryError(error).code, performance.now() - startedAt);
    throw error;
  }
}

function requireJson(caller: Caller): void {
  const type = caller.header('content-type') ?? '';
  if (/^\s*application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return;
  throw new TributaryError('unsupported_media_type', `Content type ${JSON.stringify(type)} is not JSON.`, {
    status: 415,
    hint: 'Send content-type: application/json.',
  });
}

async function admit(caller: Caller, read: ReadAsking, door: AskDoor, startedAt: number): Promise<void> {
  requireJson(caller);
  const bytes = await caller.body(MAX_BODY_BYTES);
  const asking = read(bytes);
  const { parsed } = asking;
  const idempotencyKey = idempotencyKeyOf(caller.header('idempotency-key'));
  const wanted = planFor(parsed, door.planning);
  const bodyHash = hashOf(bytes);
  const payer = await door.payerOf(caller, bodyHash, wanted.maxCharge);
  if ('refunded' in payer) {
    caller.answer(200, { 'content-type': 'application/json', ...CORS, ...payer.refunded }, '{}');
    return;
  }
  // The same body means another thing at another path.
  const key = replayKey(`${payer.id} ${caller.path}`, idempotencyKey, bodyHash);
  const isRetry = idempotencyKey !== null || Number(caller.header('x-stainless-retry-count') ?? 0) > 0;
  if (isRetry && payer.proven) {
    const stored = await storedAnswer(door.replays, key, bodyHash);
    if (stored) return replay(caller, stored);
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
      return replay(caller, stored);
    }
  }
  const gone = new AbortController();
  // Somebody who named the request will come back for its answer.
  const finishAnyway = idempotencyKey !== null && !parsed.chat.stream;
  if (!finishAnyway) caller.onGone(() => gone.abort());
  const question = createQuestion({ requestId, salt: random32(), parsed, plan, gone: gone.signal });
  const headers = { ...CORS, 'x-request-id': requestId, 'x-tributary-request': requestId };
  const store = door.replays.begin(key, bodyHash, payer.id);
  const call: Call = { caller, door, asking, question, hold, headers, startedAt, store };
  await (parsed.chat.stream ? streamed(call) : whole(call));
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

function replay(caller: Caller, stored: StoredAnswer): void {
  const headers = { ...stored.headers, 'content-type': stored.contentType, 'idempotent-replayed': 'true' };
  caller.answer(200, headers, stored.body);
}

function processingMs(call: Call): string {
  return String(Math.round(performance.now() - call.startedAt));
}

function openingOf(call: Call, step: Step): Opening {
  return { requestId: call.question.requestId, createdSeconds: Math.floor(Date.now() / 1000), step };
}

async function whole(call: Call): Promise<void> {
  const { caller, door, asking, question, hold, headers, store } = call;
  let found: FoundWhole;
  let bill: Bill;
  let body: string;
  try {
    found = await findWhole(question, door.nodes, door.patience, door.onProviderFailure);
    bill = await door.settle(question, found, hold);
    body = asking.whole(openingOf(call, found.step), found, bill);
  } catch (error) {
    // Whoever repeats the request waits for this.
    store.failed(error);
    door.nodes.drop(question.requestId);
    await hold.release();
    throw error;
  }
  const extra = { ...headers, ...hold.headers?.() };
  // A cut answer is no answer to a repeated request.
  if (question.gone.aborted) store.failed(new Error('the client left'));
  else store.done({ contentType: 'application/json', body, headers: extra });
  door.onEnd('ok', performance.now() - call.startedAt);
  caller.answer(
    200,
    { ...extra, 'content-type': 'application/json', 'openai-processing-ms': processingMs(call) },
    body,
  );
}

const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' } as const;

async function streamed(call: Call): Promise<void> {
  const { caller, door, asking, question, hold, headers, store } = call;
  let opened = false;
  let sent = '';
  let writer: StreamWriter | undefined;
  const open = () => {
    if (opened) return;
    opened = true;
    caller.open({ ...headers, ...hold.headers?.(), ...SSE_HEADERS, 'openai-processing-ms': processingMs(call) });
  };
  const send = (events: string) => {
    open();
    sent += events;
    return caller.write(events);
  };
  const keepAlive = setInterval(() => {
    open();
    void caller.write(': waiting for a provider\n\n');
  }, door.keepAliveMs);
  const begin = async (step: Step): Promise<StreamWriter> => {
    clearInterval(keepAlive);
    writer = asking.stream(openingOf(call, step));
    await send(writer.first());
    return writer;
  };
  const relay = {
    piece: async (step: Step, piece: Parameters<StreamWriter['piece']>[0]) => {
      const w = writer ?? (await begin(step));
      await send(w.piece(piece));
    },
  };
  try {
    const found = await findStream(question, door.nodes, door.patience, relay, door.onProviderFailure);
    const w = writer ?? (await begin(found.step));
    const bill = await door.settle(question, found, hold);
    await send(w.end(found, bill));
    caller.end();
    if (question.gone.aborted) store.failed(new Error('the client left'));
    else store.done({ contentType: SSE_HEADERS['content-type'], body: sent, headers });
    door.onEnd('ok', performance.now() - call.startedAt);
  } catch (error) {
    const failure = asTributaryError(error);
    store.failed(failure);
    door.nodes.drop(question.requestId);
    await hold.release();
    if (!opened) throw error;
    await caller.write(asking.failed(failure));
    caller.end();
    door.onEnd(failure.code, performance.now() - call.startedAt);
  } finally {
    clearInterval(keepAlive);
  }
}
