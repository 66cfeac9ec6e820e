import { type ChatDelta, collectMessage, type ToolCallDelta } from '@tributary/models';
import { type AnswerMessage, TributaryError } from '@tributary/protocol';

/** The most text one answer may hold, bytes: far above any model's output, far below the memory. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** A `delta` of a streamed choice. */
export interface Delta extends ChatDelta {
  role?: string;
}

/** Puts a streamed answer together again, so that its hash can be compared with the receipt's. */
export interface AnswerBuilder {
  /**
   * Takes one delta and returns it as it is to be relayed: without the role, tool calls numbered from 0 without holes.
   * @throws `provider_malformed` for wrong types, and when the answer grows beyond 4 MiB
   */
  take(delta: Delta): Delta;
  /** What `hashAnswer` hashes. */
  message(): AnswerMessage;
  /** UTF-8 bytes of everything a model wrote: text, refusal, reasoning and tool calls. */
  readonly writtenBytes: number;
}

function malformed(what: string): TributaryError {
  return new TributaryError('provider_malformed', `The provider sent ${what}.`, { status: 502, retryable: true });
}

const TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const;

function textBytes(delta: Record<string, unknown>): number {
  let bytes = 0;
  for (const field of TEXTS) {
    const value = delta[field];
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (value !== null && value !== undefined) throw malformed(`a delta whose ${field} is no text`);
  }
  return bytes;
}

export function createAnswerBuilder(): AnswerBuilder {
  const collected = collectMessage();
  const numbers = new Map<number, number>();
  let writtenBytes = 0;

  function renumber(piece: ToolCallDelta): ToolCallDelta {
    const name = piece.function?.name ?? '';
    const text = piece.function?.arguments ?? '';
    if (typeof name !== 'string' || typeof text !== 'string') throw malformed('a tool call that is no text');
    writtenBytes += Buffer.byteLength(name) + Buffer.byteLength(text);
    const index = numbers.get(piece.index) ?? numbers.size;
    numbers.set(piece.index, index);
    return index === piece.index ? piece : { ...piece, index };
  }

  return {
    take({ role: _, ...delta }) {
      writtenBytes += textBytes(delta);
      if (delta.tool_calls?.length) delta.tool_calls = delta.tool_calls.map(renumber);
      if (writtenBytes > MAX_ANSWER_BYTES || numbers.size > 1024) throw malformed('an answer that is too long');
      collected.add(delta);
      return delta;
    },
    message: () => collected.message(),
    get writtenBytes() {
      return writtenBytes;
    },
  };
}

/** UTF-8 bytes of everything in a whole message that a model wrote. */
export function writtenBytesOf(message: Record<string, unknown>): number {
  const calls = message.tool_calls;
  return textBytes(message) + (Array.isArray(calls) && calls.length > 0 ? Buffer.byteLength(JSON.stringify(calls)) : 0);
}
