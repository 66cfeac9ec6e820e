import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TributaryError } from '@tributary/protocol';
import { callerAtSocket } from '@tributary/work';
import { errorAnswer } from './errors.ts';

/** How long an idle connection stays open, milliseconds: longer than gateways keep theirs, so that they are the ones to close. */
const KEEP_ALIVE_MS = 75_000;

/** How long a request may take to come in whole, milliseconds: a slow sender holds its place no longer. */
const REQUEST_MS = 60_000;
/** Connections at the same time; more are closed at once. */
const MOST_CONNECTIONS = 4_096;

/** A socket that is bound before there is anything to answer: the port belongs to the card, and the card to the app. */
export interface Listener {
  /** Base URL, with the port that the system gave. */
  readonly url: string;
  /** From now on `app` answers; before, everything gets a 503. */
  serve(app: RequestListener): void;
  /** Stops accepting, lets answers under way finish for `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

/** Binds host and port. Throws `port_taken` or `cannot_listen`. */
export async function listen(host: string, port: number): Promise<Listener> {
  let app: RequestListener = (request, response) => {
    const starting = new TributaryError('starting', 'The node is starting.', { status: 503, retryable: true });
    const caller = callerAtSocket(request, response);
    const { status, headers, body } = errorAnswer(caller.path, starting);
    caller.answer(status, headers, body);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, (request, response) =>
    app(request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      reject(
        new TributaryError(
          taken ? 'port_taken' : 'cannot_listen',
          `Cannot listen on ${host}:${port}: ${cause.message}`,
          {
            cause,
            hint: taken ? 'Choose another port, or 0 for any free one.' : 'Check host and port.',
          },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${bound.port}`,
    serve(ready) {
      app = ready;
    },
    async close(graceMs) {
      // Resolves also when the server is closed already.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
