import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHeader, HEADER_PAYMENT_REQUIRED, HEADER_PAYMENT_RESPONSE } from '@tributary/payments';
import fc from 'fast-check';
import { askStreamed, askWhole } from './ask-chat.ts';

const receipt = { receipt: { requestId: '0x01' }, payment: { receiptHash: '0x02' } };
const tributary = { service: '0x03', model: 'm', outcome: 'answered', receipt };
const settled = { success: true, transaction: '0x04', network: 'eip155:1' };
const offer = {
  scheme: 'exact',
  network: 'eip155:1',
  amount: '9',
  asset: '0x05',
  payTo: '0x06',
  maxTimeoutSeconds: 60,
  extra: {},
};
const required = { x402Version: 2, error: 'Payment required', resource: { url: 'u' }, accepts: [offer] };

const question = {
  body: { model: 'auto', messages: [] },
  headers: new Headers({ authorization: 'Bearer trib_x', cookie: 'a=b' }),
  payment: undefined,
  signal: new AbortController().signal,
};

test('a question carries the caller’s key and payment, and nothing else of its headers', async () => {
  let sent: Request | undefined;
  const ask = async (request: Request) => {
    sent = request;
    return Response.json({ error: { message: 'no', code: 'model_not_found', param: 'model' } }, { status: 404 });
  };
  const outcome = await askWhole(ask, { ...question, payment: { x402Version: 2 } });
  assert.ok('error' in outcome);
  assert.deepEqual([outcome.error.code, outcome.error.status, outcome.error.param], ['model_not_found', 404, 'model']);
  assert.equal(sent?.headers.get('authorization'), 'Bearer trib_x');
  assert.equal(sent?.headers.get('payment-signature'), encodeHeader({ x402Version: 2 }));
  assert.equal(sent?.headers.get('cookie'), null);
});

test('a question without money says on what terms it is answered', async () => {
  const headers = { [HEADER_PAYMENT_REQUIRED]: encodeHeader(required) };
  const body = { error: { message: 'Payment required', code: 'payment_required', param: null } };
  const outcome = await askWhole(async () => Response.json(body, { status: 402, headers }), question);
  assert.ok('unpaid' in outcome);
  assert.deepEqual(outcome.unpaid.required, required);
  const poor = await askWhole(async () => Response.json(body, { status: 402 }), question);
  assert.ok('unpaid' in poor);
  assert.equal(poor.unpaid.required, null);
});

test('a whole answer', async () => {
  const body = {
    model: 'm',
    provider: 'P',
    choices: [{ message: { content: 'Hi', annotations: 'none' }, finish_reason: 'stop' }],
    usage: { cost: 0.5 },
    tributary,
  };
  const headers = { [HEADER_PAYMENT_RESPONSE]: encodeHeader(settled) };
  const outcome = await askWhole(async () => Response.json(body, { headers }), question);
  assert.deepEqual(outcome, {
    answer: {
      text: 'Hi',
      model: 'm',
      provider: 'P',
      finishReason: 'stop',
      cost: 0.5,
      settled,
      service: '0x03',
      why: null,
      outcome: 'answered',
      citations: [],
      requestId: '0x01',
      receiptHash: '0x02',
      receipt,
    },
  });
});

test('a refund is no answer', async () => {
  const headers = { [HEADER_PAYMENT_RESPONSE]: encodeHeader(settled) };
  for (const outcome of [
    await askWhole(async () => Response.json({}, { headers }), question),
    await askStreamed(
      async () => Response.json({}, { headers }),
      question,
      () => undefined,
    ),
  ]) {
    assert.deepEqual(outcome, { refunded: settled });
  }
});

const streamOf =
  (...events: string[]) =>
  async () =>
    new Response(events.map((e) => `data: ${e}\n\n`).join(''), { headers: { 'content-type': 'text/event-stream' } });

test('a streamed answer comes piece by piece', async () => {
  const chunk = (delta: object, more: object = {}) =>
    JSON.stringify({ model: 'm', provider: 'P', choices: [{ delta, finish_reason: null }], ...more });
  const last = JSON.stringify({ choices: [], usage: { cost: 0.5 }, tributary });
  const pieces: string[] = [];
  const ask = streamOf(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'H' }),
    chunk({ content: 'i' }),
    last,
  );
  const outcome = await askStreamed(ask, question, (text) => pieces.push(text));
  assert.ok('answer' in outcome);
  assert.deepEqual([outcome.answer.text, outcome.answer.cost, pieces], ['Hi', 0.5, ['H', 'i']]);
});

test('a stream that ends in an error or too early is an error', async () => {
  const failed = await askStreamed(
    streamOf('{"error":{"message":"gone","code":"provider_failed"}}'),
    question,
    () => undefined,
  );
  assert.ok('error' in failed && failed.error.code === 'provider_failed');
  const cut = await askStreamed(streamOf('{"choices":[{"delta":{"content":"x"}}]}'), question, () => undefined);
  assert.ok('error' in cut);
});

test('a payment of any shape is carried or refused', async () => {
  const ask = async () => Response.json({ error: { message: 'no' } }, { status: 402 });
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (payment) => {
      assert.ok('unpaid' in (await askWhole(ask, { ...question, payment })));
    }),
  );
  await assert.rejects(askWhole(ask, { ...question, payment: 'x'.repeat(20_000) }), {
    code: 'payment_header_too_long',
  });
});
