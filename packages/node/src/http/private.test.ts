import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTokens, hashAnswer, hashRequest, NODE_HEADERS, Receipt, TributaryError } from '@tributary/protocol';
import { sealQuestion } from '@tributary/protocol/sealed';
import { id, MODEL, openSession, post, questionHeaders, SALT, SERVICE, startTestNode } from '../test-support.ts';

const SUPPORTS = { supports: ['sealed'] };

async function* sseTexts(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = '';
  for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
    text += bytes;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) if (event !== 'data: [DONE]') yield event.slice(6);
  }
}

async function askPrivately(
  node: Awaited<ReturnType<typeof startTestNode>>,
  text: string,
  outer: Record<string, unknown> = {},
  inner: Record<string, unknown> = {},
) {
  const token = await openSession(node);
  const question = { messages: [{ role: 'user', content: text }], ...inner };
  const { request, answer } = await sealQuestion(node.state.opener.publicKey, SERVICE, question);
  const body = { model: MODEL, ...request, ...outer };
  const response = await post(`${node.url}/v1/chat/completions`, body, questionHeaders(token, id(1)));
  return { response, body, answer };
}

test('a private question is answered in a sealed message, and the receipt is of what the gateway saw', async (t) => {
  const node = await startTestNode(t, SUPPORTS);
  const { response, body, answer } = await askPrivately(node, 'quiet now');
  const text = await response.text();
  assert.ok(!text.includes('quiet'));
  const completion = JSON.parse(text);
  const { message } = completion.choices[0];
  assert.deepEqual(answer.take(message.content), [{ content: 'quiet ' }, { content: 'now' }, { citations: [] }]);
  answer.end();
  const receipt = Receipt.parse(completion.tributary.receipt);
  assert.equal(receipt.requestHash, hashRequest(SALT, body));
  assert.equal(receipt.responseHash, hashAnswer(SALT, { content: message.content }));
});

test('a private answer that is stopped is billed by what was said, not by the length of its seal', async (t) => {
  const node = await startTestNode(t, SUPPORTS);
  const { response, answer } = await askPrivately(node, 'one two hang', { stream: true });
  const values: unknown[] = [];
  let receipt: Receipt | undefined;
  for await (const data of sseTexts(response.body!)) {
    const event = JSON.parse(data);
    if (event.tributary) receipt = Receipt.parse(event.tributary.receipt);
    values.push(...answer.take(event.choices?.[0]?.delta?.content ?? ''));
    if (values.length !== 2 || receipt) continue;
    const token = await openSession(node);
    const stopped = await fetch(`${node.url}/v1/chat/completions/${id(1)}`, {
      method: 'DELETE',
      headers: { [NODE_HEADERS.session]: token },
    });
    assert.equal(stopped.status, 202);
  }
  answer.end();
  assert.equal(receipt?.completionTokens, countTokens('one two '));
});

test('a private stream is sealed piece by piece', async (t) => {
  const node = await startTestNode(t, SUPPORTS);
  const { response, answer } = await askPrivately(node, 'one two', { stream: true });
  const events = (await response.text()).split('\n\n').filter((e) => e && e !== 'data: [DONE]');
  const deltas = events.map((e) => JSON.parse(e.slice(6)).choices?.[0]?.delta?.content ?? '');
  const values = deltas.flatMap((d) => answer.take(d));
  answer.end();
  assert.deepEqual(values, [{ content: 'one ' }, { content: 'two' }, { citations: [] }]);
});

test('a sealed question that cannot be opened, or asks for what the service lacks, is refused and leaves nothing open', async (t) => {
  const node = await startTestNode(t, SUPPORTS);
  const cases = [
    [await askPrivately(node, 'x', { sealed: 'A'.repeat(43) }), 'sealed_unreadable'],
    [await askPrivately(node, 'x', { sealed: 7 }), 'invalid_value'],
    [await askPrivately(node, 'x', { messages: [{ role: 'user', content: 'plain' }] }), 'sealed_unreadable'],
    [
      await askPrivately(node, 'x', {}, { tools: [{ type: 'function', function: { name: 'f' } }] }),
      'unsupported_parameter',
    ],
    [await askPrivately(node, 'x', {}, { messages: [{ role: 'nobody', content: 'x' }] }), 'invalid_value'],
    [await askPrivately(node, 'x', {}, { temperature: 'hot' }), 'invalid_value'],
  ] as const;
  for (const [{ response }, code] of cases) {
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.equal(error.code, code);
  }
  assert.equal(node.state.running.size, 0);
  assert.equal(node.book.channels()[0]?.uncovered, 0n);
});

test('attack: what an upstream says of a private question does not reach the gateway in the clear', async (t) => {
  const said = 'The model refused "my secret".';
  const failing = async (begin: () => void | Promise<void>) => {
    await begin();
    throw new TributaryError('upstream_refused', said, { status: 422, param: 'my secret', hint: said });
  };
  const node = await startTestNode(t, {
    ...SUPPORTS,
    answer: (chat, call) =>
      failing(() => (JSON.stringify(chat.messages).includes('midway') ? call.emit({ content: 'ok' }) : undefined)),
  });
  const cases = [
    await askPrivately(node, 'x'),
    await askPrivately(node, 'x', { stream: true }),
    await askPrivately(node, 'midway', { stream: true }),
    await askPrivately(node, 'x', {}, { my_secret: 1, messages: [{ role: 'my secret', content: 'x' }] }),
    await askPrivately(node, 'x', {}, { response_format: { type: 'my secret' } }),
  ];
  const codes = [];
  for (const { response } of cases) {
    const text = await response.text();
    assert.doesNotMatch(text, /secret|messages|response_format|refused "/);
    const events = text.split('\n').flatMap((line) => (/^(data: )?\{/.test(line) ? [line.replace('data: ', '')] : []));
    const { code, param } = JSON.parse(events.at(-1)!).error;
    assert.equal(param, null);
    codes.push([response.status, code]);
  }
  assert.deepEqual(codes, [
    [422, 'upstream_refused'],
    [422, 'upstream_refused'],
    [200, 'upstream_refused'],
    [400, 'invalid_value'],
    [400, 'unsupported_parameter'],
  ]);
});

test('what stands outside wins: the gateway knows how long the answer may get', async (t) => {
  let asked: unknown;
  const node = await startTestNode(t, {
    ...SUPPORTS,
    async answer(chat, call) {
      asked = chat;
      await call.emit({ content: 'ok' });
      const usage = { promptTokens: 1, completionTokens: 1 };
      return { outcome: 'answered', finishReason: 'stop', usage, attribution: [], citations: [], notes: [] };
    },
  });
  await askPrivately(node, 'x', { max_tokens: 5 }, { max_tokens: 5000, model: 'other', stream: true, seed: 3 });
  assert.deepEqual(asked, {
    messages: [{ role: 'user', content: 'x' }],
    model: MODEL,
    seed: 3,
    stream: undefined,
    max_tokens: 5,
    max_completion_tokens: undefined,
  });
});

test('a service that is not for private questions is not given one', async (t) => {
  const node = await startTestNode(t);
  const { response } = await askPrivately(node, 'x');
  assert.equal(response.status, 400);
  const { error } = (await response.json()) as { error: { code: string; param: string } };
  assert.deepEqual([error.code, error.param], ['unsupported_parameter', 'sealed']);
});
