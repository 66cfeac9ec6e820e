import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { TributaryError } from '@tributary/protocol';
import type { NodeApp } from './app.ts';
import { errorResponse } from './errors.ts';

/** A socket that is bound before there is anything to answer: the port belongs to the card, and the card to the app. */
export interface Listener {
  /** Base URL, with the port that the system gave. */
  readonly url: string;
  /** From now on `app` answers; before, everything gets a 503. */
  serve(app: NodeApp): void;
  /** Stops accepting, lets answers under way finish for `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

/** Binds host and port. Throws `port_taken` or `cannot_listen`. */
export async function listen(host: string, port: number): Promise<Listener> {
  let app: NodeApp | null = null;
  const server = createAdaptorServer({
    fetch: (request, env) => {
      if (app) return app.fetch(request, env as Parameters<NodeApp['fetch']>[1]);
      const starting = new TributaryError('starting', 'The node is starting.', { status: 503, retryable: true });
      return errorResponse(new URL(request.url).pathname, starting);
    },
  });
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
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      const cut = setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
