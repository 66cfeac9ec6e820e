/**
 * One run, one mock upstream, one load generator, four ways to it: direct, two bare hops with a synced write (`floor.ts`),
 * @portkey-ai/gateway, and our gateway (channel payment, signed receipts and journal on). Figures go to
 * `bench/results/latest.json` and to the terminal.
 * `npm run bench`, `npm run bench -- --seconds 5 --warm-up 5` for a quick look.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Figures, Load } from './load.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..');
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    /** The same for all: a just-in-time compiler needs some thousand requests until it has seen what is hot. */
    'warm-up': { type: 'string', default: '20' },
    only: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const RATE = 100;
const CONCURRENCIES = [32, 256];
const children: ChildProcess[] = [];

function start(command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, {
    // Portkey writes a stack trace for each request it cannot relay.
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
    cwd: HERE,
  });
  children.push(child);
  return child;
}

function firstLine(child: ChildProcess, matches: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => matches(line) && resolve(line));
  });
}

async function until<T>(what: string, seconds: number, look: () => Promise<T | null>): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const found = await look().catch(() => null);
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come within ${seconds} s`);
}

async function measure(load: Omit<Load, 'seconds' | 'warmUpSeconds'>): Promise<Figures> {
  const full: Load = { ...load, seconds: SECONDS, warmUpSeconds: Number(values['warm-up']) };
  const { stdout } = await promisify(execFile)(process.execPath, [join(HERE, 'load.ts'), JSON.stringify(full)], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout) as Figures;
}

/** Prints its URL once it listens. */
async function server(...args: string[]): Promise<string> {
  const line = await firstLine(start(process.execPath, args), (l) => l.startsWith('{'));
  return (JSON.parse(line) as { url: string }).url;
}

async function floor(upstream: string, home: string): Promise<string> {
  const inner = await server(join(HERE, 'floor.ts'), '0', upstream);
  return server(join(HERE, 'floor.ts'), '0', inner, join(home, 'floor.journal'));
}

interface Path {
  name: string;
  url: string;
  headers: Record<string, string>;
  model: string;
}

async function portkey(upstream: string): Promise<Path> {
  const port = 18_787;
  start(process.execPath, [
    join(HERE, 'node_modules/@portkey-ai/gateway/build/start-server.js'),
    `--port=${port}`,
    '--headless',
  ]);
  const url = `http://127.0.0.1:${port}`;
  await until('Portkey', 60, async () => ((await fetch(url)).ok ? true : null));
  return {
    name: 'portkey',
    url: `${url}/v1/chat/completions`,
    headers: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
      authorization: 'Bearer bench',
    },
    model: 'bench-model',
  };
}

async function tributary(upstream: string, home: string): Promise<Path> {
  start(process.execPath, [join(ROOT, 'bin/tributary.cjs'), 'up', '--upstream', upstream], {
    TRIBUTARY_HOME: home,
    PORT: '0',
  });
  const network = await until('our network', 180, async () =>
    JSON.parse(await readFile(join(home, 'network.json'), 'utf8')),
  );
  const { gateway, apiKey } = network as { gateway: string; apiKey: string };
  const model = await until('the relay service', 60, async () => {
    const list = (await (await fetch(`${gateway}/v1/models`)).json()) as { data: { id: string }[] };
    return list.data.find((m) => m.id.includes('bench-model'))?.id ?? null;
  });
  return {
    name: 'tributary',
    url: `${gateway}/v1/chat/completions`,
    headers: { authorization: `Bearer ${apiKey}` },
    model,
  };
}

async function main(): Promise<void> {
  if (!existsSync(join(HERE, 'node_modules/@portkey-ai/gateway'))) {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE });
  }
  const mock = await server(join(HERE, 'mock-upstream.ts'), '0');
  const home = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  try {
    const bare = (name: string, url: string): Path => ({
      name,
      url: `${url}/v1/chat/completions`,
      headers: {},
      model: 'bench-model',
    });
    const makers: Record<string, () => Promise<Path>> = {
      direct: async () => bare('direct', mock),
      floor: async () => bare('floor', await floor(mock, home)),
      portkey: () => portkey(mock),
      tributary: () => tributary(mock, home),
    };
    const paths: Path[] = [];
    for (const name of values.only?.split(',') ?? Object.keys(makers)) paths.push(await makers[name]!());
    const results: Record<string, Record<string, Figures>> = {};
    const body = (model: string, stream: boolean) =>
      JSON.stringify({
        model,
        messages: [{ role: 'user', content: 'Say something about rivers, please.' }],
        max_tokens: 64,
        ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      });
    const scenarios: [string, Pick<Load, 'rate' | 'concurrency'>, boolean][] = [
      [`whole at ${RATE}/s`, { rate: RATE }, false],
      [`stream at ${RATE}/s`, { rate: RATE }, true],
      ...CONCURRENCIES.map((c): [string, Pick<Load, 'concurrency'>, boolean] => [
        `closed ${c}`,
        { concurrency: c },
        false,
      ]),
    ];
    for (const [scenario, shape, stream] of scenarios) {
      results[scenario] = {};
      for (const path of paths) {
        const figures = await measure({
          url: path.url,
          headers: path.headers,
          body: body(path.model, stream),
          ...shape,
        });
        results[scenario][path.name] = figures;
        console.log(scenario.padEnd(18), path.name.padEnd(10), JSON.stringify(figures));
      }
    }
    const report = {
      date: new Date().toISOString(),
      node: process.version,
      cores: cpus().length,
      seconds: SECONDS,
      warmUpSeconds: Number(values['warm-up']),
      results,
    };
    await mkdir(join(HERE, 'results'), { recursive: true });
    await writeFile(join(HERE, 'results/latest.json'), `${JSON.stringify(report, null, 2)}\n`);
    summarise(results);
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await until('the end of all processes', 15, async () =>
      children.every((c) => c.exitCode !== null || c.signalCode) ? true : null,
    ).catch(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    await rm(home, { recursive: true, force: true });
  }
}

/** Prints each goal beside its figure. */
function summarise(results: Record<string, Record<string, Figures>>): void {
  const line = (goal: string, figure: number, ok: boolean) =>
    console.log(`${ok ? 'met   ' : 'MISSED'} ${goal}: ${figure.toFixed(2)}`);
  for (const kind of ['whole', 'stream']) {
    const { direct, tributary: ours } = results[`${kind} at ${RATE}/s`] ?? {};
    if (!direct || !ours) continue;
    const added = (a: number, b: number) => a - b;
    line(
      `${kind}: added p50 ≤ 2 ms`,
      added(ours.latencyMs.p50, direct.latencyMs.p50),
      ours.latencyMs.p50 - direct.latencyMs.p50 <= 2,
    );
    line(
      `${kind}: added p99 ≤ 10 ms`,
      added(ours.latencyMs.p99, direct.latencyMs.p99),
      ours.latencyMs.p99 - direct.latencyMs.p99 <= 10,
    );
    line(
      `${kind}: added first byte p50 ≤ 2 ms`,
      added(ours.firstByteMs.p50, direct.firstByteMs.p50),
      ours.firstByteMs.p50 - direct.firstByteMs.p50 <= 2,
    );
    line(
      `${kind}: added first byte p99 ≤ 10 ms`,
      added(ours.firstByteMs.p99, direct.firstByteMs.p99),
      ours.firstByteMs.p99 - direct.firstByteMs.p99 <= 10,
    );
  }
  for (const c of CONCURRENCIES) {
    const { portkey: peer, tributary: ours } = results[`closed ${c}`] ?? {};
    if (!peer || !ours) continue;
    const ratio = ours.requestsPerSecond / peer.requestsPerSecond;
    line(`throughput at ${c} ≥ 1.0 × Portkey`, ratio, ratio >= 1);
  }
}

await main();
