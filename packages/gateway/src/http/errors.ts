import { TributaryError, toOpenAi, toProblem } from '@tributary/protocol';

/** Anything thrown as an error that strangers may see: what is not ours tells nothing of the inside. */
export function asTributaryError(error: unknown): TributaryError {
  if (TributaryError.is(error)) return error;
  return new TributaryError('internal_error', 'The gateway failed to handle this request.', {
    status: 500,
    retryable: true,
    cause: error,
  });
}

/** Headers that tell clients whether to repeat, and when. */
function retryHeaders(error: TributaryError): Record<string, string> {
  if (error.retryable) return error.status === 429 || error.status >= 500 ? { 'retry-after': '2' } : {};
  // Official clients repeat 408, 409, 429 and 5xx on their own; a blind repeat of these does not help.
  return error.status >= 500 || error.status === 409 ? { 'x-should-retry': 'false' } : {};
}

/** The answer for an error: OpenAI's body under /v1, Problem Details elsewhere. */
export function errorResponse(path: string, error: TributaryError, headers: Record<string, string> = {}): Response {
  const openAi = path.startsWith('/v1');
  return new Response(JSON.stringify(openAi ? toOpenAi(error) : toProblem(error)), {
    status: error.status,
    headers: {
      'content-type': openAi ? 'application/json' : 'application/problem+json',
      ...retryHeaders(error),
      ...headers,
    },
  });
}
