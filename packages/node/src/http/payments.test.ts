import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve, EarningsRecord } from '@tributary/payments';
import { NODE_HEADERS, Receipt, toWire } from '@tributary/protocol';
import fc from 'fast-check';
import {
  ask,
  digests,
  GATEWAY_KEY,
  id,
  openSession,
  paymentsFor,
  post,
  SERVICE,
  spokeConfig,
  startTestNode,
  type TestNode,
} from '../test-support.ts';

interface Signed {
  receipt: Receipt;
  signature: string;
  attribution: [];
}

const CHANNEL = digests.channelId(spokeConfig());

async function answers(node: TestNode, token: string, from: number, to: number): Promise<Signed[]> {
  const signed: Signed[] = [];
  for (let n = from; n < to; n++) {
    const { tributary } = (await (await ask(node, token, id(n), `question ${n}`)).json()) as { tributary: Signed };
    signed.push({ ...tributary, receipt: Receipt.parse(tributary.receipt) });
  }
  return signed;
}

async function pay(node: TestNode, body: unknown): Promise<Record<string, unknown> & { status: number }> {
  const response = await post(`${node.url}/payments`, body);
  return { ...((await response.json()) as Record<string, unknown>), status: response.status };
}

const codeOf = (answer: Record<string, unknown>) => String(answer.type).replace('urn:tributary:error:', '');

test('payments in order move coveredTo and free the uncovered limit', async (t) => {
  const node = await startTestNode(t, { uncoveredLimit: 3_000n });
  const token = await openSession(node);
  const signed = await answers(node, token, 0, 2);
  assert.equal(node.book.channel(CHANNEL)!.uncovered, 300n);
  assert.deepEqual(await pay(node, paymentsFor(signed)), { status: 200, coveredTo: '300' });
  assert.equal(node.book.channel(CHANNEL)!.uncovered, 0n);
  const more = await answers(node, token, 2, 3);
  assert.deepEqual(await pay(node, paymentsFor(more, 300n)), { status: 200, coveredTo: '450' });
});

test('sending the same again, alone or with more behind it, is harmless', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const signed = await answers(node, token, 0, 3);
  await pay(node, paymentsFor(signed.slice(0, 2)));
  const records = node.journal.length;
  assert.deepEqual(await pay(node, paymentsFor(signed.slice(0, 2))), { status: 200, coveredTo: '300' });
  assert.equal(node.journal.length, records);
  assert.deepEqual(await pay(node, paymentsFor(signed)), { status: 200, coveredTo: '450' });
});

test('the same batch sent many times at once is taken once', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const body = paymentsFor(await answers(node, token, 0, 3));
  const replies = await Promise.all(Array.from({ length: 8 }, () => pay(node, body)));
  assert.ok(replies.every((r) => r.coveredTo === '450'));
  assert.equal(node.journal.filter((r) => r.kind === 'earnings.payments').length, 1);
});

test('a gap is answered 409 with coveredTo, and what is resent from there heals it', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const signed = await answers(node, token, 0, 3);
  const late = await pay(node, paymentsFor(signed.slice(1), 150n));
  assert.equal(late.status, 409);
  assert.equal(codeOf(late), 'gap');
  assert.equal(late.coveredTo, '0');
  assert.equal((await pay(node, paymentsFor(signed))).coveredTo, '450');
});

type Body = ReturnType<typeof paymentsFor>;
const forged = curve.sign(new Uint8Array(32).fill(1), GATEWAY_KEY);
const lies: [string, (b: Body) => unknown, number, string][] = [
  [
    'a voucher below its payments',
    (b) => {
      const ceiling = b.voucher.maxClaimableAmount - 1n;
      return {
        ...b,
        voucher: { maxClaimableAmount: ceiling, signature: curve.sign(digests.voucher(CHANNEL, ceiling), GATEWAY_KEY) },
      };
    },
    402,
    'charge_exceeds_signed_cumulative',
  ],
  [
    'a voucher signed by somebody else',
    (b) => ({
      ...b,
      voucher: {
        ...b.voucher,
        signature: curve.sign(digests.voucher(CHANNEL, b.voucher.maxClaimableAmount), new Uint8Array(32).fill(8)),
      },
    }),
    402,
    'voucher_signature',
  ],
  [
    'a voucher beyond the deposit',
    (b) => {
      const ceiling = 10_000_001n;
      return {
        ...b,
        voucher: { maxClaimableAmount: ceiling, signature: curve.sign(digests.voucher(CHANNEL, ceiling), GATEWAY_KEY) },
      };
    },
    402,
    'cumulative_exceeds_balance',
  ],
  ['a channel nobody knows', (b) => ({ ...b, channelId: id(7) }), 404, 'channel_not_found'],
  [
    'an interval longer than the price',
    (b) => ({ ...b, entries: b.entries.map((e) => ({ ...e, payment: { ...e.payment, to: e.payment.to + 1n } })) }),
    400,
    'bad_payment',
  ],
  [
    'a receipt of a lower price',
    (b) => ({ ...b, entries: b.entries.map((e) => ({ ...e, receipt: { ...e.receipt, price: 1n } })) }),
    400,
    'bad_payment',
  ],
  [
    'another attribution',
    (b) => ({
      ...b,
      entries: b.entries.map((e) => ({
        ...e,
        attribution: [{ dataset: SERVICE, document: 'd', documentHash: id(1), contributor: SERVICE, weightPpm: 1 }],
      })),
    }),
    400,
    'bad_payment',
  ],
  ['no voucher', (b) => ({ ...b, voucher: undefined }), 400, 'bad_payments'],
  [
    'an amount with a sign',
    (b) => ({ ...b, voucher: { ...b.voucher, maxClaimableAmount: '-1' } }),
    400,
    'bad_payments',
  ],
  ['a channel id that is none', (b) => ({ ...b, channelId: 5 }), 400, 'bad_payments'],
  [
    'too many entries',
    (b) => ({ ...b, entries: Array.from({ length: 501 }, () => b.entries[0]) }),
    400,
    'bad_payments',
  ],
];
for (const [what, lie, status, code] of lies) {
  test(`payments with ${what} are refused and change nothing`, async (t) => {
    const node = await startTestNode(t);
    const token = await openSession(node);
    const body = paymentsFor(await answers(node, token, 0, 1));
    const records = node.journal.length;
    const answer = await pay(node, lie(body));
    assert.equal(answer.status, status);
    assert.equal(codeOf(answer), code);
    assert.equal(node.journal.length, records);
    assert.equal((await pay(node, body)).coveredTo, '150');
  });
}

test('a receipt that this node never signed is refused', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const [signed] = await answers(node, token, 0, 1);
  const receipt = { ...signed!.receipt, requestId: id(50) };
  const answer = await pay(node, paymentsFor([{ ...signed!, receipt, signature: forged }]));
  assert.equal(codeOf(answer), 'bad_payment');
});

/** A node that starts on the first `kept` records of another one's journal. */
async function restart(t: Parameters<typeof startTestNode>[0], journal: readonly EarningsRecord[], kept: number) {
  const node = await startTestNode(t);
  // Through text, as a journal on disk has it.
  for (const record of journal.slice(0, kept)) node.book.apply(EarningsRecord.parse(JSON.parse(toWire(record))));
  return node;
}

test('after a kill with the journal cut anywhere, what the gateway resends brings everything back', async (t) => {
  const first = await startTestNode(t);
  const token = await openSession(first);
  const signed: Signed[] = [];
  for (let n = 0; n < 5; n++) {
    signed.push(...(await answers(first, token, n, n + 1)));
    await pay(first, paymentsFor(signed));
  }
  const whole = first.book.claims();
  for (let kept = 0; kept <= first.journal.length; kept++) {
    const second = await restart(t, first.journal, kept);
    await openSession(second);
    const coveredTo = second.book.channel(CHANNEL)!.coveredTo;
    assert.equal(coveredTo, BigInt(150 * Math.max(kept - 1, 0)));
    assert.equal((await pay(second, paymentsFor(signed))).coveredTo, '750');
    assert.deepEqual(second.book.claims(), whole);
  }
});

test('a gateway that lost its journal gets its payments back, signatures and all', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const body = paymentsFor(await answers(node, token, 0, 3));
  await pay(node, body);
  const back = async (from: string) => {
    const response = await fetch(`${node.url}/payments?from=${from}`, { headers: { [NODE_HEADERS.session]: token } });
    return { status: response.status, ...((await response.json()) as { entries?: unknown[] }) };
  };
  assert.deepEqual(await back('0'), { status: 200, entries: JSON.parse(toWire(body.entries)) });
  assert.deepEqual((await back('150')).entries, JSON.parse(toWire(body.entries.slice(1))));
  assert.deepEqual((await back('450')).entries, []);
  assert.equal((await back('x')).status, 400);
  assert.equal((await fetch(`${node.url}/payments?from=0`)).status, 401);
});

test('attack: a session that reads its payments back for ever is told to wait', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const read = () => fetch(`${node.url}/payments?from=0`, { headers: { [NODE_HEADERS.session]: token } });
  let last = await read();
  for (let n = 1; n < 500 && last.status === 200; n++) last = await read();
  assert.equal(last.status, 429);
  assert.equal(last.headers.get('retry-after'), '1');
});

test('a restarted node takes payments for answers of before its end', async (t) => {
  const first = await startTestNode(t);
  const signed = await answers(first, await openSession(first), 0, 2);
  const second = await restart(t, first.journal, 1);
  await openSession(second);
  assert.equal((await pay(second, paymentsFor(signed))).coveredTo, '300');
});

test('no bytes of strangers raise an internal error', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const body = JSON.parse(toWire(paymentsFor(await answers(node, token, 0, 2)))) as Record<string, unknown>;
  await fc.assert(
    fc.asyncProperty(
      fc.json(),
      fc.constantFrom('voucher', 'entries', 'channelId'),
      fc.jsonValue(),
      async (text, name, value) => {
        assert.ok((await post(`${node.url}/payments`, text)).status < 500);
        assert.ok((await post(`${node.url}/payments`, { ...body, [name]: value })).status < 500);
      },
    ),
    { numRuns: 100 },
  );
});
