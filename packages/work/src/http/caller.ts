import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TributaryError } from '@tributary/protocol';

/** Bytes that may wait for a slow caller before the provider is slowed down as well. */
const HIGH_WATER_BYTES = 256 * 1024;
/** How long a caller may take nothing of what waits for it, milliseconds. */
const STALLED_MS = 60_000;
/** Where a proxy says whom it asks for. */
const FORWARDED = 'x-forwarded-for';

export type Headers = Record<string, string>;

/** Somebody who asks over HTTP: what they sent, and the way to answer them. */
export interface Caller {
  /** Path of the request, without its query. */
  readonly path: string;
  /** Where the request came from; empty where that is not known. */
  readonly address: string;
  /** A header by its lower-case name. */
  header(name: string): string | null;
  /** The whole body. @throws `request_too_large` (413) beyond `limit` bytes */
  body(limit: number): Promise<Uint8Array>;
  /** Runs `leave` when the caller goes before the answer has ended. */
  onGone(leave: () => void): void;
  /** Sends the whole answer. */
  answer(status: number, headers: Headers, body: string): void;
  /** Begins a streamed answer. */
  open(headers: Headers): void;
  /** Sends more of it; the promise waits for a slow caller. Nothing happens once the caller has gone. */
  write(text: string): Promise<void> | void;
  end(): void;
}

function tooLarge(limit: number): TributaryError {
  return new TributaryError('request_too_large', `The request body is larger than ${limit} bytes.`, {
    status: 413,
    hint: 'Send fewer or shorter messages.',
  });
}

/**
 * A caller at a socket; one that stops reading has gone. Written on Node's own request and response: the web's cost more than all
 * our cryptography.
 */
export function callerAtSocket(request: IncomingMessage, response: ServerResponse, stalledMs = STALLED_MS): Caller {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return {
    path: query < 0 ? url : url.slice(0, query),
    address: request.socket.remoteAddress ?? '',
    header(name) {
      const value = request.headers[name];
      return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
    },
    body(limit) {
      return new Promise((resolve, reject) => {
        const parts: Buffer[] = [];
        let size = 0;
        if (Number(request.headers['content-length'] ?? 0) > limit) {
          reject(tooLarge(limit));
          return;
        }
        request.on('data', (part: Buffer) => {
          size += part.length;
          if (size <= limit) parts.push(part);
          else reject(tooLarge(limit));
        });
        request.once('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
        request.once('error', () => reject(new TributaryError('client_gone', 'The client left.', { status: 499 })));
      });
    },
    onGone(leave) {
      response.once('close', () => {
        if (!response.writableFinished) leave();
      });
    },
    answer(status, headers, body) {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(body);
      takeInTime(response, stalledMs);
    },
    open(headers) {
      response.writeHead(200, headers);
    },
    write(text) {
      if (response.destroyed || response.write(text) || response.writableLength < HIGH_WATER_BYTES) return;
      return drained(response, stalledMs);
    },
    end() {
      response.end();
      takeInTime(response, stalledMs);
    },
  };
}

/** Gives up a caller that does not take the end of its answer. */
function takeInTime(response: ServerResponse, stalledMs: number): void {
  if (response.writableLength > 0) response.setTimeout(stalledMs, () => response.destroy());
}

async function drained(response: ServerResponse, stalledMs: number): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  const stalled = setTimeout(() => response.destroy(), stalledMs);
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    clearTimeout(stalled);
    settled.abort();
  }
}

/**
 * Asks inside the gateway, for doors whose libraries speak in web requests: `ask` gets `request` as a caller, and what it
 * answers is the response. Rejects with what `ask` throws before its first word.
 * @param outer on whose behalf it is asked: what fails is counted by where it comes from, whichever door it takes
 */
export function askInside(
  request: Request,
  outer: Pick<Caller, 'address' | 'header'> | undefined,
  ask: (caller: Caller) => Promise<void>,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  let leave = (): void => undefined;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let wake: (() => void) | undefined;
  const encoder = new TextEncoder();
  request.signal.addEventListener('abort', () => leave(), { once: true });
  const caller: Caller = {
    path: new URL(request.url).pathname,
    address: outer?.address ?? '',
    header: (name) => (name === FORWARDED ? (outer?.header(name) ?? null) : request.headers.get(name)),
    async body(limit) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (bytes.length > limit) throw tooLarge(limit);
      return bytes;
    },
    onGone(then) {
      leave = then;
    },
    answer: (status, headers, body) => resolve(new Response(body, { status, headers })),
    open(headers) {
      const body = new ReadableStream<Uint8Array>(
        {
          start(c) {
            controller = c;
          },
          pull() {
            wake?.();
            wake = undefined;
          },
          cancel() {
            controller = undefined;
            wake?.();
            leave();
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
      );
      resolve(new Response(body, { headers }));
    },
    write(text) {
      controller?.enqueue(encoder.encode(text));
      if (!controller || (controller.desiredSize ?? 0) > 0) return;
      return new Promise((resume) => {
        wake = resume;
      });
    },
    end() {
      leave = () => undefined;
      controller?.close();
      controller = undefined;
    },
  };
  ask(caller).catch(reject);
  return promise;
}
