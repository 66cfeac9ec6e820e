import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve } from './curve.ts';
import type { PaymentEntry } from './payment-entry.ts';
import { createSpokeBook } from './spoke-book.ts';
import {
  digests,
  gateway,
  gatewayKey,
  id,
  NOW,
  onChain,
  payer,
  receipt,
  receipts,
  SERVICE,
  SPOKE_AUTHORIZER,
  spokeConfig,
  TOKEN,
} from './test-support.ts';

const CONFIG = spokeConfig();
const CHANNEL = digests.channelId(CONFIG);

function book(balance = 1_000n, state = {}) {
  const spokes = createSpokeBook({
    channelDigests: digests,
    receiptDigests: receipts,
    curve,
    sessionKey: gatewayKey,
    spokeAuthorizer: SPOKE_AUTHORIZER,
    token: TOKEN,
  });
  for (const r of spokes.learn(CONFIG, onChain(balance, state))) spokes.apply(r);
  return spokes;
}

function pay(spokes: ReturnType<typeof book>, n: number, price: bigint): PaymentEntry {
  const r = receipt(n, price);
  const paid = spokes.pay({ channelId: CHANNEL, receipt: r, payerChannelId: id(9), payerFrom: 0n, payerTo: price });
  const entry = { receipt: r, signature: paid.paymentSignature, salt: id(1), attribution: [], ...paid };
  spokes.apply({ kind: 'spoke.payment', entry });
  return entry;
}

test('a channel that is not ours is refused, naming the field', () => {
  for (const [changes, param] of [
    [{ payerAuthorizer: payer }, 'payerAuthorizer'],
    [{ receiverAuthorizer: payer }, 'receiverAuthorizer'],
    [{ token: payer }, 'token'],
  ] as const) {
    assert.throws(() => book().learn(spokeConfig(changes), onChain(1n)), { code: 'spoke_mismatch', param });
  }
});

test('a payment is signed by the session key and a delivery by a voucher at its end', () => {
  const spokes = book();
  const first = pay(spokes, 1, 30n);
  pay(spokes, 2, 0n);
  const third = pay(spokes, 3, 12n);
  spokes.apply({ kind: 'spoke.payment', entry: first });
  spokes.apply({ kind: 'spoke.payment', entry: third });
  assert.deepEqual([first.payment.from, first.payment.to, third.payment.from, third.payment.to], [0n, 30n, 30n, 42n]);
  assert.equal(curve.recover(receipts.payment(third.payment), third.paymentSignature), gateway);

  const half = spokes.delivery(CHANNEL, 1)!;
  assert.deepEqual(half.entries, [first]);
  assert.equal(half.voucher.maxClaimableAmount, 30n);
  const all = spokes.delivery(CHANNEL)!;
  assert.deepEqual(all.entries, [first, third]);
  assert.equal(curve.recover(digests.voucher(CHANNEL, 42n), all.voucher.signature), gateway);

  spokes.apply(spokes.ack(CHANNEL, 30n)!);
  assert.deepEqual(spokes.delivery(CHANNEL)!.entries, [third]);
  spokes.apply(spokes.ack(CHANNEL, 42n)!);
  assert.equal(spokes.delivery(CHANNEL), null);
  assert.equal(spokes.ack(CHANNEL, 42n), null);
});

test('payments that are not on disk are not delivered', () => {
  const spokes = book();
  spokes.number(CHANNEL, 10n);
  assert.equal(spokes.delivery(CHANNEL), null);
});

test('holds keep parallel questions within the deposit', () => {
  const spokes = book(100n);
  spokes.hold(CHANNEL, id(1), 60n);
  assert.throws(() => spokes.hold(CHANNEL, id(2), 41n), { code: 'spoke_deposit_low', status: 503, retryable: true });
  spokes.hold(CHANNEL, id(2), 40n);
  assert.deepEqual(spokes.number(CHANNEL, 50n, id(1)), { from: 0n, to: 50n });
  spokes.drop(id(2));
  spokes.drop(id(2));
  assert.equal(spokes.channel(CHANNEL)!.left, 50n);
  assert.throws(() => spokes.number(CHANNEL, 51n), { code: 'spoke_deposit_low' });
});

test('an answer within its hold is paid whatever happened to the deposit since', () => {
  const spokes = book(100n);
  spokes.hold(CHANNEL, id(1), 60n);
  spokes.refresh(CHANNEL, { balance: 0n });
  assert.deepEqual(spokes.number(CHANNEL, 60n, id(1)), { from: 0n, to: 60n });
});

test('a channel with a withdrawal under way pays for nothing', () => {
  const spokes = book(100n, { withdrawRequestedAt: NOW });
  assert.throws(() => spokes.hold(CHANNEL, id(1), 1n), { code: 'spoke_deposit_low' });
});

test('a node that lost what it had acknowledged gets it again', () => {
  const spokes = book();
  const first = pay(spokes, 1, 30n);
  const second = pay(spokes, 2, 12n);
  spokes.apply(spokes.ack(CHANNEL, 42n)!);
  assert.throws(() => spokes.ack(CHANNEL, 30n), { code: 'spoke_behind', status: 409 });
  assert.throws(() => spokes.rewind(CHANNEL, [first]), RangeError);
  spokes.rewind(CHANNEL, [second]);
  assert.deepEqual(spokes.delivery(CHANNEL)!.entries, [second]);
  assert.throws(() => spokes.ack(CHANNEL, 43n), { code: 'spoke_ahead', status: 409 });
});

test('of two channels to a service the one with more left pays', () => {
  const spokes = book(10n);
  const other = spokeConfig({ salt: id(1) });
  for (const r of spokes.learn(other, onChain(20n))) spokes.apply(r);
  assert.equal(spokes.channelOf(SERVICE)!.channelId, digests.channelId(other));
  assert.equal(spokes.channelOf(payer), undefined);
});
