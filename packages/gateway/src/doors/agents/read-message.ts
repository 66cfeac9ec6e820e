import { TributaryError } from '@tributary/protocol';
import { parseObject } from '../../http/parse-chat.ts';
import { readLimited } from '../../http/read-limited.ts';

/** A message holds a question or a receipt: a mebibyte is far above both. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * One JSON-RPC message. Batches are not taken: the protocols of today have none, and each of their messages could be costly.
 *
 * @throws `unsupported_media_type` (415), `request_too_large` (413), `invalid_json` (400)
 */
export async function readMessage(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^\s*application\/(a2a\+)?json\s*(;|$)/i.test(type)) {
    throw new TributaryError('unsupported_media_type', `Content type ${JSON.stringify(type)} is not JSON.`, {
      status: 415,
      hint: 'Send content-type: application/json.',
    });
  }
  return parseObject(await readLimited(request, MAX_MESSAGE_BYTES));
}

/** The JSON-RPC error for a message that could not be read. */
export function unread(error: TributaryError): Response {
  const code = error.code === 'invalid_json' ? -32_700 : -32_600;
  const message = error.hint ? `${error.message} ${error.hint}` : error.message;
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message, data: { code: error.code } } });
  return new Response(body, { status: error.status, headers: { 'content-type': 'application/json' } });
}
