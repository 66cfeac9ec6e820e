import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { TributaryError } from '@tributary/protocol';
import { z } from 'zod';

const Ports = z.record(z.string(), z.number().int().min(1).max(65_535));

/** Whether nobody listens on the port of this machine; 0 asks for any and gives it. Null when it is taken. */
function probe(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}

/**
 * The same free ports at every start, kept in `ports.json`: endpoints stand on chain, so they should not move. A port that
 * somebody else took meanwhile is replaced.
 */
export async function stablePorts<Name extends string>(
  home: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const file = join(home, 'ports.json');
  let known: Record<string, number> = {};
  try {
    known = Ports.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // First start, or a damaged file: choose again.
  }
  const chosen = {} as Record<Name, number>;
  for (const name of names) {
    let port = known[name] === undefined ? null : await probe(known[name]);
    while (!port || Object.values(chosen).includes(port)) port = await probe(0);
    chosen[name] = port;
  }
  await writeFile(file, `${JSON.stringify(chosen, null, 2)}\n`);
  return chosen;
}

/** Throws `port_taken`, with how to choose another, unless the port is free; 0 gives any free port. */
export async function requirePort(port: number, choose = 'PORT=8788 npm start'): Promise<number> {
  const free = await probe(port);
  if (free === null) {
    throw new TributaryError('port_taken', `Port ${port} is in use.`, {
      status: 500,
      param: 'PORT',
      hint: `Stop what listens there, perhaps another network of yours, or choose another port: ${choose}`,
    });
  }
  return free;
}
