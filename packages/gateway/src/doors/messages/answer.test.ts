import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { collectMessage } from '@tributary/models';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import type { Delta } from '../../dispatch/answer.ts';
import { ask, eventsOf, opening, streamOf, wholeOf } from '../test-support.ts';
import { usageOf } from './answer.ts';
import { toAnthropic } from './errors.ts';
import { readMessages } from './index.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

const hello = { model: 'm', max_tokens: 4_000, messages: [{ role: 'user', content: 'hi' }] };
const thinking = { ...hello, thinking: { type: 'enabled', budget_tokens: 1024 } };

const citation = {
  type: 'url_citation',
  url_citation: { start_index: 0, end_index: 2, url: 'https://example.com/d', title: 'Doc' },
  dataset: '0x03',
  document: 'd.md',
  contributor: '0x04',
  quote: 'as it says',
};

test('a whole answer has every field of a message, the receipt, and what it cost', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
  const message = { content: 'Hi', reasoning_content: 'hm', tool_calls: [call], annotations: [citation] };
  const body = wholeOf(readMessages, thinking, message, 'tool_calls');
  assert.equal(body.id, `msg_${'0b'.repeat(16)}`);
  assert.deepEqual(
    [body.type, body.role, body.model, body.stop_reason, body.stop_sequence],
    ['message', 'assistant', 'tributary/echo', 'tool_use', null],
  );
  assert.deepEqual(
    body.content.map((b: Json) => b.type),
    ['thinking', 'text', 'tool_use'],
  );
  assert.equal(body.content[1].citations[0].cited_text, 'as it says');
  assert.equal(body.content[1].citations[0].url, 'https://example.com/d');
  assert.deepEqual(body.content[2], {
    type: 'tool_use',
    id: 'c1',
    name: 'f',
    input: { a: 1 },
    caller: { type: 'direct' },
  });
  assert.deepEqual([body.usage.input_tokens, body.usage.output_tokens, body.usage.cost], [11, 7, 0.00105]);
  assert.equal(body.tributary.outcome, 'answered');
});

test('tokens from a cache and of thinking are counted apart', () => {
  const usage = {
    prompt_tokens: 12,
    completion_tokens: 7,
    total_tokens: 19,
    prompt_tokens_details: { cached_tokens: 2 },
    completion_tokens_details: { reasoning_tokens: 3 },
  };
  assert.deepEqual(usageOf(usage, { charged: 1_500_000n } as never), {
    input_tokens: 10,
    output_tokens: 7,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 2,
    output_tokens_details: { thinking_tokens: 3 },
    server_tool_use: null,
    cost: 1.5,
  });
});

test('the reasons to stop', () => {
  const reason = (message: object, finish: string) => wholeOf(readMessages, hello, message, finish).stop_reason;
  const tool_calls = [{ id: 'c', function: { name: 'f', arguments: '' } }];
  assert.equal(reason({ content: 'x' }, 'stop'), 'end_turn');
  assert.equal(reason({ content: 'x' }, 'length'), 'max_tokens');
  assert.equal(reason({ content: 'x' }, 'content_filter'), 'refusal');
  assert.equal(reason({ refusal: 'no' }, 'stop'), 'refusal');
  assert.equal(reason({ tool_calls }, 'stop'), 'tool_use');
});

test('thinking that nobody asked to see is not shown, and arguments that are no object are handed over', () => {
  const broken = { id: 'c', function: { name: 'f', arguments: '{"a":' } };
  const message = { content: null, reasoning_content: 'hm', tool_calls: [broken] };
  const body = wholeOf(readMessages, hello, message, 'tool_calls');
  assert.deepEqual(body.content, [
    { type: 'tool_use', id: 'c', name: 'f', input: { invalid_arguments: '{"a":' }, caller: { type: 'direct' } },
  ]);
});

/** Reads a stream as strictly as it is specified: events in order, one open block at a time, numbered without holes. */
function readStream(text: string) {
  const content: Json[] = [];
  let open = -1;
  let message: Json;
  let delta: Json;
  let stopped = false;
  const order: string[] = [];
  for (const part of text.split('\n\n').slice(0, -1)) {
    const [type, data] = [/^event: (\S+)$/m.exec(part)![1]!, JSON.parse(/^data: (.+)$/m.exec(part)![1]!) as Json];
    assert.equal(data.type, type);
    assert.equal(stopped, false);
    order.push(type);
    if (type === 'message_start') {
      assert.equal(message, undefined);
      message = data.message;
    } else if (type === 'content_block_start') {
      assert.equal(open, -1);
      assert.equal(data.index, content.length);
      open = data.index;
      content.push({ ...data.content_block, json: '' });
    } else if (type === 'content_block_delta') {
      assert.equal(data.index, open);
      const block = content[open];
      const { delta: d } = data;
      if (d.type === 'text_delta') block.text += d.text;
      else if (d.type === 'thinking_delta') block.thinking += d.thinking;
      else if (d.type === 'input_json_delta') block.json += d.partial_json;
      else if (d.type === 'citations_delta') block.citations = [...(block.citations ?? []), d.citation];
      else assert.fail(d.type);
    } else if (type === 'content_block_stop') {
      assert.equal(data.index, open);
      open = -1;
    } else if (type === 'message_delta') {
      assert.equal(open, -1);
      delta = data;
    } else if (type === 'message_stop') {
      assert.ok(delta);
      stopped = true;
    }
  }
  assert.ok(stopped);
  return { message, content, delta, order };
}

function read(deltas: readonly Delta[], finish: Delta = {}, reason = 'stop', request: object = thinking) {
  const said = deltas.map((delta) => ({ delta }));
  return readStream(streamOf(readMessages, request, said, reason, { delta: finish }));
}

test('a streamed text with its citations at the end', () => {
  const { content, delta, order } = read([{ content: 'Hel' }, { content: 'lo' }], { annotations: [citation] });
  assert.deepEqual(order, [
    'message_start',
    'ping',
    'content_block_start',
    'content_block_delta',
    'content_block_delta',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  assert.equal(content[0].text, 'Hello');
  assert.equal(content[0].citations[0].title, 'Doc');
  assert.equal(delta.delta.stop_reason, 'end_turn');
  assert.equal(delta.usage.input_tokens, 11);
  assert.equal(delta.tributary.outcome, 'answered');
});

test('thoughts come first, and only where they were asked for', () => {
  const deltas = [{ reasoning_content: 'hm' }, { reasoning: 'mm' }, { content: 'Hi' }];
  assert.deepEqual(
    read(deltas).content.map((b) => b.thinking ?? b.text),
    ['hmmm', 'Hi'],
  );
  assert.deepEqual(
    read(deltas, {}, 'stop', hello).content.map((b) => b.text),
    ['Hi'],
  );
});

test('an empty answer is a message without content', () => {
  const { content, delta } = read([], {}, 'length');
  assert.deepEqual(content, []);
  assert.equal(delta.delta.stop_reason, 'max_tokens');
});

test('a tool call streams as it is written', () => {
  const writer = ask(readMessages, hello).stream(opening);
  writer.first();
  const piece = (p: object) => writer.piece({ delta: { tool_calls: [{ index: 0, ...p }] }, logprobs: null });
  assert.match(piece({ id: 'c1', function: { name: 'f', arguments: '' } }), /"id":"c1","name":"f"/);
  assert.match(piece({ function: { arguments: '{"a"' } }), /"partial_json":"\{\\"a\\""/);
});

test('whatever order the pieces come in, text and calls arrive whole', () => {
  const call = fc.record({
    name: fc.string({ minLength: 1 }),
    parts: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
  });
  const scenario = fc
    .tuple(fc.array(call, { maxLength: 3 }), fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }))
    .chain(([calls, texts]) => {
      const lanes: Delta[][] = [
        texts.map((content) => ({ content })),
        ...calls.map(({ name, parts }, index) => [
          { tool_calls: [{ index, id: `c${index}`, function: { name, arguments: '' } }] },
          ...parts.map((text) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
        ]),
      ];
      const total = lanes.reduce((n, l) => n + l.length, 0);
      return fc.array(fc.nat(), { minLength: total, maxLength: total }).map((picks) => {
        const rest = lanes.map((l) => [...l]);
        return picks.map((pick) => {
          const full = rest.filter((l) => l.length > 0);
          return full[pick % full.length]!.shift()!;
        });
      });
    });
  fc.assert(
    fc.property(scenario, (deltas) => {
      const collected = collectMessage();
      for (const delta of deltas) collected.add(delta);
      const wanted = collected.message();
      const { content } = read(deltas);
      const text = content.flatMap((b) => (b.type === 'text' ? [b.text] : [])).join('');
      assert.equal(text, wanted.content ?? '');
      const calls = content.flatMap((b) => (b.type === 'tool_use' ? [[b.id, b.name, b.json]] : []));
      const expected = (wanted.tool_calls ?? []).filter(Boolean);
      assert.deepEqual(calls.sort(), expected.map((c) => [c.id, c.function.name, c.function.arguments]).sort());
    }),
  );
});

test('errors have Anthropic’s form, and name fields as its callers know them', () => {
  const stop = new TributaryError('unsupported_parameter', 'stop is not supported by m.', {
    param: 'stop',
    hint: 'Go.',
  });
  assert.deepEqual(toAnthropic(stop), {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'stop_sequences is not supported by m. Go.',
      code: 'unsupported_parameter',
      param: 'stop_sequences',
    },
  });
  const type = (status: number) => toAnthropic(new TributaryError('x', 'x', { status })).error.type;
  assert.deepEqual([400, 401, 402, 404, 413, 422, 429, 500, 502, 503, 504].map(type), [
    'invalid_request_error',
    'authentication_error',
    'billing_error',
    'not_found_error',
    'request_too_large',
    'invalid_request_error',
    'rate_limit_error',
    'api_error',
    'api_error',
    'overloaded_error',
    'timeout_error',
  ]);
});

const VECTORS = new URL('../../../../../../shared/vectors/openai/', import.meta.url);
const call = (name: string, ...args: string[]): Delta[] => [
  { tool_calls: [{ index: 0, id: 'c', function: { name, arguments: '' } }] },
  ...args.map((text): Delta => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
];
const RECORDED: [string, Delta[], string][] = [
  ['messages-text.sse.txt', Array.from({ length: 6 }, () => ({ content: 'word ' })), 'stop'],
  ['messages-tool.sse.txt', call('json', '', '{"a"', ':1}'), 'tool_calls'],
  ['messages-tool-no-args.sse.txt', [{ content: 'I will' }, { content: ' do it.' }, ...call('update')], 'tool_calls'],
];
/** What only the vendor's own service can tell. */
const VENDOR = new Set(['service_tier', 'cache_creation', 'inference_geo', 'context_management']);

for (const [file, deltas, finish] of RECORDED) {
  const path = new URL(file, VECTORS);
  test(`our stream has the events and fields of ${file}`, { skip: !existsSync(path) && `${file} is not here` }, () => {
    // A ping may come at any moment, and whether empty arguments are a piece is the model's affair.
    const events = (text: string) =>
      eventsOf(text)
        .map((e) => e.data)
        .filter((d) => d.type !== 'ping' && d.delta?.partial_json !== '');
    const recorded = events(readFileSync(path, 'utf8'));
    const ours = events(
      streamOf(
        readMessages,
        hello,
        deltas.map((delta) => ({ delta })),
        finish,
      ),
    );
    assert.deepEqual(
      ours.map((e) => [e.type, e.content_block?.type ?? e.delta?.type, e.index]),
      recorded.map((e) => [e.type, e.content_block?.type ?? e.delta?.type, e.index]),
    );
    for (const [i, event] of recorded.entries()) {
      const pairs = [
        [event, ours[i]],
        ...['message', 'delta', 'content_block', 'usage'].map((k) => [event[k], ours[i][k]]),
      ];
      for (const [theirs, mine] of pairs) {
        for (const field of Object.keys(theirs ?? {})) {
          assert.ok(VENDOR.has(field) || field in mine, `${event.type} ${field}`);
        }
      }
    }
  });
}
