import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createShell } from './test-support.ts';

test('attack: what a gateway says when it refuses cannot repaint the terminal', async (t) => {
  const server = createServer((_, response) => {
    const message = 'no\u001b[2J\u001b]0;paid\u0007 way';
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const shell = await createShell(t, { TRIBUTARY_API_KEY: '' });
  const { code, stderr } = await shell.run('ask', 'hello', '--gateway', `http://127.0.0.1:${port}`);
  assert.equal(code, 1);
  assert.match(stderr, /no.*way/);
  assert.ok(![...stderr].some((c) => c < ' ' && c !== '\n'), JSON.stringify(stderr));
});
