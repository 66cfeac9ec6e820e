import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { type ChatRequest, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import type { Answer } from '../expert.ts';
import { type CollectedMessage, collectMessage } from '../message.ts';
import { discoverUpstreams } from './discover.ts';
import { relay } from './relay.ts';
import { createSseReader } from './sse.ts';

type Handler = (req: IncomingMessage, res: ServerResponse, body: Record<string, unknown>) => void;

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function upstream(handler: Handler): Promise<{ baseUrl: string; port: number }> {
  const server = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += chunk;
    handler(req, res, text === '' ? {} : JSON.parse(text));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, port };
}

async function ask(
  baseUrl: string,
  request: Partial<ChatRequest> = {},
  options: Record<string, unknown> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<{ answer: Answer; message: CollectedMessage }> {
  const open = await relay.open(relay.options.parse({ baseUrl, model: 'upstream-model', ...options }), {});
  closers.unshift(() => open.close());
  const message = collectMessage();
  const answer = await open.answer(
    { model: 'ours', messages: [{ role: 'user', content: 'Hello' }], ...request },
    { signal, emit: (delta) => message.add(delta) },
  );
  return { answer, message: message.message() };
}

const events = (...chunks: unknown[]) =>
  [...chunks.map((c) => `data: ${JSON.stringify(c)}\n\n`), 'data: [DONE]\n\n'].join('');
const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const stream = (body: string): Handler => {
  return (_, res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
};
const whole = (body: unknown): Handler => {
  return (_, res) => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const failsWith = (code: string, retryable: boolean) => (e: unknown) =>
  TributaryError.is(e) && e.code === code && e.retryable === retryable;

const VECTORS = new URL('../../../../../shared/vectors/openai/', import.meta.url);
const hasVectors = existsSync(VECTORS);

test('recorded streams of other servers arrive as a correct client reads them', {
  skip: hasVectors ? false : 'no vectors beside this repository',
}, async () => {
  const { files } = JSON.parse(readFileSync(new URL('expected.json', VECTORS), 'utf8'));
  const chats = files.filter((f: { kind: string }) => f.kind === 'chat');
  assert.ok(chats.length >= 9);
  for (const { file, expect, officialAccumulatorThrows } of chats) {
    const { baseUrl } = await upstream(stream(readFileSync(new URL(file, VECTORS), 'utf8')));
    const { answer, message } = await ask(baseUrl, { stream: true });
    if (officialAccumulatorThrows) {
      // Nothing could be expected of these two: here they must be whole.
      assert.equal(answer.finishReason, 'tool_calls', file);
      assert.equal(message.tool_calls?.length, 1, file);
      assert.ok(JSON.parse(message.tool_calls![0]!.function.arguments), file);
      continue;
    }
    assert.equal(message.content ?? '', expect.content ?? '', file);
    assert.equal(message.refusal ?? null, expect.refusal ?? null, file);
    assert.equal(answer.finishReason, expect.finish_reason, file);
    assert.deepEqual(
      (message.tool_calls ?? []).map((c) => [c.id, c.function.name, c.function.arguments]),
      expect.tool_calls.map((c: { id: string; name: string; arguments: string }) => [c.id, c.name, c.arguments]),
      file,
    );
    const usage = expect.usageChunks.at(-1)?.usage;
    if (usage && answer.notes.length === 0) {
      assert.equal(answer.usage.completionTokens, usage.completion_tokens, file);
    }
  }
});

test('tool calls that count from 1 and empty names are repaired', async () => {
  const { baseUrl } = await upstream(
    stream(
      events(
        chunk({ tool_calls: [{ index: 1, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] }),
        chunk({ tool_calls: [{ index: 1, function: { name: '', arguments: '{"x":' } }] }),
        chunk({ tool_calls: [{ index: 1, function: { arguments: '1}' } }] }),
        chunk(
          { tool_calls: [{ index: 3, id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } }] },
          'tool_calls',
        ),
      ),
    ),
  );
  const seen: number[] = [];
  const open = await relay.open(relay.options.parse({ baseUrl, model: 'm' }), {});
  closers.unshift(() => open.close());
  const message = collectMessage();
  await open.answer(
    { messages: [{ role: 'user', content: 'x' }], stream: true },
    {
      signal: new AbortController().signal,
      emit(delta) {
        seen.push(...(delta.tool_calls ?? []).map((c) => c.index));
        message.add(delta);
      },
    },
  );
  assert.deepEqual(seen, [0, 0, 0, 1]);
  assert.deepEqual(message.message().tool_calls, [
    { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
    { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
  ]);
});

test('the request is passed on with the upstream’s model, key, framing and a token limit', async () => {
  let seen: Record<string, unknown> = {};
  let key: string | undefined;
  const { baseUrl } = await upstream((req, res, body) => {
    seen = body;
    key = req.headers.authorization;
    whole({
      choices: [{ message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 1 },
    })(req, res, body);
  });
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const { answer, message } = await ask(
    baseUrl,
    { tools, temperature: 0.5, models: ['a'], provider: { sort: 'price' } },
    { apiKey: 'secret', maxOutputTokens: 77 },
  );
  assert.deepEqual(seen, {
    model: 'upstream-model',
    messages: [{ role: 'user', content: 'Hello' }],
    tools,
    temperature: 0.5,
    max_tokens: 77,
  });
  assert.equal(key, 'Bearer secret');
  assert.equal(message.content, 'Hi');
  assert.deepEqual(answer.usage, { promptTokens: 5, completionTokens: 1 });
});

test('a limit reaches the upstream in the field that it knows, never above the card’s', async () => {
  let seen: Record<string, unknown> = {};
  const { baseUrl } = await upstream((req, res, body) => {
    seen = body;
    whole({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] })(req, res, body);
  });
  for (const [limits, field, sent] of [
    [{ max_completion_tokens: 5 }, 'max_tokens', 5],
    [{ max_tokens: 5 }, 'max_completion_tokens', 5],
    [{ max_tokens: 7, max_completion_tokens: 5 }, 'max_tokens', 5],
    [{ max_tokens: 1_000 }, 'max_tokens', 99],
  ] as const) {
    await ask(baseUrl, limits, { limitField: field, maxOutputTokens: 99 });
    const { max_tokens, max_completion_tokens } = seen;
    const unset = { max_tokens: undefined, max_completion_tokens: undefined };
    assert.deepEqual({ max_tokens, max_completion_tokens }, { ...unset, [field]: sent });
  }
});

test('impossible token counts are cut to what is possible and noted', async () => {
  const { baseUrl } = await upstream(
    whole({
      choices: [{ message: { content: 'four' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9e9, completion_tokens: 1e6 },
    }),
  );
  const { answer } = await ask(baseUrl);
  assert.equal(answer.usage.completionTokens, 20);
  assert.ok(answer.usage.promptTokens < 1_300);
  assert.equal(answer.notes.length, 2);
  const silent = await upstream(whole({ choices: [{ message: { content: '12345' }, finish_reason: 'stop' }] }));
  assert.deepEqual((await ask(silent.baseUrl)).answer.usage, { promptTokens: 6, completionTokens: 2 });
});

test('errors of the upstream say whose fault they are', async () => {
  const status = (code: number, body = '{"error":{"message":"no","param":"tools"}}') =>
    upstream((_, res) => res.writeHead(code).end(body));
  const cases: [number, string, boolean][] = [
    [400, 'upstream_refused', false],
    [401, 'upstream_failed', true],
    [404, 'upstream_failed', true],
    [429, 'upstream_busy', true],
    [500, 'upstream_failed', true],
    [302, 'upstream_failed', true],
  ];
  for (const [code, expected, retryable] of cases) {
    await assert.rejects(ask((await status(code)).baseUrl), failsWith(expected, retryable), String(code));
  }
  await assert.rejects(
    ask((await status(400)).baseUrl),
    (e) => TributaryError.is(e) && e.param === 'tools' && e.message.endsWith(': no'),
  );
  await assert.rejects(ask((await status(200, '<html>')).baseUrl), failsWith('upstream_malformed', true));
  await assert.rejects(ask((await status(200, '{}')).baseUrl), failsWith('upstream_malformed', true));
  await assert.rejects(ask('http://127.0.0.1:1/v1'), failsWith('upstream_unreachable', true));
  const inStream = await upstream(
    stream(`${events(chunk({ content: 'a' })).replace('data: [DONE]\n\n', '')}data: {"error":{"message":"boom"}}\n\n`),
  );
  await assert.rejects(ask(inStream.baseUrl, { stream: true }), failsWith('upstream_failed', true));
});

test('a stream that breaks off is a failure, one that only forgets [DONE] is not', async () => {
  const cut = await upstream(stream(`data: ${JSON.stringify(chunk({ content: 'half' }))}\n\n`));
  await assert.rejects(ask(cut.baseUrl, { stream: true }), failsWith('upstream_malformed', true));
  const ended = await upstream(stream(`data: ${JSON.stringify(chunk({ content: 'all' }, 'stop'))}\n`));
  assert.equal((await ask(ended.baseUrl, { stream: true })).message.content, 'all');
  const json = await upstream(whole({ choices: [{ message: { content: 'not streamed' }, finish_reason: 'stop' }] }));
  assert.equal((await ask(json.baseUrl, { stream: true })).message.content, 'not streamed');
});

test('hanging upstreams are given up: before the headers, before the first token, between tokens, at the end', async () => {
  const mute = await upstream(() => {});
  await assert.rejects(ask(mute.baseUrl, {}, { totalMs: 40 }), failsWith('upstream_timeout', true));
  await assert.rejects(ask(mute.baseUrl, { stream: true }, { firstTokenMs: 40 }), failsWith('upstream_timeout', true));
  const closed: Promise<void>[] = [];
  const stuck = await upstream((_, res) => {
    closed.push(new Promise((resolve) => res.on('close', resolve)));
    res
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .write(`data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`);
  });
  await assert.rejects(ask(stuck.baseUrl, { stream: true }, { idleMs: 40 }), failsWith('upstream_timeout', true));
  const gone = new AbortController();
  const waiting = ask(stuck.baseUrl, { stream: true }, {}, gone.signal);
  gone.abort();
  await assert.rejects(waiting, failsWith('cancelled', false));
  // The upstream sees both connections closed.
  await Promise.all(closed);
  assert.ok(closed.length >= 1);
});

test('a slow client slows the upstream down', async () => {
  const { baseUrl } = await upstream(
    stream(events(chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({}, 'stop'))),
  );
  const open = await relay.open(relay.options.parse({ baseUrl, model: 'm' }), {});
  closers.unshift(() => open.close());
  const log: string[] = [];
  await open.answer(
    { messages: [{ role: 'user', content: 'x' }], stream: true },
    {
      signal: new AbortController().signal,
      async emit(delta) {
        log.push(`begin ${delta.content}`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`end ${delta.content}`);
      },
    },
  );
  assert.deepEqual(log, ['begin a', 'end a', 'begin b', 'end b']);
});

test('events are read the same however the bytes are cut', () => {
  const text = 'data: one\r\n\r\n: comment\ndata:two\ndata: lines\n\nevent: x\rdata: three\r\r';
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
      const seen: string[] = [];
      const reader = createSseReader(1_000, (d) => seen.push(d));
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      for (let i = 1; i < at.length; i++) reader.push(text.slice(at[i - 1], at[i]));
      assert.deepEqual(seen, ['one', 'two\nlines', 'three']);
    }),
  );
  assert.throws(() => createSseReader(10, () => {}).push('data: far too long'), RangeError);
});

test('an upstream’s bytes, whatever they are, end in an answer or a TributaryError', async () => {
  let body = '';
  const { baseUrl } = await upstream((req, res, b) => stream(body)(req, res, b));
  const open = await relay.open(relay.options.parse({ baseUrl, model: 'm' }), {});
  closers.unshift(() => open.close());
  const piece = fc.oneof(
    fc.json().map((j) => `data: ${j}\n\n`),
    fc.json().map((j) => `data: {"choices":[{"index":0,"delta":${j}}]}\n\n`),
    fc.json().map((j) => `data: {"choices":[{"delta":{"tool_calls":${j}}}],"usage":${j}}\n\n`),
    fc.constantFrom(
      'data: [DONE]\n\n',
      '\r',
      'data',
      ':\n',
      'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
      body = pieces.join('');
      const message = collectMessage();
      await open
        .answer(
          { messages: [{ role: 'user', content: 'x' }], stream: true },
          { signal: new AbortController().signal, emit: (d) => message.add(d) },
        )
        .catch((e) => assert.ok(TributaryError.is(e), String(e)));
    }),
    { numRuns: 200 },
  );
});

test('discovery finds what lists models and passes over what does not', async () => {
  const ollama = await upstream(whole({ object: 'list', data: [{ id: 'llama3' }, { id: 'qwen' }] }));
  const web = await upstream((_, res) => res.end('<html>'));
  const mute = await upstream(() => {});
  const found = await discoverUpstreams({
    timeoutMs: 200,
    ports: [
      { program: 'Ollama', port: ollama.port },
      { program: 'web', port: web.port },
      { program: 'mute', port: mute.port },
      { program: 'none', port: 1 },
    ],
  });
  assert.deepEqual(found, [{ program: 'Ollama', baseUrl: ollama.baseUrl, models: ['llama3', 'qwen'] }]);
});
