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

/** The answer for an error: OpenAI's shape under /v1, Problem Details elsewhere. */
export function errorResponse(path: string, error: TributaryError, extra: Record<string, unknown> = {}): Response {
  if (path.startsWith('/v1/')) {
    return new Response(JSON.stringify({ ...toOpenAi(error), ...extra }), {
      status: error.status,
      headers: { 'content-type': 'application/json' },
    });
  }
  return new Response(JSON.stringify({ ...toProblem(error), ...extra }), {
    status: error.status,
    headers: { 'content-type': 'application/problem+json' },
  });
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
