import { TributaryError, toOpenAi, toProblem } from '@tributary/protocol';
import { toAnthropic } from '../doors/messages/errors.ts';

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
  if (error.retryable) {
    const isWorthIt = error.status === 429 || error.status >= 500;
    return isWorthIt ? { 'retry-after': String(error.retryAfterSeconds ?? 2) } : {};
  }
  // Official clients repeat 408, 409, 429 and 5xx on their own; a blind repeat of these does not help.
  return error.status >= 500 || error.status === 409 ? { 'x-should-retry': 'false' } : {};
}

/** The body of an error in the form of the path's API: Anthropic's, OpenAI's under /v1, Problem Details elsewhere. */
function formOf(path: string): (error: TributaryError) => unknown {
  if (path.startsWith('/v1/messages')) return toAnthropic;
  return path.startsWith('/v1') ? toOpenAi : toProblem;
}

/** An error in the form of the path's API. */
export function errorAnswer(
  path: string,
  error: TributaryError,
): { status: number; headers: Record<string, string>; body: string } {
  const form = formOf(path);
  return {
    status: error.status,
    headers: {
      'content-type': form === toProblem ? 'application/problem+json' : 'application/json',
      ...retryHeaders(error),
    },
    body: JSON.stringify(form(error)),
  };
}
