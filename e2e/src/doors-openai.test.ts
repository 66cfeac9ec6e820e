import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hashAnswer, hashRequest, packVector, SignedReceipt, unpackVector } from '@tributary/protocol';
import { type FakeRequest, type FakeUpstream, fakeUpstream } from '@tributary/testing';
import OpenAI from 'openai';
import { startNetwork, type TestNetwork } from './support/network.ts';
import { parseEvents, ResponseObject } from './support/response-schema.ts';

/** The official client at the doors beside chat completions, against the network that `npm start` makes with a model server. */

const CHAT = 'small-chat';
const EMBED = 'small-embed';
const ABACUS = 'tributary/abacus';
const question = 'What is 12 * 12?';

let upstream: FakeUpstream;
let net: TestNetwork;
let openai: OpenAI;

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'Get the current weather for a location',
  parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  strict: null,
};
const called = { id: 'call_7', type: 'function', function: { name: 'get_weather', arguments: '{"location":"Rome"}' } };
const usage = { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 };

/** A model that calls the tool it is given, and says the weather once it knows it; and one that embeds. */
function model({ path, body }: FakeRequest) {
  const json = (value: unknown) => ({
    kind: 'raw' as const,
    contentType: 'application/json',
    body: JSON.stringify(value),
  });
  if (path === '/v1/embeddings') {
    const data = [body.input].flat().map((text, index) => ({ index, embedding: [String(text).length, 0.25] }));
    return json({ object: 'list', data, usage: { prompt_tokens: data.length, total_tokens: data.length } });
  }
  const messages = body.messages as { role: string; content: string }[];
  if (messages.at(-1)!.role === 'tool') return { kind: 'answer' as const, text: `It is ${messages.at(-1)!.content}.` };
  if (!body.tools) return { kind: 'answer' as const, text: 'Ahoy, Alice!' };
  const finish_reason = 'tool_calls';
  if (!body.stream) {
    return json({ choices: [{ index: 0, message: { content: null, tool_calls: [called] }, finish_reason }], usage });
  }
  const chunk = (delta: object, reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const piece = (args: string, rest: object = {}) =>
    chunk({ tool_calls: [{ index: 0, ...rest, function: { name: 'get_weather', arguments: args } }] });
  const later = (args: string) => chunk({ tool_calls: [{ index: 0, function: { arguments: args } }] });
  const chunks = [
    chunk({ role: 'assistant', content: null }),
    piece('', { id: 'call_7', type: 'function' }),
    later('{"location":'),
    later('"Rome"}'),
    { ...chunk({}, finish_reason), usage },
  ];
  const text = chunks.map((c) => `data: ${JSON.stringify(c)}\n\n`).join('');
  return { kind: 'raw' as const, contentType: 'text/event-stream', body: `${text}data: [DONE]\n\n` };
}

before(async () => {
  upstream = await fakeUpstream(model, [CHAT, EMBED]);
  net = await startNetwork({ args: ['--upstream', upstream.url] });
  openai = new OpenAI({ baseURL: `${net.network.gateway}/v1`, apiKey: net.network.apiKey, maxRetries: 0 });
});
after(async () => {
  await net?.stop();
  await upstream?.stop();
});

/** The receipt that an answer carries beside what the client's types know. */
function receiptOf(answer: unknown): SignedReceipt {
  return SignedReceipt.parse((answer as { tributary: { receipt: unknown } }).tributary.receipt);
}

test('responses.create answers, and its receipt proves question and answer', async () => {
  const response = await openai.responses.create({ model: 'auto', input: question, instructions: 'Be exact.' });
  assert.match(response.output_text, /144/);
  assert.equal(response.status, 'completed');
  assert.equal(response.model, ABACUS);
  const { input_tokens, output_tokens, total_tokens } = response.usage!;
  assert.equal(input_tokens + output_tokens, total_tokens);
  const { receipt, salt } = receiptOf(response);
  const messages = [
    { role: 'system', content: 'Be exact.' },
    { role: 'user', content: question },
  ];
  assert.equal(receipt.requestHash, hashRequest(salt, { messages }));
  assert.equal(receipt.responseHash, hashAnswer(salt, { content: response.output_text }));
});

test('a document question comes with citations, whole and streamed the same', async () => {
  const input = 'Why does the payer number its own promises?';
  const whole = await openai.responses.create({
    model: 'tributary/library',
    input,
    provider: { order: ['north'] },
  } as never);
  const stream = openai.responses.stream({
    model: 'tributary/library',
    input,
    provider: { order: ['north'] },
  } as never);
  const annotations: unknown[] = [];
  for await (const event of stream) {
    if (event.type === 'response.output_text.annotation.added') annotations.push(event.annotation);
  }
  const streamed = await stream.finalResponse();
  const partOf = (response: OpenAI.Responses.Response) => {
    const [item] = response.output;
    assert.ok(item?.type === 'message' && item.content[0]?.type === 'output_text');
    return item.content[0];
  };
  const part = partOf((await whole) as OpenAI.Responses.Response);
  assert.ok(part.annotations.length > 0 && part.annotations.every((a) => a.type === 'url_citation'));
  assert.deepEqual(annotations, part.annotations);
  assert.equal(partOf(streamed).text, part.text);
  assert.ok(receiptOf(streamed).attribution.length > 0);
});

test('a tool call goes out and comes back, whole', async () => {
  const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather in Rome?' }];
  const first = await openai.responses.create({ model: CHAT, input, tools: [weather] });
  const call = first.output.find((item) => item.type === 'function_call');
  assert.deepEqual([call?.name, call?.call_id, call?.arguments], ['get_weather', 'call_7', '{"location":"Rome"}']);
  const { receipt, salt } = receiptOf(first);
  assert.equal(receipt.responseHash, hashAnswer(salt, { content: null, tool_calls: [called] }));
  const second = await openai.responses.create({
    model: CHAT,
    input: [
      ...input,
      ...(first.output as OpenAI.Responses.ResponseInputItem[]),
      { type: 'function_call_output', call_id: 'call_7', output: 'sunny' },
    ],
    tools: [weather],
  });
  assert.equal(second.output_text, 'It is sunny.');
  assert.deepEqual(upstream.requests.at(-1)!.body.messages, [
    { role: 'user', content: 'Weather in Rome?' },
    { role: 'assistant', content: null, tool_calls: [called] },
    { role: 'tool', tool_call_id: 'call_7', content: 'sunny' },
  ]);
});

test('a tool call streams, as the official accumulator reads it', async () => {
  const stream = openai.responses.stream({ model: CHAT, input: 'Weather in Rome?', tools: [weather] });
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  assert.deepEqual(types, [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.completed',
  ]);
  const [call] = (await stream.finalResponse()).output;
  assert.ok(call?.type === 'function_call');
  assert.equal(call.arguments, '{"location":"Rome"}');
});

test('structured output reaches the model in its own words, and is parsed', async () => {
  upstream.behave(({ body }) => ({ kind: 'answer', text: body.response_format ? '{"city":"Rome"}' : 'no format' }));
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const format = { type: 'json_schema' as const, name: 'city', schema, strict: true };
  const response = await openai.responses.parse({ model: CHAT, input: 'Which city?', text: { format } });
  upstream.behave(model);
  assert.equal(response.output_text, '{"city":"Rome"}');
  const { type: _, ...rest } = format;
  assert.deepEqual(upstream.requests.at(-1)!.body.response_format, { type: 'json_schema', json_schema: rest });
});

test('an answer cut by its limit is incomplete; a stream that breaks throws', async () => {
  const cut = await openai.responses.create({
    model: 'tributary/guide',
    input: 'What can you do?',
    max_output_tokens: 5,
  });
  assert.equal(cut.status, 'incomplete');
  assert.equal(cut.incomplete_details?.reason, 'max_output_tokens');
  upstream.behave({ kind: 'cut' });
  await assert.rejects(async () => {
    for await (const _ of await openai.responses.create({ model: CHAT, input: 'Hi', stream: true }));
  }, OpenAI.APIError);
  upstream.behave(model);
});

const user = (content: unknown) => ({ type: 'message', role: 'user', content });
const { strict: _, ...tool } = weather;
/** The requests of the core compliance tests of Open Responses, and what the output must hold. */
const CORE: [string, Record<string, unknown>, string][] = [
  ['basic-response', { input: [user('Say hello in exactly 3 words.')] }, 'message'],
  ['streaming-response', { input: [user('Count from 1 to 5.')], stream: true }, 'message'],
  [
    'system-prompt',
    { input: [{ type: 'message', role: 'system', content: 'Be a pirate.' }, user('Hello')] },
    'message',
  ],
  ['tool-calling', { input: [user('Weather in Rome?')], tools: [tool], stream: false }, 'function_call'],
  ['tool-calling-streaming', { input: [user('Weather in Rome?')], tools: [tool], stream: true }, 'function_call'],
  [
    'multi-turn',
    { input: [user('I am Alice.'), { type: 'message', role: 'assistant', content: 'Hi!' }, user('Who am I?')] },
    'message',
  ],
];
for (const [name, body, wanted] of CORE) {
  test(`Open Responses, ${name}: object and events as specified`, async () => {
    const response = await fetch(`${net.network.gateway}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${net.network.apiKey}` },
      body: JSON.stringify({ model: CHAT, ...body }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const final = body.stream ? parseEvents(text).at(-1)!.response : JSON.parse(text);
    const { status, output } = ResponseObject.parse(final);
    assert.equal(status, 'completed');
    assert.ok(output.some((item) => item.type === wanted));
  });
}

test('what is not supported is refused by name', async () => {
  const image = [{ type: 'input_image' as const, detail: 'auto' as const, image_url: 'data:image/png;base64,AA' }];
  for (const [body, param] of [
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ store: true }, 'store'],
    [{ background: true }, 'background'],
    [{ tools: [{ type: 'web_search' }] }, 'tools.0'],
    [{ input: [{ role: 'user', content: image }] }, 'input.0.content.0'],
  ] as const) {
    await assert.rejects(
      openai.responses.create({ model: CHAT, input: 'Hi', ...body } as never),
      (e) => e instanceof OpenAI.BadRequestError && e.param === param,
      param,
    );
  }
  await assert.rejects(openai.responses.retrieve('resp_1'), OpenAI.NotFoundError);
});

test('completions.create answers, whole and streamed', async () => {
  const whole = await openai.completions.create({ model: ABACUS, prompt: question });
  assert.match(whole.choices[0]!.text, /144/);
  assert.equal(whole.object, 'text_completion');
  const { receipt, salt } = receiptOf(whole);
  const messages = [{ role: 'user', content: question }];
  assert.equal(receipt.requestHash, hashRequest(salt, { messages, max_completion_tokens: 16 }));
  const options = { include_usage: true };
  let text = '';
  let last: OpenAI.Completion | undefined;
  for await (const chunk of await openai.completions.create({
    model: CHAT,
    prompt: 'Hi',
    stream: true,
    stream_options: options,
  })) {
    text += chunk.choices[0]?.text ?? '';
    last = chunk;
  }
  assert.equal(text, 'Ahoy, Alice!');
  assert.ok(last!.usage!.total_tokens > 0);
  assert.ok(receiptOf(last).payment.to > 0n);
});

test('embeddings.create: what the official client reads from base64 are the numbers', async () => {
  const input = ['The payer numbers its promises.', 'Sunny mountains.'];
  const read = await openai.embeddings.create({ model: 'tributary/embedder', input });
  assert.deepEqual(
    read.data.map((d) => [d.index, d.embedding.length]),
    [
      [0, 384],
      [1, 384],
    ],
  );
  const floats = await openai.embeddings.create({ model: 'tributary/embedder', input, encoding_format: 'float' });
  for (const [i, { embedding }] of read.data.entries()) {
    assert.deepEqual(Float32Array.from(embedding), Float32Array.from(floats.data[i]!.embedding));
  }
  const { receipt, salt } = receiptOf(read);
  assert.equal(receipt.requestHash, hashRequest(salt, { input }));
  const embeddings = read.data.map((d) => packVector(Float32Array.from(d.embedding)));
  assert.equal(receipt.responseHash, hashAnswer(salt, { content: null, embeddings }));
  assert.ok(receipt.price > 0n && receipt.completionTokens === 0);
  const short = await openai.embeddings.create({ model: 'tributary/embedder', input: 'a', dimensions: 64 });
  assert.equal(short.data[0]!.embedding.length, 64);
});

test('embeddings come through a relay as well', async () => {
  const read = await openai.embeddings.create({ model: EMBED, input: ['one', 'three'], encoding_format: 'base64' });
  assert.deepEqual(
    read.data.map((d) => unpackVector(d.embedding as unknown as string)),
    [Float32Array.of(3, 0.25), Float32Array.of(5, 0.25)],
  );
  await assert.rejects(openai.embeddings.create({ model: CHAT, input: 'a' }), OpenAI.BadRequestError);
  await assert.rejects(
    openai.chat.completions.create({ model: EMBED, messages: [{ role: 'user', content: 'a' }] }),
    OpenAI.BadRequestError,
  );
});
