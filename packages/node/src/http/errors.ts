import { TributaryError, toOpenAi, toProblem } from '@tributary/protocol';
import type { z } from 'zod';

/** Turns anything thrown into an error that may be shown to strangers; what is not ours says nothing of its inside. */
export function asTributaryError(error: unknown): TributaryError {
  if (TributaryError.is(error)) return error;
  return new TributaryError('internal_error', 'The node failed to handle this request.', {
    status: 500,
    retryable: true,
    cause: error,
  });
}

/** An error in the form of its path: OpenAI's under /v1, Problem Details elsewhere. `extra` are more members of the body. */
export function errorAnswer(
  path: string,
  error: TributaryError,
  extra: Record<string, unknown> = {},
): { status: number; headers: Record<string, string>; body: string } {
  const openAi = path.startsWith('/v1/');
  return {
    status: error.status,
    headers: {
      'content-type': openAi ? 'application/json' : 'application/problem+json',
      ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
    },
    body: JSON.stringify({ ...(openAi ? toOpenAi(error) : toProblem(error)), ...extra }),
  };
}

/** The same as a web response. */
export function errorResponse(path: string, error: TributaryError, extra: Record<string, unknown> = {}): Response {
  const { body, ...head } = errorAnswer(path, error, extra);
  return new Response(body, head);
}

/** A schema's complaint as a 400 that names the first field at fault. */
export function invalid(error: z.ZodError): TributaryError {
  const issue = error.issues[0];
  const param = issue?.path.join('.') ?? '';
  return new TributaryError('invalid_value', `${param || 'The body'}: ${issue?.message ?? 'not as expected'}.`, {
    param: param || null,
    hint: 'See spec/wire.md.',
  });
}
