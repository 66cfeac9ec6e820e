import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedDir, generatedFiles } from './generated.ts';

const files = generatedFiles();
const present = existsSync(generatedDir) ? readdirSync(generatedDir, { recursive: true, encoding: 'utf8' }) : [];
const stale = [
  ...[...files].filter(
    ([file, text]) => !present.includes(file) || readFileSync(join(generatedDir, file), 'utf8') !== text,
  ),
  ...present.filter((file) => file.endsWith('.ts') && !files.has(file)).map((file) => [file]),
].map(([file]) => file);

if (stale.length > 0) {
  console.error(`stale in packages/chain/src/generated: ${stale.join(', ')}; run \`npm run build -w contracts\``);
  process.exit(1);
}
console.log(`${files.size} generated files are fresh`);
