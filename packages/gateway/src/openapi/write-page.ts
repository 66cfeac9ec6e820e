import { writeFile } from 'node:fs/promises';
import { openApiDocument } from './document.ts';
import { operations } from './operations.ts';
import { apiPage } from './page.ts';
import { version } from './version.ts';

/** Writes spec/http-api.md anew. */
const page = apiPage(openApiDocument(operations, { url: '', version }));
await writeFile(new URL('../../../../spec/http-api.md', import.meta.url), page);
