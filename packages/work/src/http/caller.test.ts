import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Caller, callerAtSocket } from './caller.ts';

const PIECE = 'x'.repeat(64 * 1024);

/** A server that hands its callers to `answer`, and a client that asks and reads as it is told to. */
async function ask(t: TestContext, stalledMs: number, answer: (caller: Caller) => Promise<void>) {
  const server = createServer((request, response) => {
    answer(callerAtSocket(request, response, stalledMs)).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  t.after(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return client;
}

test('attack: a caller that stops reading keeps the answer and its money open for ever', {
  timeout: 20_000,
}, async (t) => {
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const client = await ask(t, 200, async (caller) => {
    let gone = false;
    caller.onGone(() => {
      gone = true;
    });
    caller.open({ 'content-type': 'text/event-stream' });
    for (let n = 0; n < 100_000 && !gone; n++) await caller.write(PIECE);
    resolve(gone ? 'the caller has gone' : 'everything was written');
  });
  client.pause();
  assert.equal(await ended, 'the caller has gone');
});

test('attack: a caller asks for much and takes none of it', { timeout: 20_000 }, async (t) => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const client = await ask(t, 200, async (caller) => {
    caller.onGone(resolve);
    caller.answer(200, {}, PIECE.repeat(500));
  });
  client.pause();
  await closed;
});

test('a caller that reads slowly gets everything', { timeout: 20_000 }, async (t) => {
  const pieces = 200;
  const client = await ask(t, 1_000, async (caller) => {
    caller.open({ 'content-type': 'text/event-stream' });
    for (let n = 0; n < pieces; n++) await caller.write(PIECE);
    caller.end();
  });
  let size = 0;
  for await (const part of client) {
    size += (part as Buffer).length;
    if (size >= pieces * PIECE.length) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(size >= pieces * PIECE.length);
});
