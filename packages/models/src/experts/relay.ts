import { type ChatRequest, canonicalJson, countTokens, sha256Hex, TributaryError, textOf } from '@tributary/protocol';
import { type Dispatcher, Pool } from 'undici';
import { z } from 'zod';
import type { Answer, AnswerCall, ChatDelta, Expert, OpenExpert } from '../expert.ts';
import { embedThrough } from './relay-embeddings.ts';
import { createSseReader } from './sse.ts';
import { asUpstreamError, readBody, refused, timeout } from './upstream-http.ts';
import { createChunkReader, malformed, readWhole, type UpstreamState } from './upstream-stream.ts';

/** Bytes of an answer beyond which an upstream is cut off. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Characters of one event; a whole tool call may come in one. */
const MAX_EVENT_CHARS = 4 * 1024 * 1024;
const MAX_ERROR_BYTES = 16 * 1024;

const SUPPORTS = [
  'temperature',
  'top_p',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
];

const Milliseconds = z.number().int().min(1).max(3_600_000);

const RelayOptions = z.strictObject({
  /** Ends before `/chat/completions`, usually in `/v1`. */
  baseUrl: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  /** The model's name at the upstream. */
  model: z.string().min(1).max(256),
  apiKey: z.string().min(1).optional(),
  /** SHA-256 of the weights where the operator knows it; otherwise the digest names the model only. */
  digest: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .optional(),
  connectMs: Milliseconds.default(5_000),
  /** From sending the question to the first token of a stream. */
  firstTokenMs: Milliseconds.default(60_000),
  /** Between two pieces of a stream. */
  idleMs: Milliseconds.default(30_000),
  /** The whole answer. */
  totalMs: Milliseconds.default(600_000),
  connections: z.number().int().min(1).max(4096).default(256),
  contextTokens: z.number().int().positive().default(8192),
  maxOutputTokens: z.number().int().positive().default(4096),
  /** The field in which the upstream takes the limit of an answer: newer models of OpenAI know only the second. */
  limitField: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  supports: z.array(z.string()).optional(),
  /** What the upstream's model can do; told from its name where nothing is said. */
  answers: z
    .array(z.enum(['chat', 'embeddings']))
    .min(1)
    .optional(),
});
type RelayOptions = z.infer<typeof RelayOptions>;

/** Names of models that turn texts into vectors. */
const EMBEDS = /embed|\b(?:bge|gte|e5|gtr)-|minilm/i;

/** The body for the upstream: what was asked, with its own model name and framing. */
function upstreamBody(request: ChatRequest, options: RelayOptions): string {
  const body: Record<string, unknown> = { ...request, model: options.model };
  delete body.models;
  delete body.provider;
  if (request.stream) body.stream_options = { include_usage: true };
  else delete body.stream_options;
  // Nobody pays for tokens beyond the card's limit. Servers pass over a limit in the field that they do not know.
  const limit = request.max_completion_tokens ?? request.max_tokens ?? options.maxOutputTokens;
  delete body.max_completion_tokens;
  delete body.max_tokens;
  body[options.limitField] = Math.min(limit, options.maxOutputTokens);
  return JSON.stringify(body);
}

/**
 * The upstream's counts where they are possible, else the most that is: a token is at least one byte of text, a tool call
 * costs a few tokens of framing, and templates add to a prompt. Where nothing is claimed we count ourselves.
 */
function plausibleUsage(
  state: UpstreamState,
  bodyBytes: number,
  request: ChatRequest,
  notes: string[],
): Answer['usage'] {
  const mostCompletion = state.bytes + 16 * (state.toolCalls + 1);
  const mostPrompt = bodyBytes + 1024;
  if (!state.usage) {
    const prompt = request.messages.reduce((sum, m) => sum + countTokens(textOf(m.content)) + 4, 0);
    return { promptTokens: prompt, completionTokens: Math.ceil(state.bytes / 4) };
  }
  const { prompt, completion } = state.usage;
  if (completion > mostCompletion) {
    notes.push(
      `The upstream claims ${completion} completion tokens for ${state.bytes} bytes; counted ${mostCompletion}.`,
    );
  }
  if (prompt > mostPrompt) {
    notes.push(
      `The upstream claims ${prompt} prompt tokens for a request of ${bodyBytes} bytes; counted ${mostPrompt}.`,
    );
  }
  return { promptTokens: Math.min(prompt, mostPrompt), completionTokens: Math.min(completion, mostCompletion) };
}

async function emitAll(ready: { delta: ChatDelta; logprobs: unknown }[], call: AnswerCall): Promise<void> {
  for (const { delta, logprobs } of ready) {
    const slow = call.emit(delta, logprobs);
    if (slow instanceof Promise) await slow;
  }
  ready.length = 0;
}

function openRelay(options: RelayOptions): OpenExpert {
  const url = new URL(`${options.baseUrl}/chat/completions`);
  const path = url.pathname + url.search;
  const pool = new Pool(url.origin, {
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: { timeout: options.connectMs },
    // Our own timers are exact; undici's would only fire beside them.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (options.apiKey) headers.authorization = `Bearer ${options.apiKey}`;

  const answers = options.answers ?? (EMBEDS.test(options.model) ? ['embeddings'] : ['chat']);

  async function readStream(
    body: Dispatcher.ResponseData['body'],
    call: AnswerCall,
    onBytes: () => void,
    onToken: () => void,
  ): Promise<UpstreamState> {
    const chunks = createChunkReader();
    const ready: { delta: ChatDelta; logprobs: unknown }[] = [];
    const reader = createSseReader(MAX_EVENT_CHARS, (data) => {
      const piece = chunks.read(data);
      if (piece) ready.push(piece);
    });
    const decoder = new TextDecoder();
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      onBytes();
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw malformed(`with more than ${MAX_ANSWER_BYTES} bytes`);
      reader.push(decoder.decode(chunk, { stream: true }));
      if (ready.length > 0) {
        onToken();
        await emitAll(ready, call);
      }
      if (chunks.state.done) break;
    }
    // Some servers end their last event with one line break only.
    reader.push('\n\n');
    await emitAll(ready, call);
    return chunks.state;
  }

  async function answer(request: ChatRequest, call: AnswerCall): Promise<Answer> {
    const body = upstreamBody(request, options);
    const abort = new AbortController();
    const onClientGone = () =>
      abort.abort(new TributaryError('cancelled', 'The client closed the request.', { status: 499 }));
    if (call.signal.aborted) onClientGone();
    call.signal.addEventListener('abort', onClientGone, { once: true });
    const streamed = request.stream === true;
    const total = setTimeout(() => abort.abort(timeout('no whole answer', options.totalMs)), options.totalMs);
    let wait: NodeJS.Timeout | undefined;
    if (streamed) {
      wait = setTimeout(() => abort.abort(timeout('no token', options.firstTokenMs)), options.firstTokenMs);
    }
    let started = false;
    const onToken = () => {
      if (started) return;
      started = true;
      clearTimeout(wait);
      wait = setTimeout(() => abort.abort(timeout('nothing more', options.idleMs)), options.idleMs);
    };
    const onBytes = () => {
      if (started) wait?.refresh();
    };
    try {
      const response = await pool.request({ method: 'POST', path, headers, body, signal: abort.signal });
      if (response.statusCode !== 200) {
        throw refused(response.statusCode, await readBody(response.body, MAX_ERROR_BYTES).catch(() => ''));
      }
      let state: UpstreamState;
      if (streamed && String(response.headers['content-type']).includes('event-stream')) {
        state = await readStream(response.body, call, onBytes, onToken);
        if (!state.finishReason) {
          if (!state.done) throw malformed('only the beginning of an answer');
          state.finishReason = state.toolCalls > 0 ? 'tool_calls' : 'stop';
        }
      } else {
        const whole = readWhole(await readBody(response.body, MAX_ANSWER_BYTES));
        state = whole.state;
        await call.emit(whole.delta, whole.logprobs);
      }
      const notes: string[] = [];
      const usage = plausibleUsage(state, Buffer.byteLength(body), request, notes);
      return {
        outcome: 'answered',
        finishReason: state.finishReason ?? 'stop',
        usage,
        attribution: [],
        citations: [],
        notes,
      };
    } catch (error) {
      throw asUpstreamError(abort.signal.aborted ? abort.signal.reason : error);
    } finally {
      clearTimeout(total);
      clearTimeout(wait);
      call.signal.removeEventListener('abort', onClientGone);
    }
  }

  return {
    modelDigest: (options.digest as `0x${string}` | undefined) ?? sha256Hex(canonicalJson({ model: options.model })),
    hints: {},
    answers,
    supports: options.supports ?? [
      ...(answers.includes('chat') ? SUPPORTS : []),
      ...(answers.includes('embeddings') ? ['dimensions'] : []),
    ],
    deterministic: false,
    contextTokens: options.contextTokens,
    maxOutputTokens: options.maxOutputTokens,
    answer,
    embed: embedThrough(pool, headers, options),
    close: () => pool.destroy(),
  };
}

/** Answers through any OpenAI-compatible upstream: streamed or whole, content untouched, token counts kept plausible. */
export const relay: Expert<RelayOptions> = {
  name: 'relay',
  options: RelayOptions,
  suits(question) {
    if (question.needsModel) return { score: 1, why: 'the request needs a language model' };
    return { score: 0.4, why: 'a language model can try any question' };
  },
  open: async (options) => openRelay(options),
};
