import { ChatRequest, TributaryError } from '@tributary/protocol';
import { type Answer, parseTributaryField, toAnswer } from './answer.ts';
import { createAnswerBuilder, type Delta } from './answer-builder.ts';
import { Chunk, Completion, parseJson } from './completion.ts';
import { toHttpError } from './http-error.ts';
import type { OpenContent, PrivateAsking } from './private.ts';
import { sseData } from './sse.ts';

/** A question in plain words, or a whole chat request. */
export type Question = string | ChatRequest;

export interface AskOptions {
  /** Model for a question in plain words; default `auto`, which sends it to the service that suits best. */
  model?: string;
  signal?: AbortSignal;
  /** Makes a repeated request get the same answer without paying again. */
  idempotencyKey?: string;
  /** Seals the question to the service that answers it, so that the gateway cannot read it. Needs a named model and `rpc`. */
  private?: boolean;
}

/** A streamed answer: its text piece by piece, and the whole of it with its receipt at the end. */
export interface AnswerStream extends AsyncIterable<string> {
  /** Resolves when the stream was read to its end, checked; rejects when it broke off. */
  readonly answer: Promise<Answer>;
}

function toRequest(question: Question, model: string): ChatRequest {
  if (typeof question === 'string') return { model, messages: [{ role: 'user', content: question }] };
  const parsed = ChatRequest.safeParse({ model, ...question });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = issue?.path.join('.') || null;
  throw new TributaryError('invalid_value', `Invalid value for ${param ?? 'the request'}: ${issue?.message}.`, {
    param,
  });
}

async function post(
  send: typeof fetch,
  gateway: string,
  body: ChatRequest,
  { signal, idempotencyKey }: AskOptions,
): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
  };
  const url = `${gateway}/v1/chat/completions`;
  let response: Response;
  try {
    response = await send(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (TributaryError.is(error) || (error as { name?: string }).name === 'AbortError') throw error;
    throw new TributaryError('gateway_unreachable', `The gateway at ${gateway} does not answer.`, {
      status: 502,
      retryable: true,
      cause: error,
      hint: 'Start it with `npm start`, or check the URL.',
    });
  }
  if (!response.ok) throw await toHttpError(response);
  return response;
}

/** Seals a request; given by the client, which knows the chain. */
export type Seal = (request: ChatRequest) => Promise<PrivateAsking>;

async function prepare(
  request: ChatRequest,
  options: AskOptions,
  seal: Seal,
): Promise<{ body: ChatRequest; open?: OpenContent }> {
  return options.private ? seal(request) : { body: request };
}

/**
 * Asks once and waits for the whole answer.
 *
 * @param send A `fetch` that pays.
 */
export async function ask(
  send: typeof fetch,
  gateway: string,
  question: Question,
  seal: Seal,
  options: AskOptions = {},
): Promise<Answer> {
  const request = { ...toRequest(question, options.model ?? 'auto'), stream: false };
  const { body, open } = await prepare(request, options, seal);
  const response = await post(send, gateway, body, options);
  const completion = Completion.safeParse(await response.json().catch(() => undefined));
  if (!completion.success) {
    throw new TributaryError('gateway_malformed', 'The gateway did not answer a chat completion.', { status: 502 });
  }
  const { message } = completion.data.choices[0]!;
  const field = parseTributaryField(completion.data.tributary);
  if (!open) return toAnswer(field, body, message, completion.data.provider);
  const shown = createAnswerBuilder();
  for (const delta of open.take(message.content ?? '')) shown.take(delta);
  open.end();
  return toAnswer(field, body, message, completion.data.provider, shown.message());
}

/** Asks and hands out the answer as it comes. Nothing is sent before the stream is read. */
export function stream(
  send: typeof fetch,
  gateway: string,
  question: Question,
  seal: Seal,
  options: AskOptions = {},
): AnswerStream {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  // Whoever only reads the pieces gets the error there.
  promise.catch(() => undefined);

  async function* pieces(): AsyncGenerator<string, void, undefined> {
    let ended = false;
    try {
      const request = { ...toRequest(question, options.model ?? 'auto'), stream: true };
      const { body, open } = await prepare(request, options, seal);
      const response = await post(send, gateway, body, options);
      if (!response.body) throw brokenOff();
      const builder = createAnswerBuilder();
      const shown = open ? createAnswerBuilder() : builder;
      let tributary: unknown;
      let provider: unknown;
      for await (const data of sseData(response.body)) {
        if (data === '[DONE]') continue;
        const chunk = parseChunk(data);
        if (chunk.error) {
          const { message, code, param } = chunk.error;
          throw new TributaryError(code ?? 'stream_failed', message, { status: 502, param: param ?? null });
        }
        tributary = chunk.tributary ?? tributary;
        provider = chunk.provider ?? provider;
        const delta = chunk.choices?.[0]?.delta as Delta | undefined;
        if (!delta) continue;
        builder.take(delta);
        const opened = open ? open.take(delta.content ?? '') : [delta];
        for (const said of opened) {
          if (open) shown.take(said);
          if (said.content) yield said.content;
        }
      }
      if (tributary === undefined) throw brokenOff();
      open?.end();
      ended = true;
      resolve(toAnswer(parseTributaryField(tributary), body, builder.message(), provider, shown.message()));
    } catch (error) {
      reject(error);
      ended = true;
      throw error;
    } finally {
      if (!ended)
        reject(new TributaryError('stream_abandoned', 'The stream was not read to its end.', { status: 499 }));
    }
  }

  return { answer: promise, [Symbol.asyncIterator]: pieces };
}

function parseChunk(data: string): Chunk {
  const parsed = Chunk.safeParse(parseJson(data));
  if (parsed.success) return parsed.data;
  throw new TributaryError('gateway_malformed', 'The gateway sent an event that is no part of an answer.', {
    status: 502,
  });
}

function brokenOff(): TributaryError {
  return new TributaryError('stream_failed', 'The stream ended before the answer did.', {
    status: 502,
    retryable: true,
    hint: 'Ask again; an answer that broke off is not charged.',
  });
}
