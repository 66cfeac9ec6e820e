import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen } from './listen.ts';

test('attack: slow senders and many connections are bounded', async () => {
  const { server, close } = await listen((_, response) => response.end(), { host: '127.0.0.1', port: 0 });
  assert.equal(server.requestTimeout, 60_000);
  assert.equal(server.maxConnections, 4_096);
  await close(0);
});
