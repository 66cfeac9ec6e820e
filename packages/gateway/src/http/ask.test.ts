import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFee } from '@tributary/protocol';
import { type Fault, FEE_PPM, startFakeNode, startTestGateway } from '../test-support.ts';

// Answers are read as a client in JavaScript would read them.
// biome-ignore lint/suspicious/noExplicitAny: ^
type Json = any;

const hello = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two three' }] };

async function chunksOf(response: Response): Promise<{ chunks: Json[]; done: boolean }> {
  const events = (await response.text()).split('\n\n').filter((e) => e.startsWith('data: '));
  const done = events.at(-1) === 'data: [DONE]';
  return { chunks: (done ? events.slice(0, -1) : events).map((e) => JSON.parse(e.slice(6))), done };
}

const textOf = (chunks: Json[]) => chunks.map((c) => c.choices?.[0]?.delta.content ?? '').join('');

test('a whole answer is charged by its receipt and says what it cost', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const response = await gateway.ask(hello);
  const body = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.equal(body.choices[0].message.content, 'one two three');
  const { receipt } = body.tributary.receipt;
  const charge = withFee(BigInt(receipt.price), FEE_PPM);
  assert.equal(gateway.charged(), charge);
  assert.equal(body.usage.cost, Number(charge) / 1e6);
  assert.equal(body.tributary.receipt.payment.payerTo, String(charge));
  assert.equal(response.headers.get('x-tributary-request'), receipt.requestId);
  gateway.expectNothingOpen();
});

test('a stream follows the order that official clients insist on', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const response = await gateway.ask({ ...hello, stream: true, stream_options: { include_usage: true } });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const { chunks, done } = await chunksOf(response);
  assert.ok(done);
  assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
  assert.equal(textOf(chunks), 'one two three');
  assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.cost > 0);
  assert.ok(chunks.slice(0, -1).every((c) => c.usage === null));
  assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
  assert.equal(chunks.at(-1).tributary.receipt.payment.payerTo, String(gateway.charged()));
});

test('without include_usage no chunk has usage, and the finish chunk carries the receipt', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const { chunks } = await chunksOf(await gateway.ask({ ...hello, stream: true }));
  assert.ok(chunks.every((c) => !('usage' in c)));
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
  assert.ok(chunks.at(-1).tributary.receipt.signature);
});

test('payments reach the node in order, until acknowledged', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  for (let i = 0; i < 5; i++) await (await gateway.ask(hello)).text();
  const service = gateway.catalog.get(echo.node.account)!;
  await gateway.core.delivery.deliver(service);
  assert.equal(echo.node.entries.length, 5);
  assert.equal(echo.node.coveredTo, gateway.spokes.channelOf(echo.node.account)?.ackedTo);
  assert.equal(gateway.spokes.channelOf(echo.node.account)?.undelivered, 0);
});

const PROVIDER_FAULTS: Fault[] = [
  'status-500',
  'hang',
  'not-json',
  'overprices',
  'too-many-tokens',
  'wrong-signature',
  'wrong-answer-hash',
  'wrong-request-hash',
];

for (const fault of PROVIDER_FAULTS) {
  test(`a provider that fails by ${fault} is replaced before the user notices, and earns nothing`, async (t) => {
    const bad = await startFakeNode(t, { price: { perRequest: 1n } });
    const good = await startFakeNode(t);
    bad.node.fault = fault;
    const gateway = await startTestGateway(t, [bad, good]);
    const response = await gateway.ask({ ...hello, provider: { order: [bad.card.provider] } });
    const body = (await response.json()) as Json;
    assert.equal(response.status, 200, JSON.stringify(body));
    assert.equal(body.provider, good.card.provider);
    assert.equal(bad.node.asked, 1);
    assert.equal(gateway.spokes.channelOf(bad.node.account)?.promised, 0n);
    assert.equal(gateway.records.filter((r) => r.kind === 'answer').length, 1);
    gateway.expectNothingOpen();
  });

  test(`when the only provider fails by ${fault}, the error says so and nothing is charged`, async (t) => {
    const bad = await startFakeNode(t);
    bad.node.fault = fault;
    const gateway = await startTestGateway(t, [bad]);
    const response = await gateway.ask(hello);
    const body = (await response.json()) as Json;
    assert.ok(response.status >= 500, String(response.status));
    assert.equal(body.error.type, 'server_error');
    assert.match(body.error.code, /^provider_/);
    assert.equal(gateway.charged(), 0n);
    assert.equal(gateway.records.length, 0);
    gateway.expectNothingOpen();
  });
}

const MIDWAY = [
  'break-midway',
  'hang-midway',
  'comments-for-ever',
  'nothing-for-ever',
  'words-past-stop',
  'overprices',
  'too-many-tokens',
] as const;

for (const fault of MIDWAY) {
  test(`a stream that goes wrong by ${fault} ends in an error event and is free`, async (t) => {
    const bad = await startFakeNode(t);
    bad.node.fault = fault;
    const gateway = await startTestGateway(t, [bad, await startFakeNode(t)]);
    const response = await gateway.ask({ ...hello, stream: true, provider: { order: [bad.card.provider] } });
    assert.equal(response.status, 200);
    const { chunks, done } = await chunksOf(response);
    assert.equal(done, false);
    assert.match(chunks.at(-1).error.code, /^provider_/);
    assert.ok(chunks.every((c) => !c.choices?.[0]?.finish_reason));
    assert.equal(gateway.charged(), 0n);
    gateway.expectNothingOpen();
  });
}

test('a stream without end is stopped, and what was said of it is paid', async (t) => {
  const echo = await startFakeNode(t);
  echo.node.fault = 'words-for-ever';
  const patience = { firstTokenMs: 10_000, idleMs: 10_000, stopMs: 10_000 };
  const gateway = await startTestGateway(t, [echo], { patience });
  const { chunks, done } = await chunksOf(await gateway.ask({ ...hello, stream: true }));
  assert.ok(done);
  assert.equal(echo.node.stopped, 1);
  assert.match(textOf(chunks), /^(one )+$/);
  assert.ok(gateway.charged() > 0n);
  gateway.expectNothingOpen();
});

for (const fault of ['status-500', 'hang'] as const) {
  test(`a stream whose provider fails by ${fault} before its first word comes from another one`, async (t) => {
    const bad = await startFakeNode(t);
    bad.node.fault = fault;
    const good = await startFakeNode(t);
    const gateway = await startTestGateway(t, [bad, good]);
    const response = await gateway.ask({ ...hello, stream: true, provider: { order: [bad.card.provider] } });
    const { chunks, done } = await chunksOf(response);
    assert.ok(done);
    assert.equal(textOf(chunks), 'one two three');
    assert.equal(chunks[0].provider, good.card.provider);
  });
}

test('a client that leaves in the middle of a stream pays for what was produced, and the provider stops', async (t) => {
  const echo = await startFakeNode(t);
  const gate = Promise.withResolvers<void>();
  echo.node.gate = gate.promise;
  const gateway = await startTestGateway(t, [echo], {
    patience: { firstTokenMs: 5_000, idleMs: 5_000, stopMs: 2_000 },
  });
  const leaving = new AbortController();
  const response = await gateway.ask({ ...hello, stream: true }, {}, leaving.signal);
  const reader = response.body!.getReader();
  await reader.read();
  leaving.abort();
  await gateway.settled(1);
  gate.resolve();
  assert.equal(echo.node.stopped, 1);
  const [receipt] = gateway.receipts;
  assert.equal(gateway.charged(), withFee(receipt!.receipt.price, FEE_PPM));
  assert.ok(receipt!.receipt.completionTokens < 4);
  gateway.expectNothingOpen();
});

test('an honest "unknown" is free; auto passes it on, and the last one is an ordinary answer', async (t) => {
  const expert = await startFakeNode(t, { model: 'a', deterministic: true });
  expert.node.outcome = 'unknown';
  const other = await startFakeNode(t, { model: 'b' });
  const gateway = await startTestGateway(t, [expert, other]);
  for (const stream of [false, true]) {
    const response = await gateway.ask({ ...hello, model: 'auto', stream });
    const text = await response.text();
    assert.ok(text.includes(`"service":"${other.node.account}"`), text);
    assert.ok(text.includes('"why":"it was its turn"'));
  }
  const paid = gateway.charged();
  assert.ok(paid > 0n);
  other.node.outcome = 'unknown';
  const last = (await (await gateway.ask({ ...hello, model: 'auto' })).json()) as Json;
  assert.equal(last.tributary.outcome, 'unknown');
  assert.equal(last.usage.cost, 0);
  assert.equal(gateway.charged(), paid);
  gateway.expectNothingOpen();
});

test('a lost session is renewed and an unpaid node is paid, without an error for the user', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  await (await gateway.ask(hello)).text();
  echo.node.fault = 'session-lost';
  assert.equal((await gateway.ask(hello)).status, 200);
  echo.node.fault = 'wants-payment';
  assert.equal((await gateway.ask(hello)).status, 200);
  assert.ok(echo.node.entries.length >= 2);
  echo.node.fault = 'deposit-unseen';
  assert.equal((await gateway.ask(hello)).status, 200);
});

test('a deposit that is used up by one stream refuses the next request, and the stream is paid', async (t) => {
  const echo = await startFakeNode(t);
  const gate = Promise.withResolvers<void>();
  echo.node.gate = gate.promise;
  const patience = { firstTokenMs: 5_000, idleMs: 5_000 };
  const gateway = await startTestGateway(t, [echo], { deposit: 3_500n, patience });
  const stream = await gateway.ask({ ...hello, stream: true });
  assert.equal(stream.status, 200);
  const refused = await gateway.ask(hello);
  assert.equal(refused.status, 402);
  assert.equal(((await refused.json()) as Json).error.code, 'insufficient_balance');
  gate.resolve();
  assert.ok((await chunksOf(stream)).done);
  assert.equal(gateway.receipts.length, 1);
  assert.equal(gateway.charged(), withFee(gateway.receipts[0]!.receipt.price, FEE_PPM));
  gateway.expectNothingOpen();
});

test('a spoke without money refuses rather than promise what it does not hold', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)], { spokeDeposit: 10n });
  const response = await gateway.ask(hello);
  assert.equal(response.status, 503);
  assert.equal(gateway.charged(), 0n);
  gateway.expectNothingOpen();
});

test('the same Idempotency-Key gets the same answer and is charged once', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const headers = { 'idempotency-key': 'k1' };
  const [first, second] = await Promise.all([gateway.ask(hello, headers), gateway.ask(hello, headers)]);
  assert.equal(await first.text(), await second.text());
  const charged = gateway.charged();
  const third = await gateway.ask(hello, headers);
  assert.equal(third.headers.get('idempotent-replayed'), 'true');
  assert.equal(echo.node.asked, 1);
  assert.equal(gateway.charged(), charged);
  const other = await gateway.ask({ ...hello, seed: 1 }, headers);
  assert.equal(other.status, 422);
});

test('the automatic retry of an official client is not charged twice', async (t) => {
  const echo = await startFakeNode(t);
  const gateway = await startTestGateway(t, [echo]);
  const first = await gateway.ask(hello, { 'x-stainless-retry-count': '0' });
  const retry = await gateway.ask(hello, { 'x-stainless-retry-count': '1' });
  assert.equal(await first.text(), await retry.text());
  assert.equal(echo.node.asked, 1);
  // The same question asked anew is a new question.
  await (await gateway.ask(hello, { 'x-stainless-retry-count': '0' })).text();
  assert.equal(echo.node.asked, 2);
});

test('a hundred answers at once on one channel add up to the base unit', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t), await startFakeNode(t)]);
  const bodies = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const response = await gateway.ask({
        ...hello,
        messages: [{ role: 'user', content: `question ${i}` }],
        stream: i % 3 === 0,
      });
      assert.equal(response.status, 200);
      return response.text();
    }),
  );
  assert.equal(bodies.length, 100);
  const sum = gateway.receipts.reduce((s, r) => s + withFee(r.receipt.price, FEE_PPM), 0n);
  assert.equal(gateway.charged(), sum);
  const promised = gateway.spokes.channels().reduce((s, c) => s + c.promised, 0n);
  assert.equal(
    promised,
    gateway.receipts.reduce((s, r) => s + r.receipt.price, 0n),
  );
  gateway.expectNothingOpen();
});
