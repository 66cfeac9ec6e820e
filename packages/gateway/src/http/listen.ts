import type { RequestListener, Server } from 'node:http';
import { TributaryError } from '@tributary/protocol';
import { boundedServer, closeServer, localUrl } from '@tributary/work';

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
    const server = boundedServer(app);
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
      resolve({ server, url: localUrl(server, host), close: (graceMs) => closeServer(server, graceMs) });
    });
  });
}
