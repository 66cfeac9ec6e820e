import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { ask } from '../test-support.ts';
import { readResponses } from './index.ts';

const MODEL = 'tributary/echo';
const chatOf = (body: object) => ask(readResponses, { model: MODEL, ...body }).parsed.raw;
const user = (content: unknown) => ({ role: 'user', content });

test('input is translated to the messages of a chat', () => {
  assert.deepEqual(chatOf({ input: 'Hi', instructions: 'Be brief' }).messages, [
    { role: 'system', content: 'Be brief' },
    user('Hi'),
  ]);
  assert.deepEqual(
    chatOf({
      input: [
        { role: 'developer', content: 'Be kind' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
        { type: 'reasoning', id: 'rs_1', summary: [] },
        {
          type: 'message',
          role: 'assistant',
          id: 'msg_1',
          status: 'completed',
          content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
        },
        { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'weather', arguments: '{}', status: 'completed' },
        { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{"a":1}' },
        { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'rain' }] },
      ],
    }).messages,
    [
      { role: 'developer', content: 'Be kind' },
      user('Weather?'),
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } },
          { id: 'c2', type: 'function', function: { name: 'weather', arguments: '{"a":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      { role: 'tool', tool_call_id: 'c2', content: 'rain' },
    ],
  );
  const parts = [
    { type: 'input_text', text: 'What is this?' },
    { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'auto' },
    { type: 'input_file', file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' },
  ];
  assert.deepEqual(chatOf({ input: [user(parts)] }).messages, [
    user([
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'auto' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' } },
    ]),
  ]);
});

test('settings, tools and formats are translated, and nothing is added', () => {
  assert.deepEqual(chatOf({ input: 'Hi' }), { model: MODEL, messages: [user('Hi')] });
  const schema = { type: 'object', properties: {} };
  assert.deepEqual(
    chatOf({
      input: 'Hi',
      stream: true,
      max_output_tokens: 50,
      temperature: 0.5,
      top_logprobs: 2,
      include: ['message.output_text.logprobs'],
      tools: [{ type: 'function', name: 'f', parameters: schema, strict: null, defer_loading: false }],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
      text: { format: { type: 'json_schema', name: 'out', schema, strict: true }, verbosity: 'low' },
      reasoning: { effort: 'low', summary: 'auto' },
      metadata: { a: 'b' },
      store: false,
      provider: { sort: 'price' },
    }),
    {
      model: MODEL,
      messages: [user('Hi')],
      stream: true,
      max_completion_tokens: 50,
      temperature: 0.5,
      logprobs: true,
      top_logprobs: 2,
      tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'out', schema, strict: true } },
      verbosity: 'low',
      reasoning_effort: 'low',
      metadata: { a: 'b' },
      provider: { sort: 'price' },
    },
  );
  const allowed = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] };
  assert.deepEqual(chatOf({ input: 'Hi', tool_choice: allowed }).tool_choice, {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
  });
});

/** Fields of a request, the error's code and its param. */
const REFUSED: [object, string, string | null][] = [
  [{}, 'invalid_value', 'input'],
  [{ input: [] }, 'invalid_value', 'input'],
  [{ input: 'Hi', model: undefined }, 'missing_required_parameter', 'model'],
  [{ input: 'Hi', seed: 1 }, 'unknown_parameter', 'seed'],
  [{ input: 'Hi', temperature: 3 }, 'invalid_value', 'temperature'],
  [{ input: 'Hi', max_output_tokens: 0 }, 'invalid_value', 'max_output_tokens'],
  [{ input: 'Hi', store: true }, 'unsupported_parameter', 'store'],
  [{ input: 'Hi', previous_response_id: 'resp_1' }, 'unsupported_parameter', 'previous_response_id'],
  [{ input: 'Hi', conversation: { id: 'conv_1' } }, 'unsupported_parameter', 'conversation'],
  [{ input: 'Hi', prompt: { id: 'p' } }, 'unsupported_parameter', 'prompt'],
  [{ input: 'Hi', background: true }, 'unsupported_parameter', 'background'],
  [{ input: 'Hi', truncation: 'auto' }, 'unsupported_parameter', 'truncation'],
  [{ input: 'Hi', reasoning: { summary: 'detailed' } }, 'unsupported_parameter', 'reasoning.summary'],
  [{ input: 'Hi', include: ['file_search_call.results'] }, 'unsupported_parameter', 'include.0'],
  [{ input: 'Hi', tools: [{ type: 'web_search' }] }, 'unsupported_parameter', 'tools.0'],
  [{ input: 'Hi', tools: [{ type: 'function' }] }, 'invalid_value', 'tools.0.name'],
  [
    { input: 'Hi', tools: [{ type: 'function', name: 'f', defer_loading: true }] },
    'unknown_parameter',
    'tools.0.defer_loading',
  ],
  [{ input: 'Hi', tool_choice: { type: 'web_search' } }, 'unsupported_parameter', 'tool_choice'],
  [{ input: 'Hi', text: { format: { type: 'grammar' } } }, 'invalid_value', 'text.format.type'],
  [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'unsupported_parameter', 'input.0'],
  [{ input: [{ role: 'king', content: 'Hi' }] }, 'invalid_value', 'input.0.role'],
  [{ input: [7] }, 'invalid_value', 'input.0'],
  [{ input: [user([{ type: 'input_video' }])] }, 'unsupported_parameter', 'input.0.content.0'],
  [{ input: [user([{ type: 'input_image', file_id: 'f' }])] }, 'unsupported_parameter', 'input.0.content.0.file_id'],
  [{ input: [user([{ type: 'input_text' }])] }, 'invalid_value', 'input.0.content.0.text'],
  [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, 'invalid_value', 'input.0.call_id'],
];

for (const [body, code, param] of REFUSED) {
  test(`refuses ${JSON.stringify(body)} and names ${param}`, () => {
    assert.throws(
      () => chatOf(body),
      (e) => TributaryError.is(e) && e.status === 400 && e.code === code && e.param === param,
    );
  });
}

test('any JSON is a chat request or a 400', () => {
  const part = fc.record(
    {
      type: fc.constantFrom('input_text', 'output_text', 'refusal', 'input_image', 'input_file', 'input_audio', 'x'),
      text: fc.oneof(fc.string(), fc.jsonValue()),
      image_url: fc.oneof(fc.string(), fc.jsonValue()),
      file_data: fc.oneof(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const item = fc.record(
    {
      type: fc.constantFrom('message', 'function_call', 'function_call_output', 'reasoning', 'item_reference', 'x'),
      role: fc.constantFrom('user', 'assistant', 'system', 'developer', 'king'),
      content: fc.oneof(fc.string(), fc.array(part, { maxLength: 3 }), fc.jsonValue()),
      call_id: fc.constantFrom('a', 'b', ''),
      name: fc.string(),
      arguments: fc.string(),
      output: fc.oneof(fc.string(), fc.array(part, { maxLength: 3 }), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const input = fc.oneof(fc.string(), fc.array(item, { maxLength: 5 }));
  const sound = fc.record({ model: fc.constant(MODEL), input }, { requiredKeys: ['model', 'input'] });
  const unsound = fc.record(
    {
      model: fc.oneof(fc.constant(MODEL), fc.jsonValue()),
      input: fc.oneof(input, fc.jsonValue()),
      instructions: fc.oneof(fc.string(), fc.jsonValue()),
      tools: fc.jsonValue(),
      tool_choice: fc.jsonValue(),
      text: fc.jsonValue(),
      reasoning: fc.jsonValue(),
      include: fc.jsonValue(),
      metadata: fc.jsonValue(),
      models: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  let translated = 0;
  fc.assert(
    fc.property(fc.oneof(sound, unsound, fc.jsonValue()), (value) => {
      try {
        const { raw, chat, bytes } = ask(readResponses, value).parsed;
        assert.ok(Array.isArray(raw.messages) && raw.messages.length === chat.messages.length);
        assert.equal(bytes, Buffer.byteLength(JSON.stringify(raw)));
        translated++;
      } catch (error) {
        assert.ok(TributaryError.is(error), String(error));
        assert.equal(error.status, 400);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(translated > 0);
});
