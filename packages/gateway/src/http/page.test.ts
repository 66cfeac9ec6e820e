import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Hono } from 'hono';
import { pageRoutes } from './page.ts';

const HTML = '<meta property="csp-nonce" nonce="TRIBUTARY_NONCE"><p>the page</p>';
const SCRIPT = 'console.log("x")';
let folder: string;
let app: Hono;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-page-'));
  await mkdir(join(folder, 'page', 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.js'), 'not for anybody');
  await writeFile(join(folder, 'page', 'index.html'), HTML);
  for (const name of ['assets/index-abc.js', 'icon.svg']) {
    await writeFile(join(folder, 'page', name), SCRIPT);
    await writeFile(join(folder, 'page', `${name}.br`), brotliCompressSync(SCRIPT));
    await writeFile(join(folder, 'page', `${name}.gz`), gzipSync(SCRIPT));
  }
  app = new Hono();
  app.get('/v1/models', (c) => c.json({ data: [] }));
  const sources = { rpc: 'http://127.0.0.1:8545/key', endpoints: ['https://node.example/a', 'nonsense'] };
  pageRoutes(app, () => sources, join(folder, 'page'));
  app.notFound((c) => c.json({ error: 'not found' }, 404));
});
after(() => rm(folder, { recursive: true, force: true }));

const html = { headers: { accept: 'text/html,application/xhtml+xml' } };

test('people get the page at every path that no API has, each time with a fresh nonce and a strict policy', async () => {
  const nonces = new Set<string>();
  for (const path of ['/', '/explore', '/explore/assets/0x12', '/earn/offer']) {
    const response = await app.request(path, html);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    const policy = response.headers.get('content-security-policy') ?? '';
    const nonce = /style-src 'self' 'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? '';
    nonces.add(nonce);
    assert.equal(await response.text(), HTML.replace('TRIBUTARY_NONCE', nonce));
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:8545 https:\/\/node\.example;/);
    assert.doesNotMatch(policy, /unsafe|nonsense|\*/);
  }
  assert.equal(nonces.size, 4);
});

test('attack: services with odd or many addresses neither loosen the policy nor make it long', async () => {
  const odd = ['https://*.example', "https://a;script-src'self'.example", 'https://a,b.example', 'https://$.example'];
  const many = Array.from({ length: 5_000 }, (_, i) => `https://n${i}.example/${i}`);
  const crowded = new Hono();
  pageRoutes(crowded, () => ({ rpc: 'http://[::1]:8545', endpoints: [...odd, ...many] }), join(folder, 'page'));
  const policy = (await crowded.request('/', html)).headers.get('content-security-policy') ?? '';
  const sources = /connect-src ([^;]*);/.exec(policy)?.[1]?.split(' ') ?? [];
  assert.deepEqual(sources.slice(0, 3), ["'self'", 'http://[::1]:8545', 'https://n0.example']);
  assert.equal(sources.length, 52);
  assert.doesNotMatch(policy, /[*$,]|script-src'/);
});

test('programs and mistyped API paths never get the page', async () => {
  for (const path of ['/v1/nothing', '/tributary/nothing', '/health/x', '/mcp', '/.well-known/x', '/assets/gone.js']) {
    assert.equal((await app.request(path, html)).status, 404, path);
  }
  assert.equal((await app.request('/explore')).status, 404, 'no text/html asked for');
  assert.equal((await app.request('/', { method: 'POST', ...html })).status, 404);
  assert.equal(await (await app.request('/v1/models', html)).text(), '{"data":[]}');
});

test('files come compressed as the client likes, for ever where their name says so', async () => {
  const get = (path: string, encoding: string) => app.request(path, { headers: { 'accept-encoding': encoding } });
  for (const [accepted, sent] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', null],
    ['', null],
  ] as const) {
    const response = await get('/assets/index-abc.js', accepted);
    assert.equal(response.headers.get('content-encoding'), sent, accepted);
    assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(response.headers.get('vary'), 'accept-encoding');
    assert.match(response.headers.get('cache-control') ?? '', /immutable/);
  }
  assert.doesNotMatch((await get('/icon.svg', '')).headers.get('cache-control') ?? '', /immutable/);
});

test('no path leads out of the folder', async () => {
  for (const path of ['/../secret.js', '/assets/../../secret.js', '/..%2fsecret.js', '/assets/..%2f..%2fsecret.js']) {
    const response = await app.request(`http://x${path}`);
    assert.ok(!(await response.text()).includes('not for anybody'), path);
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('..', '/', '\\', '%2f', '%2e', 'secret.js', 'assets', '\0', '.')),
      async (parts) => {
        const response = await app.request(`http://x/${encodeURI(parts.join(''))}`);
        assert.ok(!(await response.text()).includes('not for anybody'));
      },
    ),
  );
});

test('before the page is built, people are told so and come back', async () => {
  const empty = new Hono();
  pageRoutes(empty, () => ({ rpc: undefined, endpoints: [] }), join(folder, 'nothing'));
  const response = await empty.request('/', html);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('refresh'), '2');
});
