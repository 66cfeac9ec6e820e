/**
 * The whole test run: static checks, contracts, packages, end to end. Prints each part's time and a closing line
 * "N passed, N failed, N skipped". Exit code 0 only when every part passed.
 * `npm test -- --only contracts,packages` runs some parts.
 */
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';

interface Part {
  name: string;
  command: string[];
  cwd?: string;
}

const root = new URL('..', import.meta.url).pathname;

async function testFiles(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const f of glob(pattern, { cwd: root, exclude: (name) => name === 'node_modules' })) files.push(f);
  return files.sort();
}

const node = process.execPath;
const runner = [node, '--test', '--test-reporter=spec', '--test-timeout=600000'];
const parts: Part[] = [
  { name: 'types', command: ['npx', 'tsc', '-b'] },
  { name: 'style', command: ['npx', 'biome', 'check', '--error-on-warnings'] },
  { name: 'unused', command: ['npx', 'knip'] },
  { name: 'contracts', command: ['npm', 'test', '-w', 'contracts'] },
  {
    name: 'packages',
    command: [...runner, '--test-concurrency=2', ...(await testFiles('packages/*/src/**/*.test.ts'))],
  },
  { name: 'e2e', command: [...runner, '--test-concurrency=1', ...(await testFiles('e2e/src/**/*.test.ts'))] },
];

/** Adds up what a runner's own closing lines say; both node's test runner and Hardhat print such lines. */
function countTests(output: string): { passed: number; failed: number; skipped: number } {
  const sum = (pattern: RegExp) => [...output.matchAll(pattern)].reduce((n, m) => n + Number(m[1]), 0);
  return {
    passed: sum(/^ℹ pass (\d+)/gm) + sum(/^\s*(\d+) passing/gm),
    failed: sum(/^ℹ fail (\d+)/gm) + sum(/^\s*(\d+) failing/gm),
    skipped: sum(/^ℹ skipped (\d+)/gm) + sum(/^\s*(\d+) (?:pending|skipped)/gm),
  };
}

function run(part: Part): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const [command, ...args] = part.command;
    const child = spawn(command!, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: process.env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        process.stdout.write(text);
      });
    }
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]?.split(',') : undefined;
const total = { passed: 0, failed: 0, skipped: 0 };
const failedParts: string[] = [];
for (const part of parts.filter((p) => !only || only.includes(p.name))) {
  const start = performance.now();
  console.log(`\n── ${part.name} ──`);
  const { ok, output } = await run(part);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const counts = countTests(output);
  total.passed += counts.passed + (ok && counts.passed === 0 ? 1 : 0);
  total.failed += counts.failed || (ok ? 0 : 1);
  total.skipped += counts.skipped;
  console.log(`── ${part.name}: ${ok ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (!ok) failedParts.push(part.name);
}
if (failedParts.length > 0) console.log(`\nfailed: ${failedParts.join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = failedParts.length > 0 ? 1 : 0;
