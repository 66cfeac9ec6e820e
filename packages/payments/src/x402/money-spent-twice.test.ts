import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channels, tokens } from '@tributary/chain';
import { type Address, type Hex32, toWire } from '@tributary/protocol';
import { curve } from '../curve.ts';
import { createHubBook } from '../hub-book.ts';
import {
  CHAIN_ID,
  CHANNELS,
  digests,
  gateway,
  gatewayKey,
  hubConfig,
  terms as hubTerms,
  id,
  key,
  NOW,
  payer,
  payerKey,
  TOKEN,
  voucher,
} from '../test-support.ts';
import { createBatchPayments } from './batch.ts';
import { createExactPayments } from './exact.ts';
import type { ExactRecord } from './exact-types.ts';
import { offersFor } from './offers.ts';
import { createFakeChain } from './test-chain.ts';

const PRICE = 100n;
const COLLECTOR: Address = `0x${'c0'.repeat(20)}`;
const token = { name: 'Test Dollar', version: '1', chainId: CHAIN_ID, token: TOKEN };
const offers = offersFor({ token, payTo: gateway, receiverAuthorizer: gateway, withdrawDelaySeconds: 900 }, PRICE);

function transfer(nonce: Hex32, by = payerKey, validBefore = BigInt(NOW) + 300n) {
  const authorization = {
    from: curve.addressOf(by),
    to: gateway,
    value: PRICE,
    validAfter: 0n,
    validBefore,
    nonce,
  };
  const signature = curve.sign(tokens.authorizationDigest('transfer', token, authorization), by);
  const payload = JSON.parse(toWire({ authorization, signature })) as Record<string, unknown>;
  return { x402Version: 2, accepted: offers.exact, payload };
}

function exactOf() {
  const chain = createFakeChain(CHAIN_ID, CHANNELS);
  const clock = { now: NOW };
  const exact = createExactPayments({ chain, curve, token, gatewayKey, now: () => clock.now });
  return { chain, exact, clock };
}

test('one balance cannot stand behind many transfers at once: their answers would go unpaid', async () => {
  const { chain, exact } = exactOf();
  chain.balances.set(payer, PRICE);
  const tries = await Promise.allSettled([1, 2, 3, 4].map((n) => exact.verify(transfer(id(n)), offers.exact, id(n))));
  assert.equal(tries.filter((t) => t.status === 'fulfilled').length, 1);
  const refused = tries.find((t) => t.status === 'rejected');
  assert.equal(refused?.reason.code, 'invalid_exact_evm_insufficient_balance');
});

test('what was set aside is free again after a release and after the transfer', async () => {
  const { chain, exact } = exactOf();
  chain.balances.set(payer, 2n * PRICE);
  const first = await exact.verify(transfer(id(1)), offers.exact, id(1));
  exact.release(first);
  const second = await exact.verify(transfer(id(1)), offers.exact, id(1));
  await exact.settle(second);
  await exact.verify(transfer(id(2)), offers.exact, id(2));
  await assert.rejects(exact.verify(transfer(id(3)), offers.exact, id(3)), {
    code: 'invalid_exact_evm_insufficient_balance',
  });
});

test('a thief who copies the nonce of a payment does not take its refund away', async () => {
  const { chain, exact } = exactOf();
  const thiefKey = key(9);
  chain.balances.set(payer, PRICE);
  chain.balances.set(curve.addressOf(thiefKey), PRICE);
  for (const by of [thiefKey, payerKey]) {
    const paid = await exact.verify(transfer(id(5), by), offers.exact, id(1));
    exact.apply(exact.settling(paid));
    exact.apply(await exact.settle(paid));
    exact.apply(exact.refund(paid));
  }
  const sent: ExactRecord[] = [];
  for await (const record of exact.payRefunds()) {
    exact.apply(record);
    sent.push(record);
  }
  assert.equal(sent.length, 2);
  assert.deepEqual([chain.balances.get(payer), chain.balances.get(curve.addressOf(thiefKey))], [PRICE, PRICE]);
});

/** A payment whose transfer could not be sent: it is in the journal as under way. */
async function notSent(nonce: Hex32, validBefore?: bigint) {
  const { chain, exact, clock } = exactOf();
  chain.balances.set(payer, PRICE);
  const paid = await exact.verify(transfer(nonce, payerKey, validBefore), offers.exact, id(1));
  exact.apply(exact.settling(paid));
  chain.failNext();
  await assert.rejects(exact.settle(paid));
  assert.deepEqual(await exact.recover(), [], 'it may still arrive');
  return { chain, exact, paid, clock };
}

test('attack: a payer cancels its authorization, and a used nonce is taken for money that came: it is sent back', async () => {
  const { chain, exact, clock } = await notSent(id(5));
  chain.used.add(`${payer}:${id(5)}`);
  clock.now += 60;
  assert.deepEqual(await exact.recover(), [], 'the block may not be known everywhere yet');
  clock.now += 600;
  const records = await exact.recover();
  assert.deepEqual(records, [{ kind: 'exact.closed', payer, nonce: id(5) }]);
  for (const record of records) exact.apply(record);
  for await (const record of exact.payRefunds()) assert.fail(`sent back ${JSON.stringify(record)}`);
  assert.deepEqual(chain.sent, []);
});

test('attack: a payer uses the nonce for another transfer', async () => {
  const { chain, exact, paid, clock } = await notSent(id(5));
  await chain.transfer({ ...paid.authorization, to: payer }, paid.signature);
  clock.now += 60;
  assert.deepEqual(await exact.recover(), []);
  clock.now += 600;
  assert.deepEqual(await exact.recover(), [{ kind: 'exact.closed', payer, nonce: id(5) }]);
});

test('a transfer that arrives late is sent back without a restart', async () => {
  const { chain, exact, paid, clock } = await notSent(id(5));
  clock.now += 60;
  await chain.transfer(paid.authorization, paid.signature);
  assert.equal(chain.balances.get(payer), 0n);
  const records = await exact.recover();
  assert.deepEqual(records, [{ kind: 'exact.refund_due', payer, nonce: id(5), amount: PRICE }]);
  for (const record of records) exact.apply(record);
  for await (const record of exact.payRefunds()) exact.apply(record);
  assert.equal(chain.balances.get(payer), PRICE);
  assert.deepEqual(await exact.recover(), []);
});

test('attack: payments that are good for years and never come are asked about for ever', async () => {
  const { chain, exact, clock } = await notSent(id(5), 1n << 40n);
  const { authorizationUsed } = chain;
  let reads = 0;
  chain.authorizationUsed = (...args) => {
    reads++;
    return authorizationUsed(...args);
  };
  for (let day = 0; day < 30; day++) {
    for (let n = 0; n < 24 * 60; n++) {
      clock.now += 60;
      await exact.recover();
    }
  }
  assert.ok(reads > 30 * 20 && reads < 30 * 25, `${reads} reads in thirty days`);
});

test('a payment that a new request brings while old ones are looked through is not sent back as well', async () => {
  const { chain, exact } = exactOf();
  chain.balances.set(payer, PRICE);
  const lost = await exact.verify(transfer(id(5)), offers.exact, id(1));
  exact.apply(exact.settling(lost));
  chain.failNext();
  await assert.rejects(exact.settle(lost));

  const asked = chain.authorizationUsed;
  chain.authorizationUsed = async (...args) => {
    chain.authorizationUsed = asked;
    // The client tries again just now, and its transfer arrives before the chain is read.
    const again = await exact.verify(transfer(id(5)), offers.exact, id(2));
    await exact.settle(again);
    return asked(...args);
  };
  assert.deepEqual(await exact.recover(), []);
});

test('deposits that are sent many times at once, or that one balance cannot all pay, cost gas once', async () => {
  const chain = createFakeChain(CHAIN_ID, CHANNELS);
  const hub = createHubBook({ digests, curve, terms: hubTerms, now: () => NOW });
  const batch = createBatchPayments({
    hub,
    chain,
    curve,
    digests,
    token,
    erc3009Collector: COLLECTOR,
    now: () => NOW,
    async record(records) {
      for (const r of records) hub.apply(r);
    },
  });
  const config = hubConfig();
  const channelId = digests.channelId(config);
  chain.balances.set(payer, 1_000n);
  const deposit = (salt: Hex32) => {
    const facts = { payer, collector: COLLECTOR, amount: 1_000n, channelId, validAfter: 0n, salt };
    const validBefore = BigInt(NOW) + 600n;
    const signature = curve.sign(channels.depositDigest(token, { ...facts, validBefore }), payerKey);
    const erc3009Authorization = { validAfter: 0n, validBefore, salt, signature };
    const payload = {
      type: 'deposit',
      channelConfig: config,
      voucher: voucher(channelId, PRICE),
      deposit: { amount: 1_000n, authorization: { erc3009Authorization } },
    };
    const json = JSON.parse(toWire(payload)) as Record<string, unknown>;
    return batch.accept({ x402Version: 2, accepted: offers.batch, payload: json }, offers.batch);
  };
  const tries = await Promise.allSettled([id(1), id(1), id(1), id(2), id(3)].map(deposit));
  assert.deepEqual(chain.sent, ['deposit']);
  assert.deepEqual(
    tries.map((t) => (t.status === 'fulfilled' ? 'taken' : t.reason.code)),
    ['taken', 'taken', 'taken', 'insufficient_balance', 'insufficient_balance'],
  );
});
