import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TributaryError } from '@tributary/protocol';

/** An error that anvil answered, in the shape JSON-RPC clients get. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** Anvil is gone, or did not answer; nothing is known about what was asked. */
export class AnvilGone extends Error {}

/** A running anvil. */
export interface Anvil {
  readonly pid: number;
  /** Resolves when the process has ended, however it ended. */
  readonly exited: Promise<void>;
  call(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Sends a JSON-RPC body as it is and gives the answer's bytes. */
  forward(body: Buffer | string): Promise<Buffer>;
  stop(): Promise<void>;
}

/**
 * Starts anvil on a free port of 127.0.0.1. It dies with this process, even by SIGKILL: a shell beside it holds the
 * other end of a pipe, and kills it when the pipe closes. (Windows has no such shell; there an orphan has to be ended by hand.)
 */
export async function startAnvil(args: readonly string[]): Promise<Anvil> {
  const binary = anvilBinary();
  const all = ['--host', '127.0.0.1', '--port', '0', ...args];
  const child =
    process.platform === 'win32'
      ? spawn(binary, all, { stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn('/bin/sh', ['-c', GUARD, binary, ...all], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const { port, pid } = await listening(child, exited);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const killOnExit = () => kill(pid);
  process.once('exit', killOnExit);
  void exited.then(() => {
    process.removeListener('exit', killOnExit);
    child.stdin?.destroy();
    agent.destroy();
  });
  const forward = (body: Buffer | string) => post(agent, port, body);
  return {
    pid,
    exited,
    forward,
    async call(method, params) {
      const answer = await forward(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
      const { result, error } = JSON.parse(answer.toString()) as {
        result?: unknown;
        error?: { code: number; message: string; data?: unknown };
      };
      if (error) throw new RpcError(error.code, error.message, error.data);
      return result;
    },
    async stop() {
      kill(pid);
      await exited;
    },
  };
}

/** Prints anvil's pid, waits for it, and kills it when standard input closes. */
const GUARD = `"$0" "$@" & child=$!
echo "pid $child"
exec 3<&0
(read -r _ <&3; kill -9 $child) 2>/dev/null & guard=$!
exec 3<&-
wait $child
code=$?
kill -9 $guard 2>/dev/null
exit $code`;

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

const START_TIMEOUT_MS = 30_000;

async function listening(child: ChildProcess, exited: Promise<void>): Promise<{ port: number; pid: number }> {
  let output = '';
  const ready = new Promise<{ port: number; pid: number }>((resolve) => {
    child.stdout!.on('data', function onData(chunk: Buffer) {
      output += chunk.toString();
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output);
      if (!port) return;
      child.stdout!.off('data', onData);
      // It keeps talking; an unread pipe would stop it.
      child.stdout!.resume();
      child.stderr!.resume();
      resolve({ port: Number(port[1]), pid: Number(/^pid (\d+)/m.exec(output)?.[1] ?? child.pid) });
    });
  });
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    if (errors.length < 4096) errors += chunk.toString();
  });
  const timer = new AbortController();
  const late = new Promise<null>((resolve) => {
    const timeout = setTimeout(() => resolve(null), START_TIMEOUT_MS);
    timer.signal.addEventListener('abort', () => clearTimeout(timeout));
  });
  const found = await Promise.race([ready, exited.then(() => null), late]);
  timer.abort();
  if (found) return found;
  child.stdin?.destroy();
  throw new TributaryError('anvil_failed', `anvil did not start: ${errors.trim() || 'no message'}`, {
    status: 500,
    hint: 'Run `npm install` again; it brings the program for this system.',
  });
}

/** The program inside the npm package of this system; PATH is not looked at. */
function anvilBinary(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const system = process.platform === 'win32' ? 'win32' : process.platform;
  const name = `@foundry-rs/anvil-${system}-${arch}`;
  try {
    const packages = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'));
    const folder = dirname(packages.resolve(`${name}/package.json`));
    const path = join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
    if (existsSync(path)) return path;
  } catch {
    // Said below.
  }
  throw new TributaryError('no_anvil', `The devnet needs the npm package ${name}, which is not installed.`, {
    status: 500,
    hint: 'Run `npm install` with optional dependencies, or set RPC_URL to use another chain.',
  });
}

function post(agent: Agent, port: number, body: Buffer | string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const gone = (cause: unknown) => reject(new AnvilGone('anvil did not answer', { cause }));
    const out = request(
      { agent, host: '127.0.0.1', port, method: 'POST', path: '/', headers: { 'content-type': 'application/json' } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve(Buffer.concat(chunks)));
        answer.on('error', gone);
        answer.on('aborted', gone);
      },
    );
    out.on('error', gone);
    out.end(body);
  });
}
