import { TributaryError } from '@tributary/protocol';

/** The largest request body taken, bytes. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

function tooLarge(limit: number): TributaryError {
  return new TributaryError('request_too_large', `The request body is larger than ${limit} bytes.`, {
    status: 413,
    hint: 'Send fewer or shorter messages.',
  });
}

/**
 * A request's body, at most `limit` bytes.
 * @throws `request_too_large` (413), `unsupported_media_type` (415) unless the content type is JSON.
 */
export async function readBody(request: Request, limit: number = MAX_BODY_BYTES): Promise<Uint8Array> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^\s*application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw new TributaryError('unsupported_media_type', `Content type ${JSON.stringify(type)} is not JSON.`, {
      status: 415,
      hint: 'Send content-type: application/json.',
    });
  }
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (!(Number(declared) <= limit)) throw tooLarge(limit);
    // The HTTP parser holds the sender to the declared length.
    return new Uint8Array(await request.arrayBuffer());
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    parts.push(value);
  }
  return Buffer.concat(parts);
}
