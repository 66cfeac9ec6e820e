import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channels, tokens } from '@tributary/chain';
import { type Address, type Hex32, TributaryError, toWire } from '@tributary/protocol';
import { curve } from '../curve.ts';
import { createHubBook } from '../hub-book.ts';
import { createRateLimit } from '../rate-limit.ts';
import {
  CHAIN_ID,
  CHANNELS,
  digests,
  gateway,
  gatewayKey,
  hubConfig,
  terms as hubTerms,
  id,
  NOW,
  payer,
  payerKey,
  TOKEN,
  voucher,
} from '../test-support.ts';
import { createBatchPayments } from './batch.ts';
import { createExactPayments } from './exact.ts';
import { encodeHeader } from './headers.ts';
import { offersFor } from './offers.ts';
import { createX402Server } from './server.ts';
import { createFakeChain } from './test-chain.ts';

// Money so small that the gas which the gateway pays for it is worth more.

const QUOTE = 100n;
const MIN_TRANSFER = 500n;
const MIN_DEPOSIT = 2_000n;
const MIN_REFUND = 300n;
const COLLECTOR: Address = `0x${'c0'.repeat(20)}`;
const CONFIG = hubConfig();
const CHANNEL = digests.channelId(CONFIG);
const token = { name: 'Test Dollar', version: '1', chainId: CHAIN_ID, token: TOKEN };
const resource = { url: 'https://gateway.test/v1/chat/completions' };
const terms = {
  token,
  payTo: gateway,
  receiverAuthorizer: gateway,
  withdrawDelaySeconds: 900,
  minTransfer: MIN_TRANSFER,
  minDeposit: MIN_DEPOSIT,
};

function door(sponsoredTransactions = 1_000) {
  const chain = createFakeChain(CHAIN_ID, CHANNELS);
  chain.balances.set(payer, 1_000_000n);
  const hub = createHubBook({ digests, curve, terms: hubTerms, now: () => NOW });
  const exact = createExactPayments({ chain, curve, token, gatewayKey, now: () => NOW });
  const rate = { burst: sponsoredTransactions, perHour: 1 };
  const batch = createBatchPayments({
    hub,
    chain,
    curve,
    digests,
    token,
    erc3009Collector: COLLECTOR,
    sponsored: {
      minDeposit: MIN_DEPOSIT,
      minRefund: MIN_REFUND,
      limit: createRateLimit('deposits and refunds', { perKey: rate, all: rate }),
    },
    now: () => NOW,
    async record(records) {
      for (const r of records) hub.apply(r);
    },
  });
  const server = createX402Server({ terms, hub, batch, exact });
  const read = (payment: object) =>
    server.read({ header: encodeHeader(payment), resource, amount: QUOTE, requestId: id(1) });
  async function refund(amount?: bigint) {
    const payload = {
      type: 'refund',
      channelConfig: CONFIG,
      voucher: voucher(CHANNEL, 0n),
      ...(amount === undefined ? {} : { amount }),
    };
    const paid = await read({ x402Version: 2, resource, accepted: offersFor(terms, QUOTE).batch, payload });
    assert.ok(paid.scheme === 'batch' && paid.payment.kind === 'refund');
    return batch.refund(paid.payment);
  }
  return { chain, hub, read, refund };
}

function deposit(amount: bigint, salt: Hex32 = id(77)) {
  const facts = { payer, collector: COLLECTOR, amount, channelId: CHANNEL, validAfter: 0n, salt };
  const validBefore = BigInt(NOW) + 600n;
  const signature = curve.sign(channels.depositDigest(token, { ...facts, validBefore }), payerKey);
  const erc3009Authorization = { validAfter: 0n, validBefore, salt, signature };
  const payload = {
    type: 'deposit',
    channelConfig: CONFIG,
    voucher: voucher(CHANNEL, QUOTE),
    deposit: { amount, authorization: { erc3009Authorization } },
  };
  return { x402Version: 2, resource, accepted: offersFor(terms, QUOTE).batch, payload };
}

function transfer(value: bigint) {
  const authorization = {
    from: payer,
    to: gateway,
    value,
    validAfter: 0n,
    validBefore: BigInt(NOW) + 300n,
    nonce: id(5),
  };
  const signature = curve.sign(tokens.authorizationDigest('transfer', token, authorization), payerKey);
  const { exact } = offersFor(terms, QUOTE);
  const payload = JSON.parse(toWire({ authorization, signature }));
  return { x402Version: 2, resource, accepted: { ...exact, amount: value.toString() }, payload };
}

async function refusalOf(work: Promise<unknown>): Promise<TributaryError> {
  const error: unknown = await work.then(
    () => assert.fail('it was taken'),
    (e: unknown) => e,
  );
  assert.ok(TributaryError.is(error), String(error));
  return error;
}

test('a transfer costs at least what its own settlement is worth; the offer says so, and a smaller one is told the minimum', async () => {
  const { batch, exact } = offersFor(terms, QUOTE);
  assert.deepEqual([batch.amount, exact.amount], [String(QUOTE), String(MIN_TRANSFER)]);
  assert.equal(offersFor(terms, 501n).exact.amount, '501');
  const { read } = door();
  const error = await refusalOf(read(transfer(QUOTE)));
  assert.deepEqual([error.status, error.code], [402, 'exact_below_minimum']);
  assert.match(error.message, /500/);
  assert.equal((await read(transfer(MIN_TRANSFER))).scheme, 'exact');
});

test('a deposit that the gateway brings to the chain has a minimum, which the offer announces', async () => {
  assert.equal(offersFor(terms, QUOTE).batch.extra.minDeposit, String(MIN_DEPOSIT));
  assert.equal(offersFor(terms, 300n).batch.extra.minDeposit, '3000');
  const { chain, read } = door();
  const error = await refusalOf(read(deposit(MIN_DEPOSIT - 1n)));
  assert.deepEqual([error.status, error.code], [402, 'deposit_below_min_deposit']);
  assert.match(error.message, /2000/);
  assert.deepEqual(chain.sent, []);
  await read(deposit(MIN_DEPOSIT));
  assert.deepEqual(chain.sent, ['deposit']);
});

test('a refund of dust is left to the payer’s own withdrawal', async () => {
  const { chain, read, refund } = door();
  await read(deposit(MIN_DEPOSIT));
  for (const amount of [1n, MIN_REFUND - 1n]) {
    const error = await refusalOf(refund(amount));
    assert.deepEqual([error.status, error.code], [402, 'refund_amount_invalid']);
    assert.match(error.message, /300/);
  }
  assert.equal((await refund(MIN_DEPOSIT - 1n)).amount, MIN_DEPOSIT - 1n);
  assert.equal((await refusalOf(refund())).code, 'refund_amount_invalid', 'what is left is dust');
  assert.deepEqual(chain.sent, ['deposit', 'refund']);
});

test('a refund of a channel on which nothing was charged empties it, and says so', async () => {
  const { hub, read, refund } = door();
  await read(deposit(MIN_DEPOSIT));
  assert.equal((await refund()).amount, MIN_DEPOSIT);
  assert.equal(hub.channel(CHANNEL)?.onChain?.balance, 0n);
});

test('attack: deposit and refund round and round cost the payer nothing and the gateway gas', async () => {
  const { chain, read, refund } = door(4);
  for (const n of [1, 2]) {
    await read(deposit(MIN_DEPOSIT, id(n)));
    await refund();
  }
  const error = await refusalOf(read(deposit(MIN_DEPOSIT, id(3))));
  assert.deepEqual([error.status, error.code, error.retryAfterSeconds], [429, 'too_many_requests', 3600]);
  assert.deepEqual(chain.sent, ['deposit', 'refund', 'deposit', 'refund']);
});
