import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hex32, TributaryError, toWire } from '@tributary/protocol';
import fc from 'fast-check';
import { curve } from './curve.ts';
import { createEarningsBook } from './earnings-book.ts';
import type { PaymentEntry, PaymentsBody } from './payment-entry.ts';
import {
  digests,
  gatewayKey,
  id,
  key,
  NOW,
  node,
  nodeKey,
  onChain,
  payer,
  receipt,
  receipts,
  SERVICE,
  SPOKE_AUTHORIZER,
  spokeConfig,
  TOKEN,
  voucher,
} from './test-support.ts';

const CONFIG = spokeConfig();
const CHANNEL = digests.channelId(CONFIG);

function book(balance = 1_000n, state = {}, unpaidLimit = 200n) {
  let time = NOW;
  const earnings = createEarningsBook({
    channelDigests: digests,
    receiptDigests: receipts,
    curve,
    signer: node,
    services: () => [SERVICE],
    spokeAuthorizer: SPOKE_AUTHORIZER,
    token: TOKEN,
    uncoveredLimit: 100n,
    unpaidLimit,
    now: () => time,
  });
  for (const r of earnings.learn(CONFIG, onChain(balance, state))) earnings.apply(r);
  return Object.assign(earnings, {
    pass(seconds: number) {
      time += seconds;
    },
  });
}

function entry(n: number, from: bigint, price: bigint, changes: Partial<PaymentEntry['payment']> = {}): PaymentEntry {
  const r = receipt(n, price);
  const digest = receipts.receipt(r);
  const payment = {
    receiptHash: hex32(digest),
    channelId: CHANNEL,
    from,
    to: from + price,
    payerChannelId: id(9),
    payerFrom: 0n,
    payerTo: 0n,
    ...changes,
  };
  return {
    receipt: r,
    signature: curve.sign(digest, nodeKey),
    salt: id(1),
    attribution: [],
    payment,
    paymentSignature: curve.sign(receipts.payment(payment), gatewayKey),
  };
}

function body(ceiling: bigint, ...entries: PaymentEntry[]): PaymentsBody {
  const { maxClaimableAmount, signature } = voucher(CHANNEL, ceiling, gatewayKey);
  return { channelId: CHANNEL, voucher: { maxClaimableAmount, signature }, entries };
}

const wire = (b: PaymentsBody): unknown => JSON.parse(toWire(b));

test('payments are taken once, in order, and become a claim with its leaves', () => {
  const earnings = book();
  const sent = wire(body(30n, entry(1, 0n, 10n), entry(2, 10n, 20n)));
  const record = earnings.accept(sent)!;
  assert.equal(earnings.channel(CHANNEL)!.coveredTo, 0n, 'nothing changes before it is on disk');
  earnings.apply(record);
  earnings.apply(record);
  assert.equal(earnings.channel(CHANNEL)!.coveredTo, 30n);
  assert.equal(earnings.accept(sent), null, 'sending again is harmless');
  const [claim] = earnings.claims();
  assert.deepEqual([claim!.from, claim!.to, claim!.leaves.map((l) => l.amount)], [0n, 30n, [10n, 20n]]);
  earnings.apply({ kind: 'earnings.claimed', channelId: CHANNEL, from: 0n, to: 30n, root: id(1) });
  earnings.refresh(CHANNEL, { totalClaimed: 30n });
  assert.deepEqual(earnings.claims(), []);
});

describe('payments that are refused', () => {
  const cases: [string, PaymentsBody, string, number][] = [
    ['a gap', body(30n, entry(2, 10n, 20n)), 'gap', 409],
    ['a gap between entries', body(40n, entry(1, 0n, 10n), entry(2, 11n, 20n)), 'gap', 409],
    ['an interval longer than the price', body(30n, entry(1, 0n, 10n, { to: 11n })), 'bad_payment', 400],
    ['a free receipt', body(30n, entry(1, 0n, 0n, { to: 1n })), 'bad_payment', 400],
    ['another channel', body(30n, entry(1, 0n, 10n, { channelId: id(4) })), 'bad_payment', 400],
    ['another receipt', body(30n, entry(1, 0n, 10n, { receiptHash: id(4) })), 'bad_payment', 400],
    [
      'a receipt we did not sign',
      body(30n, { ...entry(1, 0n, 10n), signature: entry(2, 0n, 10n).signature }),
      'bad_payment',
      400,
    ],
    [
      'another attribution',
      body(30n, {
        ...entry(1, 0n, 10n),
        attribution: [{ dataset: payer, document: 'a', documentHash: id(1), contributor: payer, weightPpm: 1 }],
      }),
      'bad_payment',
      400,
    ],
    ['a ceiling below the last entry', body(9n, entry(1, 0n, 10n)), 'charge_exceeds_signed_cumulative', 402],
    ['a ceiling above the deposit', body(1_001n, entry(1, 0n, 10n)), 'cumulative_exceeds_balance', 402],
    [
      'a voucher of another signer',
      { ...body(30n, entry(1, 0n, 10n)), voucher: voucher(CHANNEL, 30n, key(8)) },
      'voucher_signature',
      402,
    ],
    ['an unknown channel', { ...body(30n), channelId: id(5) }, 'channel_not_found', 404],
  ];
  for (const [name, b, code, status] of cases) {
    test(name, () => {
      const earnings = book();
      assert.throws(() => earnings.accept(wire(b)), { name: 'TributaryError', code, status });
      assert.equal(earnings.channel(CHANNEL)!.coveredTo, 0n);
    });
  }

  test('strangers’ bytes never raise anything but a TributaryError', () => {
    const good = wire(body(30n, entry(1, 0n, 10n))) as Record<string, unknown>;
    const mangled = fc
      .tuple(fc.constantFrom(...Object.keys(good)), fc.jsonValue())
      .map(([k, v]) => ({ ...good, [k]: v }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mangled), (b) => {
        try {
          book().accept(b);
        } catch (error) {
          assert.ok(TributaryError.is(error), String(error));
        }
      }),
    );
  });
});

test('answers without a payment are limited: first the fresh ones, then the lost ones', () => {
  const earnings = book(1_000n, {}, 100n);
  earnings.begin(CHANNEL, id(1), 60n);
  earnings.signed(id(1), receipt(1, 55n));
  assert.throws(() => earnings.begin(CHANNEL, id(2), 46n), { code: 'uncovered_limit', status: 402, retryable: true });
  earnings.begin(CHANNEL, id(2), 45n);
  earnings.abandon(id(2));
  earnings.begin(CHANNEL, id(3), 0n);
  earnings.signed(id(3), receipt(3, 0n));
  assert.equal(earnings.channel(CHANNEL)!.uncovered, 55n);

  earnings.pass(60);
  assert.deepEqual([earnings.channel(CHANNEL)!.uncovered, earnings.channel(CHANNEL)!.lost], [0n, 55n]);
  assert.throws(() => earnings.begin(CHANNEL, id(4), 46n), { code: 'unpaid_limit', status: 402 });
  assert.throws(() => earnings.begin(CHANNEL, id(1), 1n), { code: 'request_replayed' });
  earnings.apply(earnings.accept(wire(body(55n, entry(1, 0n, 55n))))!);
  assert.equal(earnings.channel(CHANNEL)!.lost, 0n);
  earnings.begin(CHANNEL, id(4), 100n);
});

test('what was lost grows back in a day, and no longer counts against the deposit', () => {
  const earnings = book(120n, {}, 100n);
  earnings.begin(CHANNEL, id(1), 80n);
  earnings.signed(id(1), receipt(1, 80n));
  earnings.pass(60);
  assert.throws(() => earnings.begin(CHANNEL, id(2), 41n), { code: 'unpaid_limit' });
  earnings.pass(43_200);
  assert.throws(() => earnings.begin(CHANNEL, id(2), 41n), { code: 'insufficient_balance' });
  earnings.pass(43_200);
  assert.equal(earnings.channel(CHANNEL)!.lost, 0n);
  earnings.begin(CHANNEL, id(2), 100n);
});

test('attack: a stranger opens one channel after the other, and is answered on each of them for nothing', () => {
  const earnings = book(1_000n, {}, 250n);
  let gained = 0n;
  for (let n = 0; n < 50; n++) {
    const config = spokeConfig({ salt: id(100 + n) });
    for (const r of earnings.learn(config, onChain(1_000n))) earnings.apply(r);
    try {
      for (let i = 0; i < 4; i++) {
        const request = id(1_000 + 10 * n + i);
        earnings.begin(digests.channelId(config), request, 25n);
        earnings.signed(request, receipt(1, 25n, { requestId: request }));
        gained += 25n;
      }
    } catch (error) {
      assert.ok(TributaryError.is(error) && error.status === 402, String(error));
    }
    earnings.pass(60);
  }
  // Fifty minutes of growth are 8 units.
  assert.equal(gained, 250n);
});

test('a channel has no more credit than it holds', () => {
  const earnings = book(30n, {}, 200n);
  earnings.begin(CHANNEL, id(1), 30n);
  assert.throws(() => earnings.begin(CHANNEL, id(2), 1n), { code: 'insufficient_balance' });
});

test('a question is refused that the deposit cannot pay, that repeats, or while a withdrawal is pending', () => {
  const earnings = book(50n);
  assert.throws(() => earnings.begin(CHANNEL, id(1), 51n), { code: 'insufficient_balance' });
  earnings.begin(CHANNEL, id(1), 50n);
  assert.throws(() => earnings.begin(CHANNEL, id(1), 0n), { code: 'request_replayed' });
  earnings.refresh(CHANNEL, { withdrawRequestedAt: NOW });
  assert.throws(() => earnings.begin(CHANNEL, id(2), 0n), { code: 'withdrawal_pending' });
});

test('only spokes to our services through the SpokeAuthorizer are taken in', () => {
  assert.throws(() => book().learn(spokeConfig({ receiver: payer }), onChain(1n)), { code: 'receiver_mismatch' });
  assert.throws(() => book().learn(spokeConfig({ receiverAuthorizer: payer }), onChain(1n)), {
    code: 'receiver_authorizer_mismatch',
  });
});
