import { TributaryError } from '@tributary/protocol';
import type { Answer, ChatDelta, ToolCallDelta } from '../expert.ts';

/** Token counts as an upstream claims them. */
interface ClaimedUsage {
  prompt: number;
  completion: number;
}

/** What was read out of an upstream's answer, whole or in chunks. */
export interface UpstreamState {
  finishReason: Answer['finishReason'] | undefined;
  usage: ClaimedUsage | undefined;
  /** UTF-8 bytes of everything the model wrote. */
  bytes: number;
  toolCalls: number;
  done: boolean;
}

const FINISH_REASONS = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** The error for a body that is no chat completion. Another provider may do better. */
export function malformed(detail: string): TributaryError {
  return new TributaryError('upstream_malformed', `The model behind this service answered ${detail}.`, {
    status: 502,
    retryable: true,
  });
}

type Fields = Record<string, unknown>;

function isFields(v: unknown): v is Fields {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

function parse(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('with a body that is not JSON');
  }
  if (!isFields(value)) throw malformed('with JSON that is no object');
  return value;
}

function claimedUsage(body: Fields): ClaimedUsage | undefined {
  // Groq puts a stream's usage into a field of its own.
  const usage = body.usage ?? (isFields(body.x_groq) ? body.x_groq.usage : undefined);
  if (!isFields(usage)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (!Number.isSafeInteger(prompt) || !Number.isSafeInteger(completion)) return undefined;
  return { prompt: Math.max(0, Number(prompt)), completion: Math.max(0, Number(completion)) };
}

function failIfError(body: Fields): void {
  if (body.error === undefined || body.error === null) return;
  const message = isFields(body.error) ? body.error.message : body.error;
  throw new TributaryError(
    'upstream_failed',
    `The model behind this service failed: ${String(message).slice(0, 300)}`,
    {
      status: 502,
      retryable: true,
    },
  );
}

function noteFinish(state: UpstreamState, reason: unknown): void {
  if (typeof reason !== 'string') return;
  if (reason === 'error') throw malformed('with an error after the start');
  state.finishReason = FINISH_REASONS.has(reason) ? (reason as Answer['finishReason']) : 'stop';
}

function byteLength(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}

function countBytes(state: UpstreamState, delta: Fields): void {
  state.bytes += byteLength(delta.content) + byteLength(delta.refusal);
  state.bytes += byteLength(delta.reasoning_content) + byteLength(delta.reasoning);
}

/**
 * Gives tool calls indexes from 0 without holes, whatever the upstream counts from, and drops the empty names some send
 * with later pieces: the official client throws or garbles otherwise.
 */
function repairToolCalls(pieces: unknown, own: Map<unknown, number>, state: UpstreamState): ToolCallDelta[] {
  if (!Array.isArray(pieces)) throw malformed('with tool calls that are no list');
  return pieces.map((piece: unknown, at) => {
    if (!isFields(piece)) throw malformed('with a tool call that is no object');
    const key = piece.index ?? piece.id ?? `at ${at}`;
    let index = own.get(key);
    if (index === undefined) {
      index = own.size;
      if (index >= 128) throw malformed('with more than 128 tool calls');
      own.set(key, index);
    }
    state.toolCalls = own.size;
    const fn = isFields(piece.function) ? piece.function : undefined;
    state.bytes += byteLength(fn?.name) + byteLength(fn?.arguments);
    return {
      index,
      ...(typeof piece.id === 'string' && piece.id ? { id: piece.id, type: 'function' as const } : {}),
      ...(fn
        ? {
            function: {
              ...(typeof fn.name === 'string' && fn.name ? { name: fn.name } : {}),
              ...(typeof fn.arguments === 'string' ? { arguments: fn.arguments } : {}),
            },
          }
        : {}),
    };
  });
}

/** True when a delta says something; a first `{role, content: ""}` does not. */
function saysSomething(delta: ChatDelta): boolean {
  for (const key in delta) {
    const value = delta[key];
    if (value !== null && value !== undefined && value !== '') return true;
  }
  return false;
}

/** Reads the chunks of one streamed answer; gives the delta to pass on, if the chunk has one. */
export function createChunkReader(): {
  state: UpstreamState;
  read(data: string): { delta: ChatDelta; logprobs: unknown } | undefined;
} {
  const state: UpstreamState = { finishReason: undefined, usage: undefined, bytes: 0, toolCalls: 0, done: false };
  const indexes = new Map<unknown, number>();
  return {
    state,
    read(data) {
      if (state.done) return undefined;
      if (data === '[DONE]') {
        state.done = true;
        return undefined;
      }
      const chunk = parse(data);
      failIfError(chunk);
      state.usage = claimedUsage(chunk) ?? state.usage;
      const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
      if (!isFields(choice) || (typeof choice.index === 'number' && choice.index !== 0)) return undefined;
      noteFinish(state, choice.finish_reason);
      if (!isFields(choice.delta)) return undefined;
      const delta: ChatDelta = choice.delta;
      delete delta.role;
      countBytes(state, delta);
      if (delta.tool_calls) delta.tool_calls = repairToolCalls(delta.tool_calls, indexes, state);
      const logprobs = choice.logprobs ?? undefined;
      return saysSomething(delta) || logprobs !== undefined ? { delta, logprobs } : undefined;
    },
  };
}

/** Reads a whole chat completion as one delta. Throws a `TributaryError` when it is none. */
export function readWhole(text: string): { state: UpstreamState; delta: ChatDelta; logprobs: unknown } {
  const body = parse(text);
  failIfError(body);
  const choice: unknown = Array.isArray(body.choices) ? body.choices[0] : undefined;
  if (!isFields(choice) || !isFields(choice.message)) throw malformed('without a message');
  const state: UpstreamState = {
    finishReason: undefined,
    usage: claimedUsage(body),
    bytes: 0,
    toolCalls: 0,
    done: true,
  };
  noteFinish(state, choice.finish_reason);
  state.finishReason ??= 'stop';
  const delta: ChatDelta = choice.message;
  delete delta.role;
  countBytes(state, delta);
  if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) {
    // A whole message lists its calls in order and has no indexes.
    const pieces = delta.tool_calls.map((call: unknown, index) => (isFields(call) ? { ...call, index } : call));
    delta.tool_calls = repairToolCalls(pieces, new Map(), state);
  } else {
    delete delta.tool_calls;
  }
  return { state, delta, logprobs: choice.logprobs ?? undefined };
}
