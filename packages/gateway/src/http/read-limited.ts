import { TributaryError } from '@tributary/protocol';

/** The body of a web request, at most `limit` bytes. @throws `request_too_large` (413) */
export async function readLimited(request: Request, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      throw new TributaryError('request_too_large', `The request body is larger than ${limit} bytes.`, { status: 413 });
    }
    parts.push(value);
  }
  return Buffer.concat(parts);
}
