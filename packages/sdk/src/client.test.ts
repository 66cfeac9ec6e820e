import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { createTributary, type TributaryOptions } from './client.ts';
import { createFakeGateway, type FakeGateway, GATEWAY_URL, resign, session } from './test-support.ts';

function clientOf(gateway: FakeGateway, options: Partial<TributaryOptions> = {}) {
  return createTributary({ gateway: GATEWAY_URL, session, fetch: gateway.fetch, ...options });
}

test('ask pays once it knows the price, and hands out text, reason, cost and receipt', async () => {
  const gateway = createFakeGateway();
  const t = clientOf(gateway);
  const answer = await t.ask('What is the answer?');
  assert.equal(answer.text, 'Forty-two.');
  assert.equal(answer.why, 'it is a test');
  assert.equal(answer.provider, 'tester');
  assert.equal(answer.charged, 60n);
  assert.deepEqual(
    gateway.statuses,
    [402, 402, 402, 200],
    'price, price and total for a channel with a history, answer',
  );
  await t.ask('What is the answer?');
  assert.equal(gateway.statuses.length, 5, 'the second request needs no round trip to ask the price');
  const balance = await t.balance();
  assert.deepEqual({ charged: balance.charged, open: balance.open }, { charged: 120n, open: 0n });
  assert.equal(gateway.charged(), 120n);
});

test('stream hands out the pieces and, at the end, the checked answer', async () => {
  const gateway = createFakeGateway();
  const t = clientOf(gateway);
  const stream = t.stream('What is the answer?');
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(piece);
  assert.deepEqual(pieces, ['Fort', 'y-tw', 'o.']);
  const answer = await stream.answer;
  assert.equal(answer.text, 'Forty-two.');
  assert.equal((await t.balance()).charged, 60n);
});

test('32 requests at once share the channel; the books agree afterwards', async () => {
  const gateway = createFakeGateway({ before: () => new Promise((resolve) => setImmediate(resolve)) });
  const t = clientOf(gateway);
  await t.ask('warm up');
  await Promise.all(
    Array.from({ length: 32 }, (_, i) => (i % 2 ? t.ask(`question ${i}`) : read(t.stream(`question ${i}`)))),
  );
  assert.equal(
    gateway.statuses.filter((s) => s !== 200).length,
    3,
    'only the first request was refused, to learn price and total',
  );
  const { charged, open } = await t.balance();
  assert.deepEqual({ charged, open }, { charged: gateway.charged(), open: 0n });
});

async function read(stream: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
}

test('a quote above maxPricePerRequest is refused before anything is signed', async () => {
  const gateway = createFakeGateway({ quote: () => 200_001n });
  await assert.rejects(clientOf(gateway, { maxPricePerRequest: 200_000n }).ask('x'), {
    code: 'price_too_high',
    status: 402,
  });
  assert.equal(gateway.hub.channels().length, 0);
});

test('requests beyond maxOpenAmount are refused by the client', async () => {
  const release = Promise.withResolvers<void>();
  const gateway = createFakeGateway();
  const t = clientOf(gateway, { maxOpenAmount: 150n });
  await t.ask('warm up');
  gateway.behaviour.before = () => release.promise;
  const first = t.ask('one');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await t.balance()).open, 100n);
  await assert.rejects(t.ask('two'), { code: 'open_limit' });
  release.resolve();
  await first;
  assert.equal((await t.balance()).open, 0n);
});

test('a dearer request than the last one is quoted anew and paid', async () => {
  const gateway = createFakeGateway();
  const t = clientOf(gateway);
  await t.ask('warm up');
  gateway.behaviour.quote = () => 5_000n;
  gateway.behaviour.price = () => 4_000n;
  assert.equal((await t.ask('longer')).charged, 4_000n);
  assert.deepEqual(gateway.statuses.slice(-3), [200, 402, 200]);
});

test('a client that lost its book takes over the total its own vouchers prove', async () => {
  const gateway = createFakeGateway();
  await clientOf(gateway).ask('before the restart');
  const restarted = clientOf(gateway);
  assert.equal((await restarted.ask('after the restart')).charged, 60n);
  assert.equal((await restarted.balance()).charged, 120n);
});

test('a restart after parallel requests: the slack in old vouchers is no lie of the gateway', async () => {
  const gateway = createFakeGateway({ before: () => new Promise((resolve) => setImmediate(resolve)) });
  const t = clientOf(gateway);
  await Promise.all(Array.from({ length: 8 }, (_, i) => t.ask(`question ${i}`)));
  const restarted = clientOf(gateway);
  await Promise.all(Array.from({ length: 8 }, (_, i) => restarted.ask(`again ${i}`)));
  const { charged, open } = await restarted.balance();
  assert.deepEqual({ charged, open }, { charged: gateway.charged(), open: 0n });
});

test('a failed answer costs nothing and leaves nothing open', async () => {
  const gateway = createFakeGateway();
  const t = clientOf(gateway);
  await t.ask('warm up');
  gateway.behaviour.before = () => {
    throw new TributaryError('no_provider_available', 'Nobody answers.', { status: 503 });
  };
  await assert.rejects(t.ask('x'), { code: 'no_provider_available', status: 503 });
  const { charged, open } = await t.balance();
  assert.deepEqual({ charged, open }, { charged: 60n, open: 0n });
});

test('a stream that breaks off is an error and costs nothing', async () => {
  const gateway = createFakeGateway();
  const t = clientOf(gateway);
  await t.ask('warm up');
  gateway.behaviour.cutAfter = 1;
  const stream = t.stream('x');
  await assert.rejects(read(stream), { code: 'provider_malformed' });
  await assert.rejects(stream.answer, { code: 'provider_malformed' });
  assert.equal((await t.balance()).open, 0n);
});

test('a stream that is not read to its end stays open in the book', async () => {
  const gateway = createFakeGateway();
  const t = clientOf(gateway);
  await t.ask('warm up');
  const stream = t.stream('x');
  for await (const piece of stream) {
    assert.equal(piece, 'Fort');
    break;
  }
  await assert.rejects(stream.answer, { code: 'stream_abandoned' });
  assert.equal((await t.balance()).open, 100n);
});

const LIES: [string, Partial<FakeGateway['behaviour']>, string][] = [
  ['an altered answer', { alter: () => ({ content: 'Forty-three.' }) }, 'answer hash'],
  [
    'a charge above the reservation',
    { twist: (r) => pay(r, { payerTo: r.payment.payerFrom + 101n }) },
    'charge within reservation',
  ],
  ['a charge below the price', { twist: (r) => pay(r, { payerTo: r.payment.payerFrom }) }, 'charge covers price'],
  ['an interval that is not the price', { twist: (r) => pay(r, { to: r.payment.to + 1n }) }, 'interval equals price'],
  ['another channel', { twist: (r) => pay(r, { payerChannelId: r.payment.channelId }) }, 'paying channel'],
  ['a payment for another receipt', { twist: (r) => pay(r, { receiptHash: r.salt }) }, 'payment is for this receipt'],
  [
    'a malformed signature',
    { twist: (r) => ({ ...r, signature: `0x${'00'.repeat(65)}` as const }) },
    'provider signature',
  ],
];

function pay(r: Parameters<NonNullable<FakeGateway['behaviour']['twist']>>[0], change: Partial<typeof r.payment>) {
  const payment = { ...r.payment, ...change };
  return { ...r, payment, paymentSignature: resign(payment) };
}

for (const [name, behaviour, check] of LIES) {
  for (const way of ['ask', 'stream'] as const) {
    test(`${way} finds out ${name} and signs nothing more`, async () => {
      const gateway = createFakeGateway(behaviour);
      const t = clientOf(gateway);
      const asked = way === 'ask' ? t.ask('x') : read(t.stream('x'));
      await assert.rejects(
        asked,
        (e) => TributaryError.is(e) && e.code === 'gateway_lied' && e.message.includes(check),
      );
      await assert.rejects(t.ask('y'), { code: 'gateway_lied' });
    });
  }
}

test('a total that our vouchers do not explain stops the client', async () => {
  const gateway = createFakeGateway({ twist: (r) => pay(r, { payerFrom: 500n, payerTo: 560n }) });
  const t = clientOf(gateway);
  await assert.rejects(t.ask('x'), { code: 'gateway_overcharged' });
  await assert.rejects(t.ask('y'), { code: 'gateway_overcharged' });
});

test('an answer without a receipt stops the client', async () => {
  const t = clientOf(createFakeGateway({ omitReceipt: true }));
  await assert.rejects(t.ask('x'), { code: 'receipt_missing' });
  await assert.rejects(t.ask('y'), { code: 'receipt_missing' });
});

test('a connection that closes is tried once more with the same reservation, which cannot pay twice', async () => {
  for (const arrived of [false, true]) {
    const gateway = createFakeGateway();
    let closing = false;
    const t = clientOf(gateway, {
      async fetch(input, init) {
        if (!closing) return gateway.fetch(input, init);
        closing = false;
        if (arrived) await gateway.fetch(input, init);
        throw new TypeError('other side closed');
      },
    });
    await t.ask('warm up');
    closing = true;
    if (arrived) await assert.rejects(t.ask('x'), { status: 402 });
    else await t.ask('x');
    assert.equal(gateway.charged(), 120n);
    const { charged, open } = await t.balance();
    assert.deepEqual([charged, open], arrived ? [60n, 100n] : [120n, 0n]);
  }
});

test('a gateway that is down is a clear, retryable error', async () => {
  const down = createTributary({ gateway: GATEWAY_URL, fetch: () => Promise.reject(new TypeError('fetch failed')) });
  await assert.rejects(down.ask('x'), { code: 'gateway_unreachable', retryable: true });
});

test('any price within any quote: charges add up, nothing is refused twice', async () => {
  const request = fc.record({ quote: fc.bigInt(0n, 5_000n), part: fc.bigInt(0n, 100n), stream: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
      const gateway = createFakeGateway();
      const t = clientOf(gateway);
      let total = 0n;
      for (const r of requests) {
        const price = (r.quote * r.part) / 100n;
        gateway.behaviour.quote = () => r.quote;
        gateway.behaviour.price = () => price;
        if (r.stream) await read(t.stream('x'));
        else await t.ask('x');
        total += price;
        assert.equal(gateway.charged(), total);
        assert.equal((await t.balance()).charged, total);
      }
    }),
    { numRuns: 40 },
  );
});
