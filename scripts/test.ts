/**
 * The whole test run: static checks, packages, contracts, end to end; what is quick comes first. Prints each part's time
 * and a closing line "N passed, N failed, N skipped". Exit code 0 only when every part passed.
 * `npm test -- --only contracts,packages` runs some parts.
 */
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Counts, countTests } from './count-tests.ts';

interface Part {
  name: string;
  command: string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const node = process.execPath;

/** Node's test runner on every file that matches. */
async function nodeTests(concurrency: number, ...patterns: string[]): Promise<string[]> {
  const files = await Array.fromAsync(glob(patterns, { cwd: root, exclude: (name) => name === 'node_modules' }));
  const options = ['--test', '--test-reporter=spec', '--test-timeout=600000', `--test-concurrency=${concurrency}`];
  return [node, ...options, ...files.sort()];
}

const parts: Part[] = [
  { name: 'unused', command: [node, 'node_modules/knip/bin/knip.js'] },
  { name: 'types', command: [node, 'node_modules/typescript/bin/tsc', '-b'] },
  { name: 'style', command: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'] },
  {
    name: 'packages',
    command: await nodeTests(2, 'packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/*.test.ts'),
  },
  { name: 'contracts', command: ['npm', 'test', '-w', 'contracts'] },
  { name: 'e2e', command: await nodeTests(1, 'e2e/src/**/*.test.ts') },
];

function run({ command: [program, ...args] }: Part): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        process.stdout.write(text);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/** A part without tests of its own is one check; a part that ends badly with no failed test has failed all the same. */
function countPart(ok: boolean, { passed, failed, skipped }: Counts): Counts {
  const silent = passed + failed + skipped === 0;
  return { passed: ok && silent ? 1 : passed, failed: !ok && failed === 0 ? 1 : failed, skipped };
}

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const only = values.only?.split(',') ?? parts.map((part) => part.name);
for (const name of only) {
  if (!parts.some((part) => part.name === name)) {
    console.error(`no part "${name}"; there are ${parts.map((part) => part.name).join(', ')}`);
    process.exit(1);
  }
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
for (const part of parts.filter(({ name }) => only.includes(name))) {
  const start = performance.now();
  console.log(`\n── ${part.name} ──`);
  const { ok, output } = await run(part);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const counts = countPart(ok, countTests(output));
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
  summary.push(`${ok ? 'passed' : 'FAILED'}  ${part.name.padEnd(10)} ${seconds.padStart(5)} s`);
  if (!ok) process.exitCode = 1;
}
console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
