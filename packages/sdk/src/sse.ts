import { TributaryError } from '@tributary/protocol';

const MAX_EVENT_CHARACTERS = 8 * 1024 * 1024;

/**
 * The `data` of each server-sent event. Lines end in LF, CRLF or CR and may be cut anywhere; comments and other fields
 * are passed over. Throws `gateway_malformed` when one event is larger than 8 Mi characters.
 */
export async function* sseData(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      // A CR at the very end may be the first half of a CRLF.
      const lines = rest.split(done ? /\r\n|\r|\n/ : /\r\n|\r(?!$)|\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n');
          data = [];
          size = 0;
        } else if (line.startsWith('data:')) {
          data.push(line.slice(line[5] === ' ' ? 6 : 5));
          size += line.length;
        }
      }
      if (rest.length + size > MAX_EVENT_CHARACTERS) {
        throw new TributaryError('gateway_malformed', 'The gateway sent an event larger than 8 Mi characters.', {
          status: 502,
        });
      }
      if (done) break;
    }
    if (rest.startsWith('data:')) data.push(rest.slice(rest[5] === ' ' ? 6 : 5));
    if (data.length > 0) yield data.join('\n');
  } finally {
    // Reached as well when the caller stops early: the gateway learns that nobody listens.
    await reader.cancel().catch(() => undefined);
  }
}
