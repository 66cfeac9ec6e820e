import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { ask, eventsOf, type Json, opening, type Said, streamOf, wholeOf } from '../test-support.ts';
import { readResponses } from './index.ts';

const hello = { model: 'tributary/echo', input: 'Hi' };
const stream = (said: Said[], finish = 'stop', last: Said = {}) =>
  streamOf(readResponses, { ...hello, stream: true }, said, finish, last);
const say = (content: string): Said => ({ delta: { content } });
const types = (text: string) => eventsOf(text).map((e) => e.data.type);

/** Every field of a response object, nullable or not: strict readers want them all. */
const FIELDS =
  'id object created_at completed_at status incomplete_details model previous_response_id instructions output error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature reasoning user usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key'.split(
    ' ',
  );

test('a whole answer is a response object with every field, and carries the receipt', () => {
  const body = wholeOf(readResponses, hello, { content: 'Hello!' });
  for (const field of FIELDS) assert.ok(field in body, field);
  assert.equal(body.status, 'completed');
  assert.equal(body.store, false);
  assert.deepEqual(body.output, [
    {
      type: 'message',
      id: `msg_${'0b'.repeat(16)}0`,
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hello!', annotations: [], logprobs: [] }],
    },
  ]);
  assert.deepEqual(body.usage, {
    input_tokens: 11,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 18,
    cost: 0.00105,
    cost_details: { upstream_inference_cost: 0.001 },
  });
  assert.equal(body.tributary.receipt.salt, '0x00');
});

test('the request’s own settings are said again', () => {
  const body = wholeOf(
    readResponses,
    {
      ...hello,
      instructions: 'Be brief',
      temperature: 0,
      tools: [{ type: 'function', name: 'f' }],
      text: { format: { type: 'json_schema', name: 'o', schema: {} } },
      metadata: { a: 'b' },
    },
    { content: '{}' },
  );
  assert.equal(body.instructions, 'Be brief');
  assert.equal(body.temperature, 0);
  assert.deepEqual(body.tools, [{ type: 'function', name: 'f', description: null, parameters: null, strict: null }]);
  assert.deepEqual(body.text, {
    format: { type: 'json_schema', name: 'o', schema: {}, description: null, strict: false },
  });
  assert.deepEqual(body.metadata, { a: 'b' });
});

test('a text streams in the order that clients insist on, numbered without holes', () => {
  const text = stream([say('Hel'), say('lo')]);
  assert.deepEqual(types(text), [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  const events = eventsOf(text);
  for (const [i, { event, data }] of events.entries()) {
    assert.equal(event, data.type);
    assert.equal(data.sequence_number, i);
  }
  assert.ok(text.endsWith('data: [DONE]\n\n'));
  const { response } = events.at(-1)!.data;
  for (const field of FIELDS) assert.ok(field in response, field);
  assert.equal(response.output[0].content[0].text, 'Hello');
  assert.equal(response.tributary.receipt.salt, '0x00');
});

test('a stream ends with the same object as the whole answer', () => {
  const message = {
    reasoning_content: 'Hm. ',
    content: 'I look.',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
  };
  const whole = wholeOf(readResponses, hello, message, 'tool_calls');
  const streamed = eventsOf(
    stream(
      [
        { delta: { reasoning_content: 'Hm. ' } },
        say('I '),
        say('look.'),
        { delta: { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] } },
        { delta: { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] } },
      ],
      'tool_calls',
      { delta: { tool_calls: [{ index: 0, function: { arguments: '1}' } }] } },
    ),
  ).at(-1)!.data.response;
  assert.deepEqual({ ...streamed, completed_at: 0 }, { ...whole, completed_at: 0 });
  assert.deepEqual(
    whole.output.map((i: Json) => i.type),
    ['reasoning', 'message', 'function_call'],
  );
});

test('parallel calls may come in any order of pieces', () => {
  const call = (index: number, rest: object) => ({ delta: { tool_calls: [{ index, ...rest }] } }) as Said;
  const text = stream(
    [
      call(0, { id: 'c0', function: { name: 'f', arguments: '' } }),
      call(1, { function: { name: 'g', arguments: '{' } }),
      call(0, { function: { arguments: '{}' } }),
      call(1, { function: { arguments: '}' } }),
    ],
    'tool_calls',
  );
  const done = eventsOf(text).filter((e) => e.data.type === 'response.output_item.done');
  assert.deepEqual(
    done.map((e) => [e.data.output_index, e.data.item.name, e.data.item.arguments]),
    [
      [0, 'f', '{}'],
      [1, 'g', '{}'],
    ],
  );
  // A call without an id gets one, or its output could not name it.
  assert.equal(done[1]!.data.item.call_id, `call_${'0b'.repeat(16)}1`);
});

test('citations become annotations, with the facts of their dataset', () => {
  const citation = {
    type: 'url_citation',
    url_citation: { start_index: 0, end_index: 5, url: 'tributary:x', title: 'X' },
    document: 'a.md',
  };
  const flat = { type: 'url_citation', document: 'a.md', start_index: 0, end_index: 5, url: 'tributary:x', title: 'X' };
  const whole = wholeOf(readResponses, hello, { content: 'Hello', annotations: [citation] });
  assert.deepEqual(whole.output[0].content[0].annotations, [flat]);
  const events = eventsOf(stream([say('Hello')], 'stop', { delta: { annotations: [citation] } }));
  const added = events.find((e) => e.data.type === 'response.output_text.annotation.added');
  assert.deepEqual(added?.data.annotation, flat);
  assert.deepEqual(events.at(-1)!.data.response.output, whole.output);
});

test('a cut answer is incomplete and says why', () => {
  const body = wholeOf(readResponses, hello, { content: 'Hel' }, 'length');
  assert.equal(body.status, 'incomplete');
  assert.equal(body.output[0].status, 'incomplete');
  assert.deepEqual(body.incomplete_details, { reason: 'max_output_tokens' });
  assert.equal(types(stream([say('Hel')], 'length')).at(-1), 'response.incomplete');
});

test('a refusal is a part of its own, and an empty answer is an empty message', () => {
  const events = types(stream([{ delta: { refusal: 'No.' } }]));
  assert.ok(events.includes('response.refusal.delta') && events.includes('response.refusal.done'));
  const [item] = wholeOf(readResponses, hello, { content: null }).output;
  assert.equal(item.content[0].text, '');
});

test('log probabilities stay with their text', () => {
  const token = { token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [] };
  const body = wholeOf(readResponses, hello, { content: 'Hi' }, 'stop', { content: [token] });
  assert.deepEqual(body.output[0].content[0].logprobs, [token]);
});

test('a failure is an error event and a failed response, at any time', () => {
  const error = new TributaryError('provider_timeout', 'Too slow.', { status: 504 });
  const asking = ask(readResponses, { ...hello, stream: true });
  assert.deepEqual(types(asking.failed(error)), ['error']);
  const writer = asking.stream(opening);
  writer.first();
  writer.piece({ delta: { content: 'Hel' }, logprobs: null });
  const events = eventsOf(asking.failed(error));
  assert.deepEqual(
    events.map((e) => e.data.type),
    ['error', 'response.failed'],
  );
  assert.equal(events[0]!.data.error.code, 'provider_timeout');
  assert.equal(events[1]!.data.response.status, 'failed');
  assert.deepEqual(events[1]!.data.response.error, { code: 'provider_timeout', message: 'Too slow.' });
});

test('whatever a provider sends is said without an exception', () => {
  const junk = fc.oneof(fc.string(), fc.jsonValue());
  const delta = fc.record(
    {
      content: fc.oneof(fc.string(), fc.constant(null)),
      refusal: fc.oneof(fc.string(), fc.constant(null)),
      reasoning_content: fc.string(),
      reasoning: junk,
      annotations: junk,
      tool_calls: fc.array(
        fc.record(
          {
            index: fc.nat(3),
            id: junk,
            function: fc.record({ name: fc.string(), arguments: fc.string() }, { requiredKeys: [] }),
          },
          { requiredKeys: ['index'] },
        ),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  const said = fc.record({ delta, logprobs: fc.oneof(fc.record({ content: junk }), junk) });
  fc.assert(
    fc.property(fc.array(said, { maxLength: 6 }), said, (pieces, last) => {
      const events = eventsOf(stream(pieces as Said[], 'stop', last as Said));
      for (const [i, e] of events.entries()) assert.equal(e.data.sequence_number, i);
      const added = events.filter((e) => e.data.type === 'response.output_item.added');
      const done = events.filter((e) => e.data.type === 'response.output_item.done');
      assert.deepEqual(
        done.map((e) => e.data.output_index).sort((a, b) => a - b),
        added.map((e) => e.data.output_index),
      );
      const whole = wholeOf(readResponses, hello, last.delta, 'stop', last.logprobs);
      assert.ok(whole.output.length > 0);
    }),
    { numRuns: 300 },
  );
});

const VECTORS = new URL('../../../../../../shared/vectors/openai/', import.meta.url);
const KINDS: [string, Said[], string][] = [
  ['responses-text.sse.txt', [say('Hello')], 'stop'],
  [
    'responses-tool-call.sse.txt',
    [
      { delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'weather', arguments: '' } }] } },
      ...['{"', 'location', '":"', 'San', ' Francisco', '"}'].map(
        (args): Said => ({ delta: { tool_calls: [{ index: 0, function: { arguments: args } }] } }),
      ),
    ],
    'tool_calls',
  ],
];
for (const [file, said, finish] of KINDS) {
  const path = new URL(file, VECTORS);
  test(`our stream has the events and fields of ${file}`, { skip: !existsSync(path) && `${file} is not here` }, () => {
    const recorded = eventsOf(readFileSync(path, 'utf8'));
    const ours = eventsOf(stream(said, finish));
    assert.deepEqual(
      ours.map((e) => e.data.type),
      recorded.map((e) => e.data.type),
    );
    // Obfuscation pads; the other two are one vendor's own.
    const optional = new Set(['obfuscation', 'content_filters']);
    for (const [i, { data }] of recorded.entries()) {
      for (const [name, at] of [['response'], ['item'], ['part'], [undefined]].map(([n]) => [n, n ? data[n] : data])) {
        if (!at) continue;
        const mine = name ? ours[i]!.data[name as string] : ours[i]!.data;
        for (const field of Object.keys(at)) assert.ok(optional.has(field) || field in mine, `${data.type} ${field}`);
      }
    }
  });
}
