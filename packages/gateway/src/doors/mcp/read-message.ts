import { TributaryError } from '@tributary/protocol';
import { parseObject } from '../../http/parse-chat.ts';

/** A tool call holds a question or a receipt: a mebibyte is far above both. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** A body of at most `limit` bytes. @throws `request_too_large` (413) */
async function readLimited(request: Request, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      throw new TributaryError('request_too_large', `A message is larger than ${limit} bytes.`, { status: 413 });
    }
    parts.push(value);
  }
  return Buffer.concat(parts);
}

/**
 * One JSON-RPC message. Batches are not taken: the revisions of today have none, and each of their messages could be costly.
 *
 * @throws `unsupported_media_type` (415), `request_too_large` (413), `invalid_json` (400)
 */
export async function readMessage(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^\s*application\/json\s*(;|$)/i.test(type)) {
    throw new TributaryError('unsupported_media_type', `Content type ${JSON.stringify(type)} is not JSON.`, {
      status: 415,
      hint: 'Send content-type: application/json.',
    });
  }
  return parseObject(await readLimited(request, MAX_MESSAGE_BYTES));
}
