import type { RequestListener } from 'node:http';
import { TributaryError } from '@tributary/protocol';
import { boundedServer, callerAtSocket, closeServer, localUrl } from '@tributary/work';
import { errorAnswer } from './errors.ts';

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
  const server = boundedServer((request, response) => app(request, response));
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
  return {
    url: localUrl(server, host),
    serve(ready) {
      app = ready;
    },
    close: (graceMs) => closeServer(server, graceMs),
  };
}
