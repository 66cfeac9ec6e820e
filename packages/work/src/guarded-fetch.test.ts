import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { isPublicAddress } from './address-guard.ts';
import { createGuardedFetch, type GuardedFetch, type GuardOptions } from './guarded-fetch.ts';

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function serve(listener: RequestListener): Promise<{ port: number; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}

function fetcher(options?: GuardOptions): GuardedFetch {
  const f = createGuardedFetch(options);
  closers.unshift(() => f.close());
  return f;
}

const code = (expected: string) => (e: unknown) => TributaryError.is(e) && e.code === expected;

test('isPublicAddress: special networks of both families are not public', () => {
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.19.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2002:7f00:1::',
    '2001:0:1::1',
    '2001:db8::1',
    '100::1',
    'localhost',
    '',
    '1.2.3',
  ]) {
    assert.equal(isPublicAddress(address), false, address);
  }
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1']) {
    assert.equal(isPublicAddress(address), true, address);
  }
});

test('isPublicAddress never throws', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (s) => typeof isPublicAddress(s) === 'boolean'));
});

test('a private address is refused however it is written', async () => {
  let hits = 0;
  const { port } = await serve((_, res) => {
    hits++;
    res.end();
  });
  const f = fetcher();
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    'localhost',
  ]) {
    await assert.rejects(f(`http://${host}:${port}/`), code('address_refused'), host);
  }
  assert.equal(hits, 0);
});

test('a name that resolves to a private address beside a public one is refused', async () => {
  const f = fetcher({
    resolve: async () => [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.7', family: 4 },
    ],
  });
  await assert.rejects(f('http://both.example/'), code('address_refused'));
});

test('DNS rebinding: the addresses that were checked are the ones connected to', async () => {
  const { port } = await serve((_, res) => res.end('inside'));
  let calls = 0;
  // Public at the first look, private at the second: there must be no second look for one connection.
  const f = fetcher({
    connectMs: 300,
    resolve: async () =>
      ++calls === 1 ? [{ address: '192.0.2.1', family: 4 }] : [{ address: '127.0.0.1', family: 4 }],
    allowPrivate: (address) => address === '192.0.2.1',
  });
  await assert.rejects(
    f(`http://rebind.example:${port}/`, { timeoutMs: 1_000 }),
    (e) => TributaryError.is(e) && /^fetch_/.test(e.code),
  );
  assert.equal(calls, 1);
  await assert.rejects(f(`http://rebind.example:${port}/`), code('address_refused'));
});

test('a redirect into a private network is refused', async () => {
  const inner = await serve((_, res) => res.end('secret'));
  const outer = await serve((_, res) => {
    res.writeHead(302, { location: `http://[::1]:${inner.port}/` }).end();
  });
  const f = fetcher({ allowPrivate: (address) => address === '127.0.0.1' });
  await assert.rejects(f(outer.url), code('address_refused'));
  const file = await serve((_, res) => {
    res.writeHead(302, { location: 'file:///etc/passwd' }).end();
  });
  await assert.rejects(f(file.url), code('url_invalid'));
});

test('redirects: bounded, credentials stay with their host, a POST becomes a GET', async () => {
  const loop = await serve((_, res) => {
    res.writeHead(302, { location: '/' }).end();
  });
  const seen: (string | undefined)[] = [];
  const target = await serve((req, res) => {
    seen.push(req.method, req.headers.authorization);
    res.end('here');
  });
  const from = await serve((_, res) => {
    res.writeHead(302, { location: target.url }).end();
  });
  const f = fetcher({ allowPrivate: true });
  await assert.rejects(f(loop.url), code('too_many_redirects'));
  await assert.rejects(f(from.url, { maxRedirects: 0 }), code('too_many_redirects'));
  const answer = await f(from.url, { method: 'POST', body: 'x', headers: { authorization: 'Bearer k' } });
  assert.equal(answer.text(), 'here');
  assert.equal(answer.url, `${target.url}/`);
  assert.deepEqual(seen, ['GET', undefined]);
});

test('other schemes, credentials in URLs and nonsense are refused', async () => {
  const f = fetcher({ allowPrivate: true });
  for (const url of [
    'file:///etc/passwd',
    'ftp://example.org/',
    'data:text/plain,x',
    'gopher://x',
    'http://a:b@example.org/',
    '//x',
    '',
  ]) {
    await assert.rejects(f(url), code('url_invalid'), url);
  }
});

test('an endless body is cut off, and a silent server times out', async () => {
  const endless = await serve((_, res) => {
    const write = () => {
      while (res.write('x'.repeat(16_384)));
    };
    res.on('drain', write);
    write();
  });
  const silent = await serve(() => {});
  const f = fetcher({ allowPrivate: true });
  await assert.rejects(f(endless.url, { maxBytes: 100_000 }), code('response_too_large'));
  await assert.rejects(f(silent.url, { timeoutMs: 50 }), code('fetch_timeout'));
});

test('json of something else is an error with a code', async () => {
  const { url } = await serve((_, res) => res.end('<html>'));
  const answer = await fetcher({ allowPrivate: true })(url);
  assert.equal(answer.status, 200);
  assert.throws(() => answer.json(), code('bad_json'));
});
