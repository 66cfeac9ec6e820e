import { ChatRequest, TributaryError } from '@tributary/protocol';
import { parseBounded } from '@tributary/work';

/** A chat request as sent and as understood. `raw` is what is hashed and handed on; `chat` is what is read. */
export interface ParsedChat {
  raw: Record<string, unknown>;
  chat: ChatRequest;
  bytes: number;
  /** Vectors are wanted instead of an answer: `raw` is an embeddings request, and every message of `chat` one of its texts. */
  vectors?: { dimensions: number | null };
  /** What the API of the request calls a field of `raw`, where that is another name. */
  nameOf?(param: string): string;
}

/** More than any conversation with tools has, and far from where recursion over a body would fail. */
const BOUNDS = { depth: 256, containers: 100_000 };

const decoder = new TextDecoder('utf-8', { fatal: true });

function refuse(code: string, message: string, param: string | null, hint?: string): TributaryError {
  return new TributaryError(code, message, { param, ...(hint ? { hint } : {}) });
}

/** A request body as a JSON object. @throws `invalid_json` (400) */
export function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseBounded(decoder.decode(bytes), BOUNDS);
  } catch (cause) {
    if (cause instanceof RangeError) throw refuse('invalid_json', `The request body is ${cause.message}.`, null);
    throw new TributaryError('invalid_json', 'The request body is not valid JSON.', { cause });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw refuse('invalid_json', 'The request body must be a JSON object.', null);
  }
  return value as Record<string, unknown>;
}

/** `messages.0.role` of a path. */
export function pathOf(path: readonly PropertyKey[]): string | null {
  return path.length === 0 ? null : path.map(String).join('.');
}

/**
 * Reads a chat completion request.
 * @throws 400 with `param` for anything OpenAI refuses as well.
 */
export function parseChat(bytes: Uint8Array): ParsedChat {
  const raw = parseObject(bytes);
  const parsed = ChatRequest.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = pathOf(issue?.path ?? []);
    throw refuse(
      'invalid_value',
      `Invalid value for ${param ?? 'the request'}: ${issue?.message ?? 'unreadable'}.`,
      param,
    );
  }
  const chat = parsed.data;
  if (chat.model === undefined && !chat.models?.length) {
    throw refuse(
      'missing_required_parameter',
      'Missing required parameter: model.',
      'model',
      'Use "auto" to let the router choose.',
    );
  }
  if (chat.stream_options && !chat.stream) {
    throw refuse('invalid_value', 'stream_options is only allowed when stream is true.', 'stream_options');
  }
  if (raw.top_logprobs != null && raw.logprobs !== true) {
    throw refuse('invalid_value', 'top_logprobs needs logprobs to be true.', 'top_logprobs');
  }
  return { raw, chat, bytes: bytes.length };
}
