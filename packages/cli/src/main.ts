import { run } from './run.ts';

/** Ctrl-C may come twice at once: from the terminal to the whole group, and passed on by whoever started us. */
const SAME_REQUEST_MS = 500;

const end = new AbortController();
let askedAt = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Asked twice: whoever waits for us has lost patience.
    if (end.signal.aborted && Date.now() - askedAt > SAME_REQUEST_MS) process.exit(1);
    if (end.signal.aborted) return;
    askedAt = Date.now();
    end.abort();
  });
}
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: end.signal,
});
process.exitCode = code;
// Kept-alive connections would hold the process for seconds; what was written must be out first.
process.stdout.write('', () => process.exit(code));
