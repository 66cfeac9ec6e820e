import { TributaryError } from '@tributary/protocol';

/** The largest event taken from a node, characters, and the longest stream, bytes: its text may be 4 MiB, the rest is framing. */
const MAX_EVENT_LENGTH = 1024 * 1024;
const MAX_STREAM_BYTES = 32 * 1024 * 1024;

function tooLong(what: string): TributaryError {
  return new TributaryError('provider_malformed', `The provider sent ${what}.`, {
    status: 502,
    retryable: true,
  });
}

/**
 * The `data` of each server-sent event in a byte stream. Comments, other fields and empty events are passed over; lines end
 * in LF or CRLF and may be cut anywhere; an event without its blank line never happened.
 * @throws `provider_malformed` when an event is larger than a mebibyte, or all of them than 32
 */
export async function* sseData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  let data = '';
  let hasData = false;
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_STREAM_BYTES) throw tooLong('a stream larger than 32 MiB');
    let from = rest.length;
    rest += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf('\n', from); end !== -1; end = rest.indexOf('\n', from)) {
      const line = rest.slice(start, rest[end - 1] === '\r' && end > start ? end - 1 : end);
      start = end + 1;
      from = start;
      if (line === '') {
        if (hasData) yield data;
        data = '';
        hasData = false;
      } else if (line.startsWith('data:')) {
        const value = line.slice(line[5] === ' ' ? 6 : 5);
        data = hasData ? `${data}\n${value}` : value;
        hasData = true;
      }
    }
    rest = rest.slice(start);
    if (rest.length + data.length > MAX_EVENT_LENGTH) throw tooLong('an event larger than 1 MiB');
  }
}
