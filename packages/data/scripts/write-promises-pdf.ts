import { readFileSync, writeFileSync } from 'node:fs';
import { textPdf } from '../src/documents/text-pdf.ts';

/** Writes the handbook's PDF out of its text: `node scripts/write-promises-pdf.ts`. Pages are separated by lines of "---". */
const fixtures = new URL('../fixtures/', import.meta.url);
const pages = readFileSync(new URL('promises.txt', fixtures), 'utf8')
  .split(/^---$/m)
  .map((page) => page.trim().split(/\n\n+/));
const handbook = new URL('../../../docs/handbook/', import.meta.url);
writeFileSync(new URL('concepts/promises.pdf', handbook), textPdf('What Tributary promises', pages));
