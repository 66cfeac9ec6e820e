import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedDir, generatedFiles } from './generated.ts';

const files = generatedFiles();
mkdirSync(generatedDir, { recursive: true });
for (const file of readdirSync(generatedDir, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.ts') && !files.has(file)) rmSync(join(generatedDir, file));
}
for (const [file, text] of files) {
  mkdirSync(dirname(join(generatedDir, file)), { recursive: true });
  writeFileSync(join(generatedDir, file), text);
}
console.log(`generated ${files.size} files for packages/chain`);
