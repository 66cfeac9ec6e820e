import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const WEB = join(ROOT, 'apps', 'web');
const BUILT = join(WEB, 'dist', 'page');
const LOCK = join(WEB, 'dist', 'building');
/** Everything that goes into the page. */
const SOURCES = [
  ...['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((name) => join(WEB, name)),
  ...['protocol', 'chain', 'payments', 'sdk'].map((name) => join(ROOT, 'packages', name, 'src')),
];
/** A build that is older was left by a process that is gone. */
const LONGEST_BUILD_MS = 300_000;
/** Below the daemons, which are starting at the same time. */
const LOW_PRIORITY = 10;

/** A build under way. */
export interface PageBuild {
  /** Ends it; what was served before stays. */
  stop(): void;
}

/**
 * Builds the web page in the background when it is missing or older than its sources; the gateway serves it as soon as it is
 * there. A page that cannot be built is told about and keeps nothing else from starting.
 */
export function startPageBuild(tell: (message: string) => void): PageBuild {
  const stopping = new AbortController();
  build(stopping.signal, tell).catch((error: unknown) => {
    if (!stopping.signal.aborted) tell(`the page was not built: ${error instanceof Error ? error.message : error}`);
  });
  return { stop: () => stopping.abort() };
}

async function build(signal: AbortSignal, tell: (message: string) => void): Promise<void> {
  const made = await timeOf(join(BUILT, 'index.html'));
  const changed = Math.max(...(await Promise.all(SOURCES.map(newest))));
  if (changed <= made || !(await takeLock())) return;
  const fresh = `${BUILT}-${process.pid}`;
  try {
    tell('building the page');
    await runVite(fresh, signal);
    const old = `${BUILT}-old-${process.pid}`;
    await rename(BUILT, old).catch(() => undefined);
    await rename(fresh, BUILT);
    await rm(old, { recursive: true, force: true });
    tell('the page is built');
  } finally {
    await Promise.all([fresh, LOCK].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

/** Milliseconds of the last change; 0 when there is no such file. */
async function timeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}

async function newest(path: string): Promise<number> {
  const own = await timeOf(path);
  if (own === 0 || !(await stat(path)).isDirectory()) return own;
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const times = files
    .filter((f) => f.isFile() && !/\.test\.tsx?$/.test(f.name))
    .map((f) => timeOf(join(f.parentPath, f.name)));
  return Math.max(0, ...(await Promise.all(times)));
}

/** One build at a time in one folder; false when another process has it under way. */
async function takeLock(): Promise<boolean> {
  await mkdir(dirname(LOCK), { recursive: true });
  if (Date.now() - (await timeOf(LOCK)) > LONGEST_BUILD_MS) await rm(LOCK, { recursive: true, force: true });
  try {
    await mkdir(LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function runVite(outDir: string, signal: AbortSignal): Promise<void> {
  const vite = join(dirname(createRequire(join(WEB, 'package.json')).resolve('vite/package.json')), 'bin', 'vite.js');
  return new Promise((resolve, reject) => {
    const args = [vite, 'build', '--logLevel', 'error', '--outDir', outDir, '--emptyOutDir'];
    const child = spawn(process.execPath, args, { cwd: WEB, stdio: ['ignore', 'ignore', 'pipe'], signal });
    if (child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-2_000);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(said.trim().split('\n').at(-1) || `code ${code}`)),
    );
  });
}
