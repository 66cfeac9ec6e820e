import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createReader, read, readChainId, receiptLogAbi } from '@tributary/chain';
import { parseApiKey } from '@tributary/payments';
import { formatUnits, sameHex } from '@tributary/protocol';
import { createTributary } from '@tributary/sdk';
import type { Command } from 'commander';
import { command, type Outcome, runs } from '../command.ts';
import { type CommonOptions, findNetwork, homeOf } from '../home.ts';
import type { Io } from '../io.ts';

/** One thing that was looked at. `mend` says what to do when it is not well. */
interface Finding {
  name: string;
  ok: boolean;
  detail: string;
  mend?: string;
}

const LEAST_FREE_BYTES = 500 * 1024 * 1024;
const DEFAULT_PORT = 8787;

/** `tributary doctor`: looks at everything that usually goes wrong, and says how to mend it. */
export function doctor(io: Io, done: (o: Outcome) => void): Command {
  const c = command('doctor', 'look at everything that usually goes wrong, and say how to mend it');
  return runs<CommonOptions>(c, io, done, async ({ out }, options) => {
    const home = homeOf(io, options);
    const findings: Finding[] = [];
    await out.during('looking', async (tell) => {
      for (const [name, look] of steps(io, home)) {
        tell(`looking at ${name}`);
        findings.push(...(await look().catch((error: unknown) => [failed(name, error)])));
      }
    });
    for (const f of findings) {
      out.line(`${f.ok ? out.green('✓') : out.red('✗')}  ${f.name}  ${out.dim(f.detail)}`);
      if (!f.ok && f.mend) out.line(`   → ${f.mend}`);
    }
    const ok = findings.every((f) => f.ok);
    out.line();
    const bad = findings.filter((f) => !f.ok).length;
    out.line(
      ok
        ? out.green('Everything is well.')
        : out.red(bad === 1 ? '1 thing needs mending.' : `${bad} things need mending.`),
    );
    out.result({ ok, home, findings });
    return { ok };
  });
}

function failed(name: string, error: unknown): Finding {
  const { message, hint } = error as { message?: string; hint?: string };
  return { name, ok: false, detail: message ?? String(error), ...(hint ? { mend: hint } : {}) };
}

function steps(io: Io, home: string): [string, () => Promise<Finding[]>][] {
  return [
    ['Node', async () => [nodeVersion()]],
    ['disk', () => disk(home)],
    ['lock', () => lock(home)],
    ['network', () => network(io, home)],
  ];
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    name: 'Node',
    ok: major >= 24,
    detail: process.version,
    mend: 'Run through `npx tributary` or `npm start`, which bring Node 24 along.',
  };
}

async function disk(home: string): Promise<Finding[]> {
  // Looking changes nothing: a home that is not there yet is made in the nearest folder that is.
  let there = home;
  while (there !== dirname(there) && !(await stat(there).catch(() => null))) there = dirname(there);
  const writable = await access(there, constants.W_OK).then(
    () => true,
    () => false,
  );
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  return [
    {
      name: 'home folder',
      ok: writable,
      detail: there === home ? home : `${home}, made at the first start`,
      mend: `Make it writable: chmod u+w ${there}`,
    },
    {
      name: 'disk space',
      ok: free >= LEAST_FREE_BYTES,
      detail: `${formatUnits(BigInt(Math.floor(free / 1024 / 1024 / 1.024)), 3)} GiB free`,
      mend: 'Free some space: the journals need at least 0.5 GiB.',
    },
  ];
}

async function lock(home: string): Promise<Finding[]> {
  const running = (await findNetwork(home).catch(() => null)) !== null;
  const text = await readFile(join(home, 'lock'), 'utf8').catch(() => null);
  const pid = text === null ? null : Number(/\d+/.exec(text)?.[0]);
  if (!pid) return [{ name: 'lock', ok: true, detail: running ? 'none' : 'free' }];
  const alive = isAlive(pid);
  return [
    {
      name: 'lock',
      ok: alive || !running,
      detail: alive ? `held by process ${pid}` : `left by process ${pid}, which is gone`,
      mend: 'The network did not end cleanly. Start it again with `npm start`: nothing is lost.',
    },
  ];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function network(io: Io, home: string): Promise<Finding[]> {
  const facts = await findNetwork(home);
  if (!facts) {
    const port = Number(io.env.PORT ?? DEFAULT_PORT);
    return [
      { name: 'network', ok: false, detail: `none runs from ${home}`, mend: 'Start one with `npm start`.' },
      {
        name: 'port',
        ok: await isFree(port),
        detail: `${port}`,
        mend: `Somebody listens on port ${port}. Stop it, or choose another: PORT=8788 npm start`,
      },
    ];
  }
  const findings: Finding[] = [];
  const look = async (name: string, run: () => Promise<Finding>, mend: string) =>
    findings.push(await run().catch((e: unknown) => ({ mend, ...failed(name, e) })));

  await look(
    'chain',
    async () => {
      await readChainId(facts.rpc, facts.chainId);
      const reader = createReader(facts);
      const own = { address: facts.contracts.receiptLog, abi: receiptLogAbi } as const;
      const channels = await read(reader, { ...own, functionName: 'channels', args: [] });
      return {
        name: 'chain',
        ok: sameHex(channels, facts.contracts.channels),
        detail: `${facts.rpc}, chain ${facts.chainId}, block ${await reader.client.getBlockNumber()}`,
        mend: 'network.json does not belong to this chain. Restart the network.',
      };
    },
    'Restart the network with `npm start`; its state is kept.',
  );

  const client = createTributary({ gateway: facts.gateway });
  await look(
    'gateway',
    async () => {
      const response = await fetch(`${facts.gateway}/health`, { signal: AbortSignal.timeout(5_000) });
      const body = (await response.json()) as { status?: string };
      return {
        name: 'gateway',
        ok: response.ok,
        detail: `${facts.gateway}: ${body.status ?? response.status}`,
        mend: `See ${join(home, 'logs')}.`,
      };
    },
    'Restart the network with `npm start`; its state is kept.',
  );

  await look(
    'services',
    async () => {
      const models = await client.models();
      return {
        name: 'services',
        ok: models.length > 0,
        detail: models.map((m) => m.id).join(', ') || 'none',
        mend: `No provider offers anything. See the node logs in ${join(home, 'logs')}.`,
      };
    },
    `See the node logs in ${join(home, 'logs')}.`,
  );

  await look(
    'API key',
    async () => {
      parseApiKey(facts.apiKey);
      return { name: 'API key', ok: true, detail: 'well-formed' };
    },
    'Remove the file api-key in the home folder and start again.',
  );
  return findings;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
