import { TributaryError } from '@tributary/protocol';
import type { Command } from 'commander';
import { command, type Outcome, runs } from '../command.ts';
import { type CommonOptions, homeOf } from '../home.ts';
import type { Io } from '../io.ts';
import { up as startNetwork, welcome } from '../up/index.ts';

const DEFAULT_PORT = 8787;

interface Options extends CommonOptions {
  port?: string;
  documents?: string;
  upstream: string[];
}

function portOf(io: Io, text: string | undefined): number {
  const given = text ?? io.env.PORT ?? String(DEFAULT_PORT);
  const port = Number(given);
  if (/^\d{1,5}$/.test(given) && port <= 65_535) return port;
  throw new TributaryError('invalid_value', `The port is ${JSON.stringify(given)}, expected 0 to 65535.`, {
    param: 'port',
  });
}

/** `tributary up`: a whole network on this machine, until it is told to end. */
export function up(io: Io, done: (o: Outcome) => void): Command {
  const c = command('up', 'start a whole network on this machine: chain, gateway, providers, and a funded API key')
    .option('--port <number>', `port of the gateway (PORT, default ${DEFAULT_PORT}); 0 takes any`)
    .option('--documents <folder>', 'answer from these documents instead of the repository’s own')
    .option(
      '--upstream <url>',
      'offer this OpenAI-compatible server; may be repeated',
      (v, all: string[]) => [...all, v],
      [],
    );
  return runs<Options>(c, io, done, async ({ out }, options) => {
    const { documents } = options;
    const network = await out.during('starting', (tell) =>
      startNetwork({
        home: homeOf(io, options),
        port: portOf(io, options.port),
        ...(documents === undefined ? {} : { documents }),
        upstreams: options.upstream,
        progress(message) {
          tell(message);
          if (!out.isTerminal) io.stderr.write(`${message}\n`);
        },
      }),
    );
    out.line(welcome(network.network));
    out.result(network.network);
    await new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      io.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await out.during('ending', () => network.stop());
    return undefined;
  });
}
