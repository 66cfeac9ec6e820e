/**
 * Adds the optional packages of other platforms that the lockfile lacks. A registry mirror that does not carry them makes
 * npm leave them out, and `npm ci` then refuses the lockfile everywhere. Run after every change of dependencies.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
  [key: string]: unknown;
}

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> };

/** Whether the lockfile has the package as Node would find it from a folder. */
function present(from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/'))).replace(/\/$/, '')) {
    if (`${at ? `${at}/` : ''}node_modules/${name}` in lock.packages) return true;
    if (at === '') return false;
  }
}

const OPERATING_SYSTEMS: [RegExp, string][] = [
  [/android/, 'android'],
  [/darwin/, 'darwin'],
  [/freebsd/, 'freebsd'],
  [/openharmony/, 'openharmony'],
  [/win32|windows/, 'win32'],
  [/linux/, 'linux'],
  [/wasm/, 'wasm'],
];
const PROCESSORS: [RegExp, string][] = [
  [/arm64/, 'arm64'],
  [/arm/, 'arm'],
  [/x64|amd64/, 'x64'],
  [/ia32/, 'ia32'],
  [/ppc64/, 'ppc64'],
  [/riscv64/, 'riscv64'],
  [/s390x/, 's390x'],
  [/wasm/, 'wasm32'],
];

function match(table: [RegExp, string][], name: string): string {
  const found = table.find(([pattern]) => pattern.test(name));
  if (!found) throw new Error(`${name}: no platform in its name; add it to the table above`);
  return found[1];
}

let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (present(path, name)) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [match(PROCESSORS, name)],
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: [match(OPERATING_SYSTEMS, name)],
    };
    added++;
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
console.log(`${added} packages of other platforms added to package-lock.json`);
