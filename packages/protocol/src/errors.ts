/** A failure with everything a person or a program needs to act on it. Shaped per door by `toOpenAi` and `toProblem`. */
export class TributaryError extends Error {
  override readonly name = 'TributaryError';
  /** Searchable, stable, snake_case. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** True when the same request may succeed if sent again. */
  readonly retryable: boolean;
  /** Seconds after which it may succeed, where that is known. */
  readonly retryAfterSeconds: number | undefined;
  /** The field of the request at fault. */
  readonly param: string | null;
  /** What to do next, one sentence. */
  readonly hint: string | undefined;

  constructor(
    code: string,
    message: string,
    options: {
      status?: number;
      retryable?: boolean;
      retryAfterSeconds?: number;
      param?: string | null;
      hint?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 400;
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.param = options.param ?? null;
    this.hint = options.hint;
  }

  /** Recognises an error by its mark: two copies of this package may be loaded. */
  static is(error: unknown): error is TributaryError {
    return error instanceof Error && error.name === 'TributaryError' && 'code' in error && 'status' in error;
  }
}

/** `type` of an OpenAI error body for a status. */
function openAiType(status: number): string {
  if (status === 402) return 'payment_required';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** The body OpenAI clients expect. The hint is part of the message, because clients show nothing else. */
export function toOpenAi(error: TributaryError): {
  error: { message: string; type: string; param: string | null; code: string };
} {
  const message = error.hint ? `${error.message} ${error.hint}` : error.message;
  return { error: { message, type: openAiType(error.status), param: error.param, code: error.code } };
}

/** RFC 9457 Problem Details. */
export function toProblem(error: TributaryError): Record<string, unknown> {
  return {
    type: `urn:tributary:error:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status: error.status,
    detail: error.message,
    ...(error.param ? { param: error.param } : {}),
    ...(error.hint ? { hint: error.hint } : {}),
  };
}
