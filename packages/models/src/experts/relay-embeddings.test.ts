import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { packVector, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { relay } from './relay.ts';

const never = new AbortController().signal;

/** A relay in front of an upstream that answers `status` and `body`; `asked` is the last request. */
async function relayTo(t: TestContext, body: unknown, status = 200, options: Record<string, unknown> = {}) {
  const seen = { path: '', asked: {} as Record<string, unknown>, body, status };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    seen.path = request.url ?? '';
    seen.asked = JSON.parse(text);
    response.writeHead(seen.status).end(typeof seen.body === 'string' ? seen.body : JSON.stringify(seen.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const open = await relay.open(relay.options.parse({ baseUrl, model: 'nomic-embed-text', ...options }), {});
  t.after(async () => {
    await open.close();
    server.closeAllConnections();
    server.close();
  });
  return { open, seen, embed: (request: object) => open.embed!({ input: 'a', ...request }, never) };
}

const usage = { prompt_tokens: 2, total_tokens: 2 };

test('vectors come in numbers or base64, and are put into the order of their texts', async (t) => {
  const data = [
    { index: 1, embedding: packVector(Float32Array.of(0, 1)) },
    { index: 0, embedding: [1, 0] },
  ];
  const { seen, embed } = await relayTo(t, { data, usage });
  const { vectors, promptTokens } = await embed({ model: 'ours', input: ['a', 'b'], encoding_format: 'base64' });
  assert.deepEqual(vectors, [Float32Array.of(1, 0), Float32Array.of(0, 1)]);
  assert.equal(promptTokens, 2);
  assert.equal(seen.path, '/v1/embeddings');
  assert.deepEqual(seen.asked, { model: 'nomic-embed-text', input: ['a', 'b'] });
});

test('a model that embeds is told by its name, or by the operator', async (t) => {
  const kinds = async (options: object) => (await relayTo(t, {}, 200, { ...options })).open.answers;
  assert.deepEqual(await kinds({}), ['embeddings']);
  assert.deepEqual(await kinds({ model: 'llama-3.2' }), ['chat']);
  assert.deepEqual(await kinds({ model: 'both', answers: ['chat', 'embeddings'] }), ['chat', 'embeddings']);
});

test('token counts are kept plausible', async (t) => {
  const data = [{ index: 0, embedding: [1] }];
  const { seen, embed } = await relayTo(t, { data, usage: { prompt_tokens: 1e6 } });
  const { promptTokens, notes } = await embed({});
  assert.ok(promptTokens < 100);
  assert.equal(notes.length, 1);
  seen.body = { data };
  assert.equal((await embed({ input: 'eight ch' })).promptTokens, 2);
});

test('upstreams that fail are failures of the provider; requests at fault are the client’s', async (t) => {
  const one = { data: [{ index: 0, embedding: [1] }], usage };
  const cases: [unknown, number, object, string, number][] = [
    ['nonsense', 200, {}, 'upstream_malformed', 502],
    [{ data: [] }, 200, {}, 'upstream_malformed', 502],
    [{ data: [{ embedding: [] }] }, 200, {}, 'upstream_malformed', 502],
    [{ data: [{ embedding: 'AAA' }] }, 200, {}, 'upstream_malformed', 502],
    [one, 200, { input: ['a', 'b'] }, 'upstream_malformed', 502],
    [one, 200, { dimensions: 7 }, 'unsupported_parameter', 400],
    [{ error: { message: 'too long' } }, 400, {}, 'upstream_refused', 400],
    ['', 404, {}, 'upstream_failed', 502],
    ['', 429, {}, 'upstream_busy', 503],
  ];
  const { seen, embed } = await relayTo(t, one);
  for (const [body, status, request, code, ours] of cases) {
    Object.assign(seen, { body, status });
    await assert.rejects(embed(request), (e) => TributaryError.is(e) && e.code === code && e.status === ours, code);
  }
});

test('whatever an upstream answers is vectors or an error of its own', async (t) => {
  const { seen, embed } = await relayTo(t, {});
  const data = fc.array(
    fc.record({
      index: fc.oneof(fc.nat(3), fc.jsonValue()),
      embedding: fc.oneof(fc.array(fc.double()), fc.jsonValue()),
    }),
    { maxLength: 2 },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.record({ data }), fc.jsonValue(), fc.string()), async (body) => {
      seen.body = body;
      try {
        assert.equal((await embed({})).vectors.length, 1);
      } catch (error) {
        assert.ok(TributaryError.is(error), String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('an upstream that never answers is given up', async (t) => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = await relay.open(relay.options.parse({ baseUrl, model: 'bge-small', totalMs: 50 }), {});
  t.after(async () => {
    await open.close();
    server.closeAllConnections();
    server.close();
  });
  await assert.rejects(
    open.embed!({ input: 'a' }, never),
    (e) => TributaryError.is(e) && e.code === 'upstream_timeout',
  );
});
