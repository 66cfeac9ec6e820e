import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ChannelConfig, channelDigests, TributaryError, ZERO_ADDRESS } from '@tributary/protocol';
import { newApiKey } from './api-key.ts';
import { curve } from './curve.ts';
import { createHubBook } from './hub-book.ts';
import type { Pay } from './hub-types.ts';
import type { OnChain } from './on-chain.ts';
import {
  apiKeyConfig,
  BODY_HASH,
  digests,
  hubConfig,
  id,
  key,
  NOW,
  onChain,
  payer,
  reservation,
  TOKEN,
  terms,
  voucher,
  voucherKey,
} from './test-support.ts';

const CONFIG = hubConfig();
const CHANNEL = digests.channelId(CONFIG);

function book(state: Partial<OnChain> & { balance?: bigint } = {}, config: ChannelConfig = CONFIG) {
  let time = NOW;
  const hub = createHubBook({ digests, curve, terms, now: () => time, maxWaiting: 2 });
  for (const r of hub.learn(config, onChain(state.balance ?? 1_000n, state))) hub.apply(r);
  return Object.assign(hub, {
    pass(seconds: number) {
      time += seconds;
    },
  });
}

const x402 = (ceiling: bigint, by = voucherKey): Pay => ({ kind: 'x402', voucher: voucher(CHANNEL, ceiling, by) });

function sdk(n: number, ceiling: bigint, amount: bigint, changes: Parameters<typeof reservation>[3] = {}): Pay {
  return {
    kind: 'sdk',
    voucher: voucher(CHANNEL, ceiling),
    reservation: reservation(CHANNEL, id(n), amount, changes),
    bodyHash: BODY_HASH,
  };
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
function highS(signature: `0x${string}`): `0x${string}` {
  const s = (ORDER - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
  return `0x${signature.slice(2, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}`;
}

describe('channels that are refused', () => {
  const cases: [string, Partial<ChannelConfig>, string][] = [
    ['another receiver', { receiver: payer }, 'receiver_mismatch'],
    ['another receiverAuthorizer', { receiverAuthorizer: payer }, 'receiver_authorizer_mismatch'],
    ['another token', { token: payer }, 'token_mismatch'],
    ['a withdrawal delay below 900 s', { withdrawDelay: 899 }, 'withdraw_delay_out_of_range'],
    ['a withdrawal delay above 30 days', { withdrawDelay: 2_592_001 }, 'withdraw_delay_out_of_range'],
    [
      'no session key: a payer could gain code (EIP-7702)',
      { payerAuthorizer: ZERO_ADDRESS },
      'payer_authorizer_required',
    ],
  ];
  for (const [name, changes, code] of cases) {
    test(name, () => {
      assert.throws(() => book({}, hubConfig(changes)), { name: 'TributaryError', code, status: 402 });
    });
  }
});

describe('requests that are refused, with nothing reserved', () => {
  const stale = voucher(CHANNEL, 99n);
  const other = channelDigests(8453, '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003');
  const good = voucher(CHANNEL, 100n);
  const cases: [string, Pay, string, (Partial<OnChain> & { balance?: bigint })?][] = [
    ['a ceiling below charged + amount', { kind: 'x402', voucher: stale }, 'cumulative_amount_mismatch'],
    ['a ceiling above charged + amount', x402(101n), 'cumulative_amount_mismatch'],
    ['another signer', x402(100n, key(8)), 'voucher_signature'],
    ['high s', { kind: 'x402', voucher: { ...good, signature: highS(good.signature) } }, 'voucher_signature'],
    [
      'v of 0 or 1',
      {
        kind: 'x402',
        voucher: {
          ...good,
          signature: `${good.signature.slice(0, -2)}0${good.signature.endsWith('1b') ? 0 : 1}` as `0x${string}`,
        },
      },
      'voucher_signature',
    ],
    [
      'another chain',
      { kind: 'x402', voucher: { ...good, signature: curve.sign(other.voucher(CHANNEL, 100n), voucherKey) } },
      'voucher_signature',
    ],
    ['another channel', { kind: 'x402', voucher: voucher(id(5), 100n) }, 'channel_id_mismatch'],
    ['a deposit that does not suffice', x402(100n), 'cumulative_exceeds_balance', { balance: 99n }],
    ['a withdrawal under way', x402(100n), 'withdrawal_pending', { withdrawRequestedAt: NOW }],
    ['an SDK ceiling that covers too little', sdk(1, 99n, 100n), 'cumulative_amount_mismatch'],
    ['an SDK ceiling above the deposit', sdk(1, 1_001n, 100n), 'cumulative_exceeds_balance'],
    ['a reservation of less than the price', sdk(1, 100n, 99n), 'reservation_amount'],
    ['a reservation that has ended', sdk(1, 100n, 100n, { expiresAt: NOW }), 'reservation_expired'],
    ['a reservation more than 600 s ahead', sdk(1, 100n, 100n, { expiresAt: NOW + 601 }), 'reservation_expired'],
    ['a reservation for another body', sdk(1, 100n, 100n, { bodyHash: id(4) }), 'reservation_body'],
    ['a reservation for another request', sdk(2, 100n, 100n), 'reservation_signature'],
    [
      'a reservation by another signer',
      { kind: 'sdk', voucher: good, bodyHash: BODY_HASH, reservation: reservation(CHANNEL, id(1), 100n, {}, key(8)) },
      'reservation_signature',
    ],
    ['an API key of another channel', { kind: 'apiKey', apiKey: newApiKey() }, 'voucher_signature'],
  ];
  for (const [name, pay, code, state] of cases) {
    test(name, () => {
      const hub = book(state);
      const ask = () => hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay });
      assert.throws(ask, { name: 'TributaryError', code, status: 402 });
      const { reserved, openRequests, voucher: best } = hub.channel(CHANNEL)!;
      assert.deepEqual({ reserved, openRequests, best }, { reserved: 0n, openRequests: 0, best: null });
    });
  }

  test('a channel that is not known', () => {
    const ask = () => book().reserve({ channelId: id(5), requestId: id(1), amount: 1n, pay: x402(1n) });
    assert.throws(ask, { code: 'channel_not_found', status: 402 });
  });

  test('a channel whose state on chain was not read since the restart', () => {
    const hub = createHubBook({ digests, curve, terms });
    hub.apply({ kind: 'hub.channel', config: CONFIG, charged: 0n });
    const ask = () => hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 1n, pay: x402(1n) });
    assert.throws(ask, { code: 'verification_state_unavailable', retryable: true });
  });

  test('an API key whose deposit is used up', () => {
    const apiKey = newApiKey();
    const config = apiKeyConfig(apiKey);
    const hub = book({ balance: 10n }, config);
    const channelId = hub.channelOfApiKey(apiKey)!;
    const ask = () => hub.reserve({ channelId, requestId: id(1), amount: 11n, pay: { kind: 'apiKey', apiKey } });
    assert.throws(ask, { code: 'insufficient_balance', message: /10 are left/ });
  });
});

test('a request id is good once, also after its release and after a restart', () => {
  const hub = book();
  const ask = (h: typeof hub, n: number) =>
    h.reserve({ channelId: CHANNEL, requestId: id(n), amount: 10n, pay: sdk(n, 100n, 10n) });
  ask(hub, 1);
  assert.throws(() => ask(hub, 1), { code: 'request_replayed' });
  const charge = hub.charge(id(1), 10n);
  assert.throws(() => ask(hub, 1), { code: 'request_replayed' });
  ask(hub, 2);
  hub.release(id(2));
  assert.throws(() => ask(hub, 2), { code: 'request_replayed' });

  const again = book();
  again.apply(charge);
  assert.throws(() => ask(again, 1), { code: 'request_replayed' });
});

test('an x402 client is served one request after the other, parallel ones in their order', async () => {
  const hub = book();
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(100n) });
  assert.throws(() => hub.reserve({ channelId: CHANNEL, requestId: id(2), amount: 100n, pay: x402(200n) }), {
    code: 'channel_busy',
    retryable: true,
  });
  const second = hub.reserveWhenFree({ channelId: CHANNEL, requestId: id(2), amount: 100n, pay: x402(140n) });
  const third = hub.reserveWhenFree({ channelId: CHANNEL, requestId: id(3), amount: 100n, pay: x402(240n) });
  const tooMany = hub.reserveWhenFree({ channelId: CHANNEL, requestId: id(4), amount: 100n, pay: x402(240n) });
  await assert.rejects(tooMany, { code: 'channel_busy' });
  assert.equal(hub.charge(id(1), 40n).payerTo, 40n);
  assert.equal((await second).requestId, id(2));
  hub.charge(id(2), 100n);
  assert.equal((await third).requestId, id(3));
  hub.release(id(3));
  assert.equal(hub.channel(CHANNEL)!.charged, 140n);
});

test('a wait ends after its time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const hub = book();
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(100n) });
  const waiting = hub.reserveWhenFree(
    { channelId: CHANNEL, requestId: id(2), amount: 100n, pay: x402(200n) },
    { timeoutMs: 500 },
  );
  t.mock.timers.tick(500);
  await assert.rejects(waiting, { code: 'channel_busy' });
  hub.charge(id(1), 100n);
  assert.equal(hub.channel(CHANNEL)!.openRequests, 0);
});

test('a failed request costs nothing and its x402 voucher may be sent again', () => {
  const hub = book();
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(100n) });
  hub.release(id(1));
  hub.reserve({ channelId: CHANNEL, requestId: id(2), amount: 100n, pay: x402(100n) });
  assert.equal(hub.charge(id(2), 100n).payerFrom, 0n);
});

test('an API key request signs exactly the charged total', () => {
  const apiKey = newApiKey();
  const config = apiKeyConfig(apiKey);
  const hub = book({}, config);
  const channelId = hub.channelOfApiKey(apiKey)!;
  hub.reserve({ channelId, requestId: id(1), amount: 100n, pay: { kind: 'apiKey', apiKey } });
  hub.reserve({ channelId, requestId: id(2), amount: 100n, pay: { kind: 'apiKey', apiKey } });
  const charge = hub.charge(id(2), 30n);
  assert.equal(charge.voucher?.maxClaimableAmount, 30n);
  assert.equal(curve.recover(digests.voucher(channelId, 30n), charge.voucher.signature), config.payerAuthorizer);
});

test('only charges that are on disk are claimed', () => {
  const hub = book();
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(100n) });
  const charge = hub.charge(id(1), 70n);
  assert.deepEqual(hub.claims(), []);
  hub.apply(charge);
  hub.apply(charge);
  assert.deepEqual(hub.claims(), [{ channelId: CHANNEL, config: CONFIG, voucher: charge.voucher, totalClaimed: 70n }]);
  hub.refresh(CHANNEL, { totalClaimed: 70n });
  assert.deepEqual(hub.claims(), []);
  assert.deepEqual(hub.forget(CHANNEL), { kind: 'hub.forget', channelId: CHANNEL });
  assert.equal(hub.channel(CHANNEL), undefined);
});

test('a channel with unclaimed charges is not forgotten', () => {
  const hub = book();
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(100n) });
  hub.apply(hub.charge(id(1), 70n));
  assert.equal(hub.forget(CHANNEL), null);
});

test('a book without its journal starts from what the chain has claimed', () => {
  const hub = book({ totalClaimed: 300n });
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(400n) });
  assert.deepEqual(
    [hub.charge(id(1), 50n)].map((c) => [c.payerFrom, c.payerTo]),
    [[300n, 350n]],
  );
});

test('a locked channel serves nobody until it is unlocked', async () => {
  const hub = book();
  const unlock = hub.lock(CHANNEL);
  const waiting = hub.reserveWhenFree({ channelId: CHANNEL, requestId: id(1), amount: 1n, pay: sdk(1, 1n, 1n) });
  assert.equal(hub.channel(CHANNEL)!.openRequests, 0);
  unlock();
  await waiting;
  assert.throws(() => hub.lock(CHANNEL), { code: 'channel_busy' });
});

test('a charge above the reservation is a fault of ours, not of the payer', () => {
  const hub = book();
  hub.reserve({ channelId: CHANNEL, requestId: id(1), amount: 100n, pay: x402(100n) });
  assert.throws(() => hub.charge(id(1), 101n), { code: 'charge_exceeds_reservation', status: 500 });
  assert.throws(
    () => hub.charge(id(2), 1n),
    (e) => TributaryError.is(e) && e.code === 'reservation_not_found',
  );
});

test('the token of the terms is compared without regard to case', () => {
  const upper = `0x${TOKEN.slice(2).toUpperCase()}` as const;
  const hub = createHubBook({ digests, curve, terms: { ...terms, token: upper } });
  assert.equal(hub.learn(CONFIG, onChain(1n)).length, 1);
});
