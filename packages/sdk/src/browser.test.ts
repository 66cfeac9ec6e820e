import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const IMPORT = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm;

/** Every module of ours that a module loads, types left out, with who loads a module of Node's. */
function nodeImports(entry: string): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const visit = (url: string) => {
    if (seen.has(url)) return;
    seen.add(url);
    const source = readFileSync(fileURLToPath(url), 'utf8').replaceAll(/^(?:import|export) type\s[^;]*;/gm, '');
    for (const [, name] of source.matchAll(IMPORT)) {
      if (!name) continue;
      if (name.startsWith('node:') || builtinModules.includes(name)) found.push(`${url} imports ${name}`);
      else if (name.startsWith('.')) visit(new URL(name, url).href);
      else if (name.startsWith('@tributary/')) visit(import.meta.resolve(name));
    }
  };
  visit(entry);
  assert.ok(seen.size > 50, `only ${seen.size} modules were found`);
  return found;
}

test('the SDK and everything of ours below it runs without Node', () => {
  assert.deepEqual(nodeImports(import.meta.resolve('./index.ts')), []);
});
