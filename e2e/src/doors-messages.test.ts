import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { createReader } from '@tributary/chain';
import { SignedReceipt } from '@tributary/protocol';
import { verifyReceipt } from '@tributary/sdk';
import { type FakeRequest, type FakeUpstream, fakeUpstream } from '@tributary/testing';
import { generateText, streamText, tool } from 'ai';
import { z } from 'zod';
import { startNetwork, type TestNetwork } from './support/network.ts';

/** Clients of Anthropic's API and the Vercel AI SDK, against the network that `npm start` makes with a model server. */

const CHAT = 'small-chat';
const ABACUS = 'tributary/abacus';
const question = 'What is 12 * 12?';

let upstream: FakeUpstream;
let net: TestNetwork;
let anthropic: Anthropic;

const called = (id: string, city: string) => ({
  id,
  type: 'function',
  function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
});
const usage = { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 };
const json = (value: unknown) => ({
  kind: 'raw' as const,
  contentType: 'application/json',
  body: JSON.stringify(value),
});

/** A model that calls the tool it is given for two cities at once, and says the weather once it knows it. */
function model({ body }: FakeRequest) {
  const messages = body.messages as { role: string; content: string }[];
  if (messages.at(-1)!.role === 'tool') return { kind: 'answer' as const, text: `It is ${messages.at(-1)!.content}.` };
  if (!body.tools) return { kind: 'answer' as const, text: 'Ahoy, Alice!' };
  const tool_calls = [called('call_1', 'Rome'), called('call_2', 'Oslo')];
  const finish_reason = 'tool_calls';
  if (!body.stream) {
    return json({ choices: [{ index: 0, message: { content: 'I look.', tool_calls }, finish_reason }], usage });
  }
  const chunk = (delta: object, reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const piece = (index: number, rest: object) => chunk({ tool_calls: [{ index, ...rest }] });
  const chunks = [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'I look.' }),
    ...tool_calls.map(({ id, type, function: { name } }, i) =>
      piece(i, { id, type, function: { name, arguments: '' } }),
    ),
    // Mixed, as some servers send them.
    piece(1, { function: { arguments: '{"city":' } }),
    piece(0, { function: { arguments: '{"city":"Rome"}' } }),
    piece(1, { function: { arguments: '"Oslo"}' } }),
    { ...chunk({}, finish_reason), usage },
  ];
  const text = chunks.map((c) => `data: ${JSON.stringify(c)}\n\n`).join('');
  return { kind: 'raw' as const, contentType: 'text/event-stream', body: `${text}data: [DONE]\n\n` };
}

before(async () => {
  upstream = await fakeUpstream(model, [CHAT]);
  net = await startNetwork({ args: ['--upstream', upstream.url] });
  anthropic = new Anthropic({ baseURL: net.network.gateway, apiKey: net.network.apiKey, maxRetries: 0 });
});
after(async () => {
  await net?.stop();
  await upstream?.stop();
});

/** Holds the receipt of an answer against the chain, the question and the answer. */
async function check(carrier: unknown, request: Record<string, unknown>, content: string): Promise<void> {
  const signed = SignedReceipt.parse((carrier as { tributary: { receipt: unknown } }).tributary.receipt);
  const { rpc, chainId, contracts } = net.network;
  const reader = createReader({ rpc, chainId, contracts });
  const found = await verifyReceipt(reader, signed, { request, answer: { content } });
  assert.equal(found.valid, true, JSON.stringify(found.checks));
}

const messages = [{ role: 'user' as const, content: question }];
const tools: Anthropic.Tool[] = [
  {
    name: 'get_weather',
    description: 'Tells the weather',
    input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];

test('@anthropic-ai/sdk: asks, and the receipt proves question and answer', async () => {
  const message = await anthropic.messages.create({ model: 'auto', max_tokens: 300, system: 'Be exact.', messages });
  const [block] = message.content;
  assert.ok(block?.type === 'text');
  assert.match(block.text, /144/);
  assert.deepEqual([message.model, message.role, message.stop_reason], [ABACUS, 'assistant', 'end_turn']);
  assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
  const asked = [{ role: 'system', content: 'Be exact.' }, ...messages];
  await check(message, { messages: asked, max_completion_tokens: 300 }, block.text);
  const counted = await anthropic.messages.countTokens({ model: 'auto', messages });
  assert.ok(counted.input_tokens > 0);
});

test('@anthropic-ai/sdk: streams, with a document’s citations', async () => {
  const stream = anthropic.messages.stream({
    model: 'tributary/library',
    max_tokens: 2_000,
    messages: [{ role: 'user', content: 'Why does the payer number its own promises?' }],
  });
  const texts: string[] = [];
  const cited: string[] = [];
  let receipt: unknown;
  stream.on('text', (text) => texts.push(text));
  stream.on('citation', (citation) => cited.push(citation.cited_text));
  stream.on('streamEvent', (event) => {
    if (event.type === 'message_delta') receipt = event;
  });
  const message = await stream.finalMessage();
  const [block] = message.content;
  assert.ok(block?.type === 'text');
  assert.equal(texts.join(''), block.text);
  assert.match(cited.join(' '), /only one side can number them/);
  assert.equal(block.citations?.length, cited.length);
  assert.equal(message.stop_reason, 'end_turn');
  const asked = [{ role: 'user', content: 'Why does the payer number its own promises?' }];
  await check(receipt, { messages: asked, max_completion_tokens: 2_000 }, block.text);
});

test('@anthropic-ai/sdk: tools are called, whole and streamed the same, and their results are used', async () => {
  const params = { model: CHAT, max_tokens: 300, tools, messages: [{ role: 'user' as const, content: 'Weather?' }] };
  const whole = await anthropic.messages.create(params);
  const streamed = await anthropic.messages.stream(params).finalMessage();
  const uses = (m: Anthropic.Message) =>
    m.content.flatMap((b) => (b.type === 'tool_use' ? [{ id: b.id, name: b.name, input: b.input }] : []));
  for (const message of [whole, streamed]) {
    assert.equal(message.stop_reason, 'tool_use');
    assert.ok(message.content[0]?.type === 'text' && message.content[0].text === 'I look.');
    assert.deepEqual(uses(message), [
      { id: 'call_1', name: 'get_weather', input: { city: 'Rome' } },
      { id: 'call_2', name: 'get_weather', input: { city: 'Oslo' } },
    ]);
    assert.equal(message.usage.output_tokens, 9);
  }
  const results = uses(streamed).map(({ id, input }) => ({
    type: 'tool_result' as const,
    tool_use_id: id,
    content: `mild in ${(input as { city: string }).city}`,
  }));
  const next = await anthropic.messages.create({
    ...params,
    messages: [
      ...params.messages,
      { role: 'assistant', content: streamed.content },
      { role: 'user', content: results },
    ],
  });
  assert.ok(next.content[0]?.type === 'text' && next.content[0].text === 'It is mild in Oslo.');
});

test('@anthropic-ai/sdk: sees refusals as its own classes', async () => {
  const ask = (more: object, client = anthropic) =>
    client.messages.create({ model: ABACUS, max_tokens: 9, messages, ...more });
  await assert.rejects(ask({ model: 'no/such' }), Anthropic.NotFoundError);
  await assert.rejects(
    ask({ output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }),
    (e) => e instanceof Anthropic.BadRequestError && /output_config\.format/.test(e.message),
  );
  const other = (apiKey: string) => new Anthropic({ baseURL: net.network.gateway, apiKey, maxRetries: 0 });
  await assert.rejects(ask({}, other(`${net.network.apiKey}x`)), Anthropic.AuthenticationError);
  await assert.rejects(ask({}, other('sk-ant-x')), (e) => e instanceof Anthropic.APIError && e.status === 402);
  await assert.rejects(async () => {
    for await (const _ of anthropic.messages.stream({ model: 'no/such', max_tokens: 9, messages }));
  }, Anthropic.NotFoundError);
});

const weather = tool({
  description: 'Tells the weather',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => Promise.resolve(`mild in ${city}`),
});

/** The same through both of the AI SDK's providers. */
const PROVIDERS = [
  [
    '@ai-sdk/openai-compatible',
    (id: string) =>
      createOpenAICompatible({
        name: 'tributary',
        baseURL: `${net.network.gateway}/v1`,
        apiKey: net.network.apiKey,
        includeUsage: true,
      })(id),
  ],
  [
    '@ai-sdk/anthropic',
    (id: string) => createAnthropic({ baseURL: `${net.network.gateway}/v1`, apiKey: net.network.apiKey })(id),
  ],
] as const;

for (const [name, use] of PROVIDERS) {
  test(`ai with ${name}: asks, streams and runs tools`, async () => {
    const whole = await generateText({ model: use(ABACUS), prompt: question, maxRetries: 0, maxOutputTokens: 300 });
    assert.match(whole.text, /144/);
    assert.equal(whole.finishReason, 'stop');
    assert.ok((whole.usage.inputTokens ?? 0) > 0 && (whole.usage.outputTokens ?? 0) > 0);

    const streamed = streamText({ model: use(ABACUS), prompt: question, maxRetries: 0, maxOutputTokens: 300 });
    let text = '';
    for await (const piece of streamed.textStream) text += piece;
    assert.equal(text, whole.text);
    assert.ok(((await streamed.usage).outputTokens ?? 0) > 0);

    const options = { prompt: 'Weather?', tools: { get_weather: weather }, maxRetries: 0, maxOutputTokens: 300 };
    const acted = await generateText({ model: use(CHAT), ...options });
    assert.deepEqual(
      acted.toolCalls.map((c) => [c.toolName, c.input]),
      [
        ['get_weather', { city: 'Rome' }],
        ['get_weather', { city: 'Oslo' }],
      ],
    );
    const acting = streamText({ model: use(CHAT), ...options });
    await acting.consumeStream();
    assert.deepEqual(
      (await acting.toolResults).map((r) => r.output),
      ['mild in Rome', 'mild in Oslo'],
    );
  });
}
