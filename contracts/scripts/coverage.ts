import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { snapshotsDir } from './artifacts.ts';

/** Runs the tests with every line counted, and keeps the figures of `src/` in `snapshots/coverage.json`. */
const contractsDir = join(import.meta.dirname, '..');
const hardhat = resolve(contractsDir, '../node_modules/hardhat/dist/src/cli.js');
const env = {
  FUZZ_RUNS: '32',
  INVARIANT_RUNS: '8',
  ...process.env,
  CONTRACTS_OUT: process.env.CONTRACTS_OUT ?? 'cache/coverage',
};
const run = spawnSync(process.execPath, [hardhat, '--coverage', 'test', 'solidity'], {
  cwd: contractsDir,
  env,
  stdio: 'inherit',
});
if (run.status !== 0) process.exit(run.status ?? 1);

type Count = { lines: number; hit: number };
const percent = ({ lines, hit }: Count) => Number(((100 * hit) / lines).toFixed(1));

/** lcov is a list of records, one for each file: `SF:` its name, `DA:line,hits` its lines. */
const lcov = readFileSync(join(contractsDir, 'coverage/lcov.info'), 'utf8');
const files: Record<string, Count> = {};
for (const record of lcov.split('end_of_record')) {
  const name = /^SF:(.*)$/m.exec(record)?.[1];
  const source = name === undefined ? undefined : /(?:^|\/)(src\/.*\.sol)$/.exec(name)?.[1];
  if (source === undefined) continue;
  const hits = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map(([, count]) => Number(count));
  if (hits.length > 0) files[source] = { lines: hits.length, hit: hits.filter((count) => count > 0).length };
}

const total = Object.values(files).reduce<Count>((a, b) => ({ lines: a.lines + b.lines, hit: a.hit + b.hit }), {
  lines: 0,
  hit: 0,
});
const report = {
  total: { ...total, percent: percent(total) },
  files: Object.fromEntries(
    Object.entries(files)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => [name, { ...count, percent: percent(count) }]),
  ),
};
mkdirSync(snapshotsDir, { recursive: true });
writeFileSync(join(snapshotsDir, 'coverage.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(`${report.total.percent} % of ${report.total.lines} lines of src/`);
