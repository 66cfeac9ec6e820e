import type { TributaryError } from '@tributary/protocol';
import { errorAnswer } from './errors.ts';

const EXPOSED =
  'x-request-id, x-tributary-request, PAYMENT-REQUIRED, PAYMENT-RESPONSE, openai-processing-ms, retry-after';

/** Lets pages of any origin read our answers: nothing here rests on cookies. */
export const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED } as const;

const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-max-age': '86400',
} as const;

/** Answer to `OPTIONS`: any header may be sent, `Authorization` must be named since `*` does not cover it. */
export function preflight(request: Request): Response {
  const asked = request.headers.get('access-control-request-headers');
  const allowed =
    asked && asked.length <= 2048 ? asked : 'authorization, content-type, payment-signature, idempotency-key';
  return new Response(null, { status: 204, headers: { ...PREFLIGHT, 'access-control-allow-headers': allowed } });
}

export function json(body: unknown, headers: Record<string, string> = {}, status = 200): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { 'content-type': 'application/json', ...CORS, ...headers } });
}

/** An error in the form of the path's API. */
export function failed(path: string, error: TributaryError, headers: Record<string, string> = {}): Response {
  const { status, headers: own, body } = errorAnswer(path, error);
  return new Response(body, { status, headers: { ...CORS, ...own, ...headers } });
}
