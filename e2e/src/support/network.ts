import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NetworkFile } from '@tributary/protocol';

/** What `bin/tributary.cjs` runs once Node and the dependencies are there, as they are in a test. */
const CLI = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));
const START_TIMEOUT_MS = 180_000;

/** A network as `npm start` makes it, in a folder of its own. */
export interface TestNetwork {
  home: string;
  network: NetworkFile;
  process: ChildProcess;
  /** Runs a CLI command against it; resolves with what it printed. Rejects on an exit code other than 0. */
  cli(args: string[], input?: string): Promise<{ stdout: string; stderr: string }>;
  /** SIGINT, as a person would; resolves with the exit code. The home goes with it unless it is to be started again. */
  stop(options?: { keepHome?: boolean }): Promise<number | null>;
}

/** Starts the whole network and waits for `network.json`. `home` is made and removed when none is given. */
export async function startNetwork(
  options: { home?: string; args?: string[]; env?: Record<string, string> } = {},
): Promise<TestNetwork> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'tributary-e2e-')));
  await rm(join(home, 'network.json'), { force: true });
  const env = { ...process.env, TRIBUTARY_HOME: home, PORT: '0', ...options.env };
  const up = spawn(process.execPath, [CLI, 'up', ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let output = '';
  for (const stream of [up.stdout!, up.stderr!]) stream.on('data', (bytes: Buffer) => (output += bytes));
  const ended = new Promise<number | null>((resolve) => up.once('exit', (code) => resolve(code)));
  let over = false;
  void ended.then(() => (over = true));

  const deadline = Date.now() + START_TIMEOUT_MS;
  let network: NetworkFile | undefined;
  while (!network) {
    if (over || Date.now() > deadline) {
      up.kill('SIGKILL');
      throw new Error(`the network did not start:\n${output}`);
    }
    try {
      network = NetworkFile.parse(JSON.parse(await readFile(join(home, 'network.json'), 'utf8')));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  return {
    home,
    network,
    process: up,
    cli: (args, input) => runCli(args, { ...env, TRIBUTARY_HOME: home }, input),
    async stop({ keepHome = false } = {}) {
      up.kill('SIGINT');
      const code = await ended;
      // KEEP_HOME leaves journals and logs to look at.
      if (!keepHome && !process.env.KEEP_HOME) await rm(home, { recursive: true, force: true });
      return code;
    },
  };
}

function runCli(args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { env, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes));
    child.stdin.end(input);
    child.once('exit', (code) =>
      code === 0
        ? resolve({ stdout, stderr })
        : reject(
            Object.assign(new Error(`tributary ${args.join(' ')}: exit code ${code}\n${stderr}`), {
              code,
              stdout,
              stderr,
            }),
          ),
    );
  });
}
