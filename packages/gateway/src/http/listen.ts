import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { TributaryError } from '@tributary/protocol';
import type { Hono } from 'hono';

/** A server that listens. */
export interface Listening {
  server: Server;
  /** Where it can be reached from this machine. */
  url: string;
  /** Takes no more requests and waits for those under way, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** @throws `port_in_use` and the like as `cannot_listen` */
export function listen(app: Hono, options: { host: string; port: number }): Promise<Listening> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }) as Server;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? `port ${port} is in use` : cause.message;
      reject(
        new TributaryError('cannot_listen', `The gateway cannot listen on ${host}:${port}: ${why}.`, {
          cause,
          hint: 'Stop the other program, or choose another port with --port or PORT.',
        }),
      );
    });
    server.once('listening', () => {
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
