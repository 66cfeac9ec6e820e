import { TributaryError } from '@tributary/protocol';
import type { Dispatcher } from 'undici';
import { malformed } from './upstream-stream.ts';

/** The upstream gave nothing in time. */
export function timeout(what: string, ms: number): TributaryError {
  return new TributaryError('upstream_timeout', `The model behind this service gave ${what} within ${ms} ms.`, {
    status: 504,
    retryable: true,
  });
}

/** An upstream's HTTP error as ours: 400, 413 and 422 blame the question, everything else this provider. */
export function refused(status: number, body: string): TributaryError {
  let message = body.slice(0, 300);
  let param: string | null = null;
  try {
    const error: unknown = JSON.parse(body)?.error;
    if (typeof error === 'string') message = error.slice(0, 300);
    if (typeof error === 'object' && error !== null) {
      if ('message' in error) message = String(error.message).slice(0, 300);
      if ('param' in error && typeof error.param === 'string') param = error.param.slice(0, 64);
    }
  } catch {
    // Many servers answer errors in HTML or plain text; the cut text above is what there is to say.
  }
  if (status === 400 || status === 413 || status === 422) {
    return new TributaryError('upstream_refused', `The model refused the request: ${message}`, { status, param });
  }
  if (status === 429) {
    return new TributaryError('upstream_busy', 'The model behind this service takes no more requests now.', {
      status: 503,
      retryable: true,
    });
  }
  const detail = status === 401 || status === 403 ? 'did not accept the provider’s key' : `answered status ${status}`;
  return new TributaryError('upstream_failed', `The model behind this service ${detail}.`, {
    status: 502,
    retryable: true,
    cause: new Error(message),
  });
}

/** Anything thrown on the way to an upstream, as an error with its own code. */
export function asUpstreamError(error: unknown): TributaryError {
  if (TributaryError.is(error)) return error;
  if (error instanceof RangeError) return malformed(`too much: ${error.message}`);
  return new TributaryError('upstream_unreachable', 'The model behind this service cannot be reached.', {
    status: 502,
    retryable: true,
    cause: error,
  });
}

/** An upstream's body as text. @throws `upstream_malformed` beyond the limit */
export async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  let first: Buffer | undefined;
  let all: Buffer[] | undefined;
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw malformed(`with more than ${maxBytes} bytes`);
    if (!first) {
      first = chunk;
    } else {
      all ??= [first];
      all.push(chunk);
    }
  }
  return all ? Buffer.concat(all).toString('utf8') : (first?.toString('utf8') ?? '');
}
