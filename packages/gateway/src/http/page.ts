import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context, Hono } from 'hono';

/** What `npm run build -w apps/web` writes. */
const BUILT = fileURLToPath(new URL('../../../../apps/web/dist/page', import.meta.url));
/** Put in the place of the nonce by the build; see apps/web/vite.config.ts. */
const NONCE_MARK = 'TRIBUTARY_NONCE';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** A file of the page: one folder at most, and no name that begins with a dot. */
const FILE = /^\/(?:assets\/)?\w[\w-]*(?:\.[\w-]+)*\.(?:js|css|svg|png|webp|woff2)$/;
/** Paths of APIs: a mistyped one must not answer a page. */
const API = /^\/(?:v1|tributary|health|metrics|mcp|a2a|\.well-known)(?:\/|$)/;

/** Addresses in the policy, at most: headers have a length that browsers and proxies take. */
const MOST_ORIGINS = 50;
/** What may stand in the policy: a stranger's address with other characters would say something else there. */
const PLAIN_ORIGIN = /^https?:\/\/[A-Za-z0-9.:[\]-]+$/;

const SAFE = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' } as const;

/** What the page may talk to beside this gateway. */
export interface PageSources {
  /** The chain, where it may be shown. */
  rpc: string | undefined;
  /** Base URLs of nodes: the page reads their published claims. The first `MOST_ORIGINS` count. */
  endpoints: readonly string[];
}

/** Serves the web page: its files, and index.html for every path that a person opens and no API has. */
export function pageRoutes(app: Hono, sources: () => PageSources, folder: string = BUILT): void {
  app.get('*', async (c, next) => {
    const { path } = c.req;
    if (FILE.test(path)) {
      const found = await readEncoded(join(folder, path), c.req.header('accept-encoding') ?? '');
      if (found) return fileResponse(path, found);
    } else if (!API.test(path) && (c.req.header('accept') ?? '').includes('text/html')) {
      return index(folder, sources(), c);
    }
    return next();
  });
}

interface Encoded {
  bytes: Uint8Array<ArrayBuffer>;
  encoding: 'br' | 'gzip' | null;
}

/** The build lays compressed files beside the plain ones; the smallest that the client takes is sent. */
async function readEncoded(file: string, accepted: string): Promise<Encoded | null> {
  const ways = [
    { encoding: 'br', suffix: '.br' },
    { encoding: 'gzip', suffix: '.gz' },
  ] as const;
  for (const { encoding, suffix } of ways) {
    if (!new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:\\.0+)?\\s*(?:,|$))`).test(accepted)) continue;
    const bytes = await readIfThere(file + suffix);
    if (bytes) return { bytes, encoding };
  }
  const bytes = await readIfThere(file);
  return bytes && { bytes, encoding: null };
}

async function readIfThere(file: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await readFile(file);
  } catch {
    return null;
  }
}

function fileResponse(path: string, { bytes, encoding }: Encoded): Response {
  // A changed file of the build has another name; those beside index.html keep theirs.
  const isHashed = path.startsWith('/assets/');
  return new Response(bytes, {
    headers: {
      ...SAFE,
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'public, max-age=300',
      vary: 'accept-encoding',
      ...(encoding ? { 'content-encoding': encoding } : {}),
    },
  });
}

async function index(folder: string, sources: PageSources, c: Context): Promise<Response> {
  const html = await readIfThere(join(folder, 'index.html'));
  const nonce = randomBytes(16).toString('base64url');
  const headers = {
    ...SAFE,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': policy(nonce, sources),
    'cross-origin-opener-policy': 'same-origin',
  };
  if (html) return c.body(new TextDecoder().decode(html).replaceAll(NONCE_MARK, nonce), 200, headers);
  return c.body(NOT_BUILT, 503, { ...headers, 'retry-after': '2', refresh: '2' });
}

function originOf(url: string): string[] {
  const origin = URL.canParse(url) ? new URL(url).origin : '';
  return PLAIN_ORIGIN.test(origin) ? [origin] : [];
}

/** Only our own scripts; nothing is sent anywhere but to this gateway, the chain and the nodes. */
function policy(nonce: string, { rpc, endpoints }: PageSources): string {
  const nodes = [...new Set(endpoints.flatMap(originOf))].slice(0, MOST_ORIGINS);
  const origins = [...(rpc === undefined ? [] : originOf(rpc)), ...nodes];
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src ${["'self'", ...new Set(origins)].join(' ')}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tributary</title>
<h1>The page is being made</h1>
<p>This takes some seconds after the first start; it opens by itself. To make it by hand: npm run build -w apps/web</p>
</html>
`;
