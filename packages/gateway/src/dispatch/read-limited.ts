import { TributaryError } from '@tributary/protocol';

/** A node's body as text, at most `limit` bytes. @throws `provider_malformed` beyond */
export async function readLimited(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) {
      throw new TributaryError('provider_malformed', `The provider sent more than ${limit} bytes.`, {
        status: 502,
        retryable: true,
      });
    }
    parts.push(part);
  }
  return (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString('utf8');
}
