import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat, truncate } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Random } from './random.ts';

/** A daemon under test. */
export interface Child {
  readonly pid: number;
  /** The first JSON line it printed: what it says when it is ready. */
  readonly ready: Record<string, unknown>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends a signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

/** Runs a TypeScript entry with this Node and waits for its first JSON line. Throws with its output if it ends before. */
export async function startChild(entry: string, { args = [], env = {}, cwd }: ChildOptions = {}): Promise<Child> {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  // A test that fails must not leave daemons behind.
  const killOnExit = () => child.kill('SIGKILL');
  process.once('exit', killOnExit);
  const exited = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', killOnExit);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-16_384);
  });
  const ready = await Promise.race([firstJsonLine(child), exited.then(({ code, signal }) => ({ code, signal }))]);
  if ('code' in ready)
    throw new Error(`${entry} ended before it was ready (${ready.code ?? ready.signal}):\n${errors}`);
  return {
    pid: child.pid!,
    ready: ready.line,
    exited,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await exited;
    },
  };
}

async function firstJsonLine(child: ChildProcess): Promise<{ line: Record<string, unknown> }> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve) => {
    lines.on('line', (text) => {
      if (text.startsWith('{')) resolve({ line: JSON.parse(text) as Record<string, unknown> });
    });
  });
}

/**
 * Kills a process by SIGKILL after a random number of steps of the work going on beside it: call `step` wherever the kill
 * may strike. Steps, not time, make a run repeatable by its seed.
 */
export function killAfterSteps(random: Random, maxSteps: number, kill: () => Promise<void>) {
  const at = random.between(1, maxSteps);
  let steps = 0;
  let killed: Promise<void> | null = null;
  return {
    at,
    step() {
      if (++steps === at) killed = kill();
    },
    /** Resolves when the kill is done; kills now if the work ended before its step came. */
    done: () => (killed ??= kill()),
  };
}

/** Cuts a file at a random byte of its last `tailBytes` (default: anywhere) and says how much is left. */
export async function cutFile(random: Random, path: string, tailBytes = Number.POSITIVE_INFINITY): Promise<number> {
  const { size } = await stat(path);
  const left = random.between(Math.max(0, size - tailBytes), size);
  await truncate(path, left);
  return left;
}
