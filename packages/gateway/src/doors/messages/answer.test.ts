import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectMessage } from '@tributary/models';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import type { Delta } from '../../dispatch/answer.ts';
import { messageJson } from './answer.ts';
import { toAnthropic } from './errors.ts';
import { createMessageWriter } from './stream.ts';
import { bill, foundStream, foundWhole, opening } from './test-support.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

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
  const body = JSON.parse(messageJson(opening, foundWhole(message, 'tool_calls'), bill, true)) as Json;
  assert.equal(body.id, `msg_${'ab'.repeat(16)}`);
  assert.deepEqual(
    [body.type, body.role, body.model, body.stop_reason, body.stop_sequence],
    ['message', 'assistant', 'm', 'tool_use', null],
  );
  assert.deepEqual(body.usage, {
    input_tokens: 10,
    output_tokens: 7,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 2,
    output_tokens_details: { thinking_tokens: 3 },
    server_tool_use: null,
    cost: 1.5,
  });
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
  assert.equal(body.tributary.receipt.signature, '0x02');
  assert.equal(body.tributary.why, 'it was its turn');
});

test('the reasons to stop', () => {
  const reason = (message: object, finish: string) =>
    (JSON.parse(messageJson(opening, foundWhole(message, finish), bill, false)) as Json).stop_reason;
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
  const body = JSON.parse(messageJson(opening, foundWhole(message, 'tool_calls'), bill, false)) as Json;
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

function streamOf(deltas: readonly Delta[], finish: object = {}, reason = 'stop', showThinking = true) {
  const writer = createMessageWriter(opening, showThinking);
  const pieces = deltas.map((delta) => writer.piece({ delta, logprobs: null }));
  return readStream(writer.first() + pieces.join('') + writer.end(foundStream(finish, reason), bill));
}

test('a streamed text with its citations at the end', () => {
  const { content, delta, order } = streamOf([{ content: 'Hel' }, { content: 'lo' }], { annotations: [citation] });
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
  assert.equal(delta.usage.input_tokens, 10);
  assert.equal(delta.tributary.receipt.signature, '0x02');
});

test('thoughts come first, and only where they were asked for', () => {
  const deltas = [{ reasoning_content: 'hm' }, { reasoning: 'mm' }, { content: 'Hi' }];
  assert.deepEqual(
    streamOf(deltas).content.map((b) => b.thinking ?? b.text),
    ['hmmm', 'Hi'],
  );
  assert.deepEqual(
    streamOf(deltas, {}, 'stop', false).content.map((b) => b.text),
    ['Hi'],
  );
});

test('an empty answer is a message without content', () => {
  const { content, delta } = streamOf([], {}, 'length');
  assert.deepEqual(content, []);
  assert.equal(delta.delta.stop_reason, 'max_tokens');
});

test('a tool call streams as it is written', () => {
  const writer = createMessageWriter(opening, false);
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
      const { content } = streamOf(deltas);
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
