import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TributaryError } from '@tributary/protocol';
import { clean } from '../output.ts';

/** Answers under way should die young: with V8's default of 16 MiB many are copied to the old generation first. */
const YOUNG_GENERATION = '--max-semi-space-size=64';
const START_TIMEOUT_MS = 60_000;
/** How long the last words of a process that ended may take to arrive. */
const LAST_WORDS_MS = 500;
/** Lines on stderr that tell people nothing: log records, stack traces, Node's version after a crash. */
const NO_REASON = /^(\s|[{}]|Node\.js v|$)/;
const STOP_GRACE_MS = 8_000;
const FIRST_RESTART_DELAY_MS = 200;
const LONGEST_RESTART_DELAY_MS = 10_000;

export interface SuperviseOptions {
  /** Names the log file and the messages. */
  name: string;
  /** A TypeScript file that prints one JSON line when it is ready. */
  file: string;
  args: string[];
  env?: Record<string, string>;
  /** Folder of log and pid files. */
  logs: string;
  /** Told of every crash and restart. */
  onEvent: (event: { name: string; message: string }) => void;
}

export interface Supervised {
  readonly name: string;
  /** What the ready line of the first start said. */
  readonly ready: Record<string, unknown>;
  /** SIGTERM, then SIGKILL after a grace time. */
  stop(): Promise<void>;
}

/** Resolves with the first stdout line that is a JSON object; rejects when the process ends or takes too long. */
function readyLine(child: ChildProcess, name: string, log: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const giveUp = (message: string) =>
      reject(new TributaryError('process_not_ready', message, { status: 500, hint: `See ${log}.` }));
    const timer = setTimeout(
      () => giveUp(`${name} was not ready after ${START_TIMEOUT_MS / 1000} s.`),
      START_TIMEOUT_MS,
    );
    let reason = '';
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (!NO_REASON.test(line)) reason = clean(line);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      const ended = () => giveUp(`${name} ended with ${signal ?? `code ${code}`}${reason ? `: ${reason}` : '.'}`);
      child.once('close', ended);
      setTimeout(ended, LAST_WORDS_MS).unref();
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      try {
        const value = JSON.parse(line) as Record<string, unknown>;
        clearTimeout(timer);
        resolve(value);
      } catch {
        // A log line that only looks like JSON.
      }
    });
  });
}

/**
 * Starts a daemon as a process of its own, waits until it is ready, and starts it again with growing pauses when it
 * dies. Output goes to `<logs>/<name>.log`, the pid to `<logs>/<name>.pid`.
 */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { name, file, args, env, logs, onEvent } = options;
  await mkdir(logs, { recursive: true });
  const logFile = join(logs, `${name}.log`);
  const pidFile = join(logs, `${name}.pid`);
  const log = createWriteStream(logFile, { flags: 'a' });
  const preload = new URL('./follow-parent.ts', import.meta.url).href;
  let child: ChildProcess;
  let stopping = false;
  let delay = FIRST_RESTART_DELAY_MS;
  let restart: NodeJS.Timeout | undefined;

  const start = async (): Promise<Record<string, unknown>> => {
    // PORT and HOST are meant for the door that people use, not for each daemon.
    const { PORT, HOST, ...inherited } = process.env;
    child = spawn(process.execPath, [YOUNG_GENERATION, '--import', preload, file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C reaches `up` alone, which ends the daemons in order.
      detached: true,
      env: { ...inherited, ...env },
    });
    child.stdout!.pipe(log, { end: false });
    child.stderr!.pipe(log, { end: false });
    await writeFile(pidFile, `${child.pid}\n`);
    const ready = await readyLine(child, name, logFile);
    delay = FIRST_RESTART_DELAY_MS;
    child.once('exit', (code, signal) => {
      if (!stopping) again(`${name} ended with ${signal ?? `code ${code}`}`);
    });
    return ready;
  };

  const again = (why: string): void => {
    onEvent({ name, message: `${why}; starting it again in ${delay} ms` });
    restart = setTimeout(() => {
      start().then(
        () => onEvent({ name, message: `${name} answers again` }),
        (error: unknown) => {
          child.kill('SIGKILL');
          if (!stopping) again(error instanceof Error ? error.message : String(error));
        },
      );
    }, delay);
    delay = Math.min(delay * 2, LONGEST_RESTART_DELAY_MS);
  };

  let ready: Record<string, unknown>;
  try {
    ready = await start();
  } catch (error) {
    stopping = true;
    child!.kill('SIGKILL');
    throw error;
  }

  return {
    name,
    ready,
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (child.exitCode === null && child.signalCode === null) {
        const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
        await gone;
        clearTimeout(timer);
      }
      await rm(pidFile, { force: true });
      log.end();
    },
  };
}
