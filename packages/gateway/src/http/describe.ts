import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Hono } from 'hono';
import { llmsText } from '../openapi/llms-text.ts';
import { version } from '../openapi/version.ts';
import type { Catalog } from '../route/catalog.ts';
import { CORS, json } from './respond.ts';

/** What descriptions of the gateway are made of. */
export interface Described {
  catalog: Catalog;
  feePpm: bigint;
  /** Base URL by which clients reach the gateway. */
  publicUrl(): string;
}

async function makeDocument(url: string): Promise<string> {
  const worker = new Worker(new URL('../openapi/make-document.ts', import.meta.url), { workerData: { url, version } });
  try {
    const [text] = (await once(worker, 'message')) as [string];
    return text;
  } finally {
    await worker.terminate();
  }
}

/** `/openapi.json` and `/llms.txt`: what programs and language models read before they ask. */
export function describeRoutes(app: Hono, { catalog, feePpm, publicUrl }: Described): void {
  let made: { url: string; text: Promise<string> } | undefined;

  app.get('/openapi.json', async () => {
    const url = publicUrl();
    if (made?.url !== url) {
      const text = makeDocument(url);
      // A failure is not kept.
      text.catch(() => {
        made = undefined;
      });
      made = { url, text };
    }
    return json(await made.text);
  });

  app.get('/llms.txt', () => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...CORS };
    return new Response(llmsText({ url: publicUrl(), catalog, feePpm }), { headers });
  });
}
