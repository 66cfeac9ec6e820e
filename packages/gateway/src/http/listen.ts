import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TributaryError } from '@tributary/protocol';

/** How long an idle connection stays open, milliseconds: longer than clients keep theirs, so that they are the ones to close. */
const KEEP_ALIVE_MS = 75_000;

/** How long a request may take to come in whole, milliseconds: a slow sender holds its place no longer. */
const REQUEST_MS = 60_000;
/** Connections at the same time; more are closed at once. */
const MOST_CONNECTIONS = 4_096;

/** A server that listens. */
export interface Listening {
  server: Server;
  /** Where it can be reached from this machine. */
  url: string;
  /** Takes no more requests and waits for those under way, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** @throws `port_in_use` and the like as `cannot_listen` */
export function listen(app: RequestListener, options: { host: string; port: number }): Promise<Listening> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, app);
    server.maxConnections = MOST_CONNECTIONS;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? `port ${port} is in use` : cause.message;
      reject(
        new TributaryError('cannot_listen', `The gateway cannot listen on ${host}:${port}: ${why}.`, {
          cause,
          hint: 'Stop the other program, or choose another port with --port or PORT.',
        }),
      );
    });
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
      resolve({
        server,
        url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`,
        close(graceMs) {
          return new Promise((done) => {
            const timer = setTimeout(() => server.closeAllConnections(), graceMs);
            server.close(() => {
              clearTimeout(timer);
              done();
            });
            server.closeIdleConnections();
          });
        },
      });
    });
  });
}
