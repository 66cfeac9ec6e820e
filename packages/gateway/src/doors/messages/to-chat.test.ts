import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatRequest, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { countMessages, readMessages } from './index.ts';

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const messages = [{ role: 'user', content: 'hi' }];
const hello = { model: 'm', max_tokens: 9, messages };
const chat = (request: object) => readMessages(bytes({ ...hello, ...request })).parsed.raw;

test('a plain question', () => {
  assert.deepEqual(chat({}), { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_completion_tokens: 9 });
});

test('every setting has its counterpart; hints and nulls have none', () => {
  const raw = chat({
    system: [
      { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Be kind.' },
    ],
    temperature: 0.5,
    top_p: 0.9,
    top_k: 4,
    stop_sequences: ['END'],
    metadata: { user_id: 'u-1' },
    stream: true,
    service_tier: 'auto',
    thinking: { type: 'enabled', budget_tokens: 2048 },
    max_tokens: 4096,
    output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    cache_control: { type: 'ephemeral' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    container: null,
    mcp_servers: [],
    models: ['n'],
    provider: { sort: 'price' },
  });
  assert.deepEqual(raw, {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.\nBe kind.' },
      { role: 'user', content: 'hi' },
    ],
    reasoning_effort: 'low',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'output', strict: true, schema: { type: 'object' } },
    },
    max_completion_tokens: 4096,
    models: ['n'],
    provider: { sort: 'price' },
    temperature: 0.5,
    top_p: 0.9,
    top_k: 4,
    stop: ['END'],
    user: 'u-1',
    stream: true,
  });
});

test('efforts and budgets', () => {
  const effort = (request: object) => chat({ max_tokens: 100_000, ...request }).reasoning_effort;
  assert.equal(effort({ output_config: { effort: 'max' }, thinking: { type: 'adaptive' } }), 'xhigh');
  assert.equal(effort({ thinking: { type: 'adaptive' } }), undefined);
  assert.equal(effort({ thinking: { type: 'disabled' } }), undefined);
  assert.equal(effort({ thinking: { type: 'enabled', budget_tokens: 4096 } }), 'medium');
  assert.equal(effort({ thinking: { type: 'enabled', budget_tokens: 16_384 } }), 'high');
});

test('tools and the choice among them', () => {
  const tools = [
    { name: 'weather', description: 'Tells it', input_schema: { type: 'object', properties: {} }, strict: true },
    { type: 'custom', name: 'plain', input_schema: { type: 'object' } },
  ];
  const raw = chat({ tools, tool_choice: { type: 'any', disable_parallel_tool_use: true } });
  assert.deepEqual(raw.tools, [
    {
      type: 'function',
      function: {
        name: 'weather',
        description: 'Tells it',
        parameters: { type: 'object', properties: {} },
        strict: true,
      },
    },
    { type: 'function', function: { name: 'plain', parameters: { type: 'object' } } },
  ]);
  assert.equal(raw.tool_choice, 'required');
  assert.equal(raw.parallel_tool_calls, false);
  assert.deepEqual(chat({ tools, tool_choice: { type: 'tool', name: 'plain' } }).tool_choice, {
    type: 'function',
    function: { name: 'plain' },
  });
  assert.equal(chat({ tools, tool_choice: { type: 'none' } }).tool_choice, 'none');
});

test('a turn with tools: calls, results, failures and pictures of results', () => {
  const raw = chat({
    messages: [
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'redacted_thinking', data: 'x' },
          { type: 'text', text: 'I look. ', citations: null },
          { type: 'text', text: 'Wait.' },
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' }, caller: { type: 'direct' } },
          { type: 'tool_use', id: 'b', name: 'map', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'no such city', is_error: true },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: [
              { type: 'text', text: 'the map' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            ],
          },
          { type: 'text', text: 'and now?' },
        ],
      },
    ],
  });
  assert.deepEqual(raw.messages, [
    { role: 'user', content: 'weather?' },
    {
      role: 'assistant',
      content: 'I look. Wait.',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        { id: 'b', type: 'function', function: { name: 'map', arguments: '{}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'Error: no such city' },
    { role: 'tool', tool_call_id: 'b', content: 'the map' },
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'text', text: 'and now?' },
      ],
    },
  ]);
});

test('pictures and documents', () => {
  const raw = chat({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          {
            type: 'document',
            title: 'Plan',
            context: 'from May',
            source: { type: 'text', media_type: 'text/plain', data: 'we build' },
          },
          {
            type: 'document',
            title: 'a.pdf',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          },
          { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'inner' }] } },
        ],
      },
      { role: 'system', content: 'Now in French.' },
    ],
  });
  assert.deepEqual(raw.messages, [
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'text', text: 'Plan' },
        { type: 'text', text: 'from May' },
        { type: 'text', text: 'we build' },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        { type: 'text', text: 'inner' },
      ],
    },
    { role: 'system', content: 'Now in French.' },
  ]);
});

test('a picture of three megabytes', () => {
  const data = 'A'.repeat(3_900_000);
  const source = { type: 'base64', media_type: 'image/png', data };
  const raw = chat({ messages: [{ role: 'user', content: [{ type: 'image', source }] }] });
  assert.ok(JSON.stringify(raw).includes(data));
});

const image = (source: object) => ({ messages: [{ role: 'user', content: [{ type: 'image', source }] }] });
const tool = (fields: object) => ({ tools: [{ name: 't', input_schema: { type: 'object' }, ...fields }] });

/** What is sent, and the field that the refusal names. */
const REFUSED: [string, object, string][] = [
  ['no limit', { max_tokens: undefined }, 'max_tokens'],
  ['no model', { model: undefined }, 'model'],
  ['an unknown field', { logprobs: true }, 'logprobs'],
  ['a temperature above 1', { temperature: 1.5 }, 'temperature'],
  ['five stop sequences', { stop_sequences: ['1', '2', '3', '4', '5'] }, 'stop_sequences'],
  ['MCP servers', { mcp_servers: [{ url: 'https://example.com' }] }, 'mcp_servers'],
  ['a container', { container: 'c' }, 'container'],
  ['fast answers', { speed: 'fast' }, 'speed'],
  ['a region', { inference_geo: 'us' }, 'inference_geo'],
  [
    'clearing of tools',
    { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
    'context_management.edits.0.type',
  ],
  ['a budget above the limit', { thinking: { type: 'enabled', budget_tokens: 2000 } }, 'thinking.budget_tokens'],
  ['a tool of Anthropic’s', tool({ type: 'web_search_20250305', max_uses: 3 }), 'tools.0.type'],
  ['a tool loaded later', tool({ defer_loading: true }), 'tools.0.defer_loading'],
  ['examples of a tool', tool({ input_examples: [{}] }), 'tools.0.input_examples'],
  ['a role', { messages: [{ role: 'king', content: 'x' }] }, 'messages.0.role'],
  ['no messages', { messages: [] }, 'messages'],
  ['a block', { messages: [{ role: 'user', content: [{ type: 'server_tool_use' }] }] }, 'messages.0.content.0.type'],
  ['an uploaded picture', image({ type: 'file', file_id: 'f' }), 'messages.0.content.0.source.type'],
  ['prefill', { messages: [...messages, { role: 'assistant', content: '{' }] }, 'messages.1.role'],
  [
    'a result after words',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'x' },
            { type: 'tool_result', tool_use_id: 'a' },
          ],
        },
      ],
    },
    'messages.0.content.1',
  ],
];

for (const [name, request, param] of REFUSED) {
  test(`${name} is refused by name`, () => {
    assert.throws(
      () => chat(request),
      (error) => TributaryError.is(error) && error.status === 400 && error.param === param,
    );
  });
}

test('tokens are counted by the network’s rule', () => {
  assert.deepEqual(countMessages(bytes({ model: 'm', messages: [{ role: 'user', content: '12345678' }] })), {
    input_tokens: 2,
  });
  const withTools = countMessages(bytes({ model: 'm', messages, system: 'Be brief.', ...tool({}) }));
  assert.ok(withTools.input_tokens > 20);
});

test('whatever bytes come, it is a refusal that names a field or a chat request', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constant(undefined));
  const block = fc.oneof(
    fc.record({
      type: fc.constantFrom('text', 'image', 'document', 'tool_result', 'tool_use', 'thinking'),
      text: value,
    }),
    fc.record({ type: fc.constant('text'), text: fc.string() }),
    fc.record({ type: fc.constant('tool_result'), tool_use_id: fc.string(), content: value }),
    fc.jsonValue(),
  );
  const request = fc.record(
    {
      model: fc.oneof(fc.string(), value),
      max_tokens: fc.oneof(fc.integer({ min: -2, max: 2_000_000 }), value),
      messages: fc.oneof(
        fc.array(
          fc.record({
            role: fc.constantFrom('user', 'assistant', 'system', 'x'),
            content: fc.oneof(fc.string(), fc.array(block, { maxLength: 4 }), value),
          }),
          { maxLength: 4 },
        ),
        value,
      ),
      system: value,
      tools: value,
      tool_choice: value,
      thinking: value,
      stop_sequences: value,
      output_config: value,
      stream: value,
    },
    { requiredKeys: ['model', 'max_tokens', 'messages'] },
  );
  const any = fc.oneof(
    fc.uint8Array(),
    fc.string().map(bytes),
    request.map((r) => bytes(r)),
  );
  fc.assert(
    fc.property(any, (body) => {
      for (const read of [(b: Uint8Array) => readMessages(b).parsed.raw, countMessages]) {
        try {
          const out = read(body);
          if ('messages' in out) ChatRequest.parse(out);
        } catch (error) {
          assert.ok(TributaryError.is(error), String(error));
          assert.equal(error.status, 400);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
