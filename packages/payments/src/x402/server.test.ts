import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { channels, tokens } from '@tributary/chain';
import { type Address, type ChannelConfig, type Hex32, TributaryError, toHex, ZERO_32 } from '@tributary/protocol';
import fc from 'fast-check';
import { curve } from '../curve.ts';
import { createHubBook } from '../hub-book.ts';
import { createRateLimit } from '../rate-limit.ts';
import {
  BODY_HASH,
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
  reservation,
  TOKEN,
  voucher,
} from '../test-support.ts';
import { createBatchPayments } from './batch.ts';
import { createExactPayments } from './exact.ts';
import { decodePaymentRequired, encodeHeader, HEADER_PAYMENT_REQUIRED, MAX_HEADER_CHARS } from './headers.ts';
import { offersFor } from './offers.ts';
import { createX402Server } from './server.ts';
import { createFakeChain } from './test-chain.ts';

// The ids X4-… are those of the published x402 core conformance list.

const token = { name: 'Test Dollar', version: '1', chainId: CHAIN_ID, token: TOKEN };
const COLLECTOR: Address = `0x${'c0'.repeat(20)}`;
const CONFIG = hubConfig();
const CHANNEL = digests.channelId(CONFIG);
const PRICE = 100n;
const terms = { token, payTo: gateway, receiverAuthorizer: gateway, withdrawDelaySeconds: 900 };
const offers = offersFor(terms, PRICE);
const resource = { url: 'https://gateway.test/v1/chat/completions' };

function gatewayOf(balance = 0n) {
  const chain = createFakeChain(CHAIN_ID, CHANNELS);
  chain.balances.set(payer, 10_000n);
  if (balance > 0n) chain.states.set(CHANNEL, { balance, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n });
  const hub = createHubBook({ digests, curve, terms: hubTerms, now: () => NOW });
  const exact = createExactPayments({ chain, curve, token, gatewayKey, now: () => NOW });
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
  const rate = { burst: 5, perHour: 1 };
  const failures = createRateLimit('payments that fail', { perKey: rate, all: { burst: 1_000, perHour: 1 } });
  const server = createX402Server({ terms, hub, batch, exact, failures });
  const read = (payment: object | null, amount = PRICE) =>
    server.read({ header: payment && encodeHeader(payment), resource, amount, requestId: id(1), bodyHash: BODY_HASH });
  return { chain, hub, exact, batch, server, read };
}

type Part = Record<string, unknown>;

function batchPayment(payload: Part, changes: Part = {}) {
  return {
    x402Version: 2,
    resource,
    accepted: offers.batch,
    payload: { type: 'voucher', channelConfig: CONFIG, voucher: voucher(CHANNEL, PRICE), ...payload },
    ...changes,
  };
}

function depositPart(
  amount: bigint,
  changes: { validAfter?: bigint; validBefore?: bigint; by?: Uint8Array; config?: ChannelConfig } = {},
) {
  const { validAfter = 0n, validBefore = BigInt(NOW) + 600n, by = payerKey, config = CONFIG } = changes;
  const salt: Hex32 = id(77);
  const digest = channels.depositDigest(token, {
    payer: config.payer,
    collector: COLLECTOR,
    amount,
    channelId: digests.channelId(config),
    validAfter,
    validBefore,
    salt,
  });
  const erc3009Authorization = { validAfter, validBefore, salt, signature: curve.sign(digest, by) };
  return { amount, authorization: { erc3009Authorization } };
}

const deposit = (amount: bigint, changes = {}) =>
  batchPayment({ type: 'deposit', deposit: depositPart(amount, changes) });

function exactPayment(changes: Part = {}, by = payerKey, accepted: Part = offers.exact) {
  const authorization = {
    from: payer,
    to: gateway,
    value: PRICE,
    validAfter: 0n,
    validBefore: BigInt(NOW) + 300n,
    nonce: id(5),
    ...changes,
  };
  const signature = curve.sign(tokens.authorizationDigest('transfer', token, authorization), by);
  return { x402Version: 2, resource, accepted, payload: { authorization, signature } };
}

const batchCode = (code: string) => ({ name: 'TributaryError', code, status: 402 });
const exactCode = (code: string) => batchCode(`invalid_exact_evm_${code}`);

describe('a deposit', () => {
  test('is brought into a block once, and repeated by a client that saw no answer', async () => {
    const { chain, hub, read } = gatewayOf();
    const paid = await read(deposit(1_000n));
    assert.ok(paid.scheme === 'batch' && paid.payment.kind === 'request');
    assert.equal(paid.payment.deposit?.amount, 1_000n);
    assert.equal(hub.channel(CHANNEL)?.onChain?.balance, 1_000n);
    const again = await read(deposit(1_000n));
    assert.ok(again.scheme === 'batch' && again.payment.kind === 'request' && again.payment.deposit === null);
    assert.deepEqual(chain.sent, ['deposit']);
  });

  const refused: [string, object, string][] = [
    ['below the price', deposit(99n), 'deposit_below_min_deposit'],
    ['above what the payer holds', deposit(10_001n), 'insufficient_balance'],
    [
      'whose authorization ended (X4-033)',
      deposit(1_000n, { validBefore: BigInt(NOW) }),
      'payload_authorization_valid_before',
    ],
    [
      'whose authorization has not begun',
      deposit(1_000n, { validAfter: BigInt(NOW) + 1n }),
      'payload_authorization_valid_after',
    ],
    ['of another signer', deposit(1_000n, { by: key(8) }), 'receive_authorization_signature'],
    [
      'by another method',
      batchPayment({ type: 'deposit', deposit: { amount: 1_000n, authorization: {} } }),
      'erc3009_authorization_required',
    ],
    [
      'that does not cover its voucher',
      batchPayment({ type: 'deposit', voucher: voucher(CHANNEL, 1_001n), deposit: depositPart(1_000n) }),
      'cumulative_exceeds_balance',
    ],
  ];
  for (const [name, payment, code] of refused) {
    test(`${name} is refused and not sent`, async () => {
      const { chain, hub, read } = gatewayOf();
      await assert.rejects(read(payment), batchCode(code));
      assert.deepEqual([chain.sent, hub.channels()], [[], []]);
    });
  }

  test('that the chain does not take leaves nothing behind (X4-016)', async () => {
    const { chain, hub, read } = gatewayOf();
    chain.failNext();
    await assert.rejects(read(deposit(1_000n)), batchCode('deposit_transaction_failed'));
    assert.deepEqual(hub.channels(), []);
    await read(deposit(1_000n));
  });
});

describe('a voucher', () => {
  test('makes its channel known from the chain, also after a top-up that nobody saw', async () => {
    const { chain, hub, read } = gatewayOf(100n);
    await read(batchPayment({}));
    chain.states.set(CHANNEL, { ...chain.states.get(CHANNEL)!, balance: 900n });
    await read(batchPayment({ voucher: voucher(CHANNEL, 600n) }));
    assert.equal(hub.channel(CHANNEL)?.onChain?.balance, 900n);
  });

  const other = (changes: Partial<ChannelConfig>) => {
    const config = hubConfig(changes);
    return batchPayment({ channelConfig: config, voucher: voucher(digests.channelId(config), PRICE) });
  };
  const refused: [string, object, string][] = [
    ['on an unfunded channel (X4-008)', other({ salt: id(3) }), 'channel_not_found'],
    ['to another receiver (X4-005)', other({ receiver: payer }), 'receiver_mismatch'],
    ['in another token (X4-020)', other({ token: payer }), 'token_mismatch'],
    ['under another authorizer', other({ receiverAuthorizer: payer }), 'receiver_authorizer_mismatch'],
    ['with another delay', other({ withdrawDelay: 901 }), 'withdraw_delay_mismatch'],
    ['of another signer (X4-008)', batchPayment({ voucher: voucher(CHANNEL, PRICE, key(8)) }), 'voucher_signature'],
    [
      'of a malformed signature (X4-002)',
      batchPayment({ voucher: { ...voucher(CHANNEL, PRICE), signature: '0x' } }),
      'voucher_signature',
    ],
    ['for another channel', batchPayment({ voucher: voucher(ZERO_32, PRICE) }), 'channel_id_mismatch'],
    [
      'with a malformed channel id',
      batchPayment({ voucher: { ...voucher(CHANNEL, PRICE), channelId: '0x12' } }),
      'channel_id_invalid',
    ],
    [
      'with a negative amount (X4-035)',
      batchPayment({ voucher: { ...voucher(CHANNEL, PRICE), maxClaimableAmount: '-1' } }),
      'payload_type',
    ],
    [
      'above uint128 (X4-036)',
      batchPayment({ voucher: { ...voucher(CHANNEL, PRICE), maxClaimableAmount: `${1n << 128n}` } }),
      'payload_type',
    ],
    [
      'with a fractional amount (X4-026)',
      batchPayment({ voucher: { ...voucher(CHANNEL, PRICE), maxClaimableAmount: '99.5' } }),
      'payload_type',
    ],
    ['of an unknown kind (X4-051)', batchPayment({ type: 'l402' }), 'payload_type'],
  ];
  for (const [name, payment, code] of refused) {
    test(`${name} is refused`, async () => {
      await assert.rejects(gatewayOf(1_000n).read(payment), batchCode(code));
    });
  }

  test('with a reservation of our SDK is a parallel request; a malformed one is refused', async () => {
    const { hub, read } = gatewayOf(1_000n);
    const extension = (r: unknown) => batchPayment({}, { extensions: { tributary: { reservation: r } } });
    const paid = await read(extension(reservation(CHANNEL, id(9), PRICE)));
    assert.ok(paid.scheme === 'batch' && paid.payment.kind === 'request' && paid.payment.pay.kind === 'sdk');
    assert.equal(paid.payment.requestId, id(9));
    hub.reserve({ channelId: CHANNEL, requestId: id(9), amount: PRICE, pay: paid.payment.pay });
    await assert.rejects(read(extension({ amount: 1 })), batchCode('reservation_signature'));
  });
});

describe('a refund', () => {
  const refund = (payload: Part) => batchPayment({ type: 'refund', ...payload });
  async function charged() {
    const g = gatewayOf(1_000n);
    await g.read(batchPayment({}));
    g.hub.reserve({
      channelId: CHANNEL,
      requestId: id(1),
      amount: PRICE,
      pay: { kind: 'x402', voucher: voucher(CHANNEL, PRICE) },
    });
    g.hub.apply(g.hub.charge(id(1), PRICE));
    const ask = async (payload: Part) => {
      const paid = await g.read(refund(payload));
      assert.ok(paid.scheme === 'batch' && paid.payment.kind === 'refund');
      return g.batch.refund(paid.payment);
    };
    return { ...g, ask };
  }

  test('claims what is charged and returns the rest; a second one finds nothing', async () => {
    const { chain, ask, hub } = await charged();
    assert.equal((await ask({})).amount, 900n);
    assert.deepEqual(chain.states.get(CHANNEL), {
      balance: 100n,
      totalClaimed: 100n,
      withdrawRequestedAt: 0,
      refundNonce: 1n,
    });
    assert.deepEqual(hub.claims(), []);
    await assert.rejects(ask({}), batchCode('refund_no_balance'));
  });

  const refused: [string, Part, string][] = [
    ['by a voucher at another total (X4-027)', { voucher: voucher(CHANNEL, PRICE + 1n) }, 'cumulative_amount_mismatch'],
    ['of more than is left', { amount: 901n }, 'refund_amount_invalid'],
    ['of nothing (X4-034)', { amount: 0n }, 'refund_amount_invalid'],
  ];
  for (const [name, payload, code] of refused) {
    test(`${name} is refused`, async () => {
      const { chain, ask } = await charged();
      await assert.rejects(ask(payload), batchCode(code));
      assert.deepEqual(chain.sent, []);
    });
  }

  test('waits for nobody while a request is open, and serves nobody while it runs', async () => {
    const { hub, ask } = await charged();
    const pay = { kind: 'x402' as const, voucher: voucher(CHANNEL, 2n * PRICE) };
    hub.reserve({ channelId: CHANNEL, requestId: id(2), amount: PRICE, pay });
    await assert.rejects(ask({}), batchCode('channel_busy'));
    hub.release(id(2));
    const running = ask({ amount: 1n });
    await running;
    hub.reserve({ channelId: CHANNEL, requestId: id(3), amount: PRICE, pay });
  });

  test('that fails on chain leaves the channel as it was', async () => {
    const { chain, hub, ask } = await charged();
    chain.failNext();
    await assert.rejects(ask({}), batchCode('refund_transaction_failed'));
    assert.equal((await ask({})).amount, 900n);
    assert.equal(hub.channel(CHANNEL)?.openRequests, 0);
  });
});

describe('a transfer', () => {
  const refused: [string, object, string][] = [
    ['below the price (X4-012)', exactPayment({ value: 99n }), 'payload_authorization_value_mismatch'],
    ['above the price', exactPayment({ value: 101n }), 'payload_authorization_value_mismatch'],
    ['to another recipient (X4-005)', exactPayment({ to: payer }), 'recipient_mismatch'],
    ['that ended (X4-047)', exactPayment({ validBefore: BigInt(NOW) }), 'payload_authorization_valid_before'],
    ['that has not begun', exactPayment({ validAfter: BigInt(NOW) + 1n }), 'payload_authorization_valid_after'],
    ['of another signer (X4-008)', exactPayment({}, key(8)), 'signature'],
    [
      'by a payer without tokens (X4-013)',
      exactPayment({ from: curve.addressOf(key(8)) }, key(8)),
      'insufficient_balance',
    ],
    ['with a malformed payload (X4-039)', { ...exactPayment(), payload: { authorization: [] } }, 'payload'],
  ];
  for (const [name, payment, code] of refused) {
    test(`${name} is refused`, async () => {
      await assert.rejects(gatewayOf().read(payment), exactCode(code));
    });
  }

  test('pays for one request: not for a second one beside it, nor after it (X4-038, X4-043, X4-045)', async () => {
    const { read, exact } = gatewayOf();
    const results = await Promise.allSettled([read(exactPayment()), read(exactPayment())]);
    const [first, second] = results;
    assert.ok(first?.status === 'fulfilled' && first.value.scheme === 'exact' && second?.status === 'rejected');
    assert.equal(second.reason.code, 'invalid_exact_evm_nonce_already_used');
    exact.apply(exact.settling(first.value.payment));
    exact.apply(await exact.settle(first.value.payment));
    await assert.rejects(read(exactPayment()), exactCode('nonce_already_used'));
    exact.apply(exact.answered(first.value.payment));
    assert.deepEqual(await exact.recover(), []);
    await assert.rejects(read(exactPayment()), exactCode('nonce_already_used'));
  });

  test('that was released pays for the next request', async () => {
    const { read, exact } = gatewayOf();
    const paid = await read(exactPayment());
    assert.ok(paid.scheme === 'exact');
    exact.release(paid.payment);
    await read(exactPayment());
  });

  test('that never reached a block is closed when it no longer can, and not before', async () => {
    const { read, exact, chain } = gatewayOf();
    const paid = await read(exactPayment());
    assert.ok(paid.scheme === 'exact');
    const intent = exact.settling(paid.payment);
    exact.apply(intent);
    chain.failNext();
    await assert.rejects(exact.settle(paid.payment), exactCode('transaction_failed'));
    assert.deepEqual(await exact.recover(), []);
    const later = createExactPayments({ chain, curve, token, gatewayKey, now: () => NOW + 301 });
    later.apply(intent);
    assert.deepEqual(await later.recover(), [{ kind: 'exact.closed', payer, nonce: id(5) }]);
  });
});

describe('what the door answers', () => {
  test('without a payment: the offers, nothing else (X4-001, X4-004, X4-017)', async () => {
    const { server, read } = gatewayOf();
    const error: unknown = await read(null).catch((e: unknown) => e);
    assert.ok(TributaryError.is(error));
    const { status, headers, required } = server.refusal(
      { header: null, resource, amount: PRICE, requestId: id(1) },
      error,
    );
    assert.deepEqual([status, headers['Cache-Control']], [402, 'no-store']);
    assert.deepEqual(required, {
      x402Version: 2,
      error: 'Payment required',
      resource,
      accepts: [offers.batch, offers.exact],
    });
    assert.deepEqual(decodePaymentRequired(headers[HEADER_PAYMENT_REQUIRED]!), required);
  });

  const unmatched: [string, Part][] = [
    ['another network (X4-019, X4-040)', { network: 'eip155:1' }],
    ['another token (X4-003, X4-020, X4-032)', { asset: payer }],
    ['another recipient (X4-006)', { payTo: payer }],
    ['a lower price (X4-012)', { amount: '1' }],
    ['another scheme (X4-052)', { scheme: 'upto' }],
    ['other terms', { extra: { ...offers.batch.extra, withdrawDelay: 60 } }],
  ];
  for (const [name, changes] of unmatched) {
    test(`to ${name}: no match`, async () => {
      const payment = batchPayment({}, { accepted: { ...offers.batch, ...changes } });
      await assert.rejects(gatewayOf(1_000n).read(payment), { message: 'No matching payment requirements' });
    });
  }

  test('our SDK may take an earlier quote, anybody else may not', async () => {
    const accepted = { ...offers.batch, amount: '90', extra: { ...offers.batch.extra, minDeposit: '900' } };
    await assert.rejects(gatewayOf(1_000n).read(batchPayment({}, { accepted })), { code: 'payment_required' });
    const extensions = { tributary: { reservation: reservation(CHANNEL, id(9), PRICE) } };
    await gatewayOf(1_000n).read(batchPayment({}, { accepted, extensions }));
    const exact = exactPayment({}, payerKey, { ...offers.exact, amount: '90' });
    await assert.rejects(gatewayOf().read({ ...exact, extensions }), { code: 'payment_required' });
  });

  test('an error names what is wrong and no secret (X4-018)', async () => {
    const { server, read } = gatewayOf(1_000n);
    const error: unknown = await read(batchPayment({ voucher: voucher(CHANNEL, PRICE, key(8)) })).catch(
      (e: unknown) => e,
    );
    assert.ok(TributaryError.is(error));
    const refusal = server.refusal({ header: null, resource, amount: PRICE, requestId: id(1) }, error);
    assert.equal(refusal.required.error, 'invalid_batch_settlement_evm_voucher_signature');
    assert.ok(!JSON.stringify(refusal).includes(toHex(gatewayKey).slice(2)));
  });

  test('a header that is too long is refused unread', async () => {
    const { server } = gatewayOf();
    const header = 'A'.repeat(MAX_HEADER_CHARS + 1);
    const asked = { header, resource, amount: PRICE, requestId: id(1) };
    await assert.rejects(server.read(asked), { code: 'payment_header_too_long', status: 400 });
  });

  test('attack: strangers make us read the chain for each of their payments that are good for nothing', async () => {
    const { chain, server } = gatewayOf(1_000n);
    const { channelState, balanceOf } = chain;
    let reads = 0;
    chain.channelState = (...args) => {
      reads++;
      return channelState(...args);
    };
    chain.balanceOf = (...args) => {
      reads++;
      return balanceOf(...args);
    };
    const broke = exactPayment({ from: curve.addressOf(key(8)) }, key(8));
    const unfunded = hubConfig({ salt: id(3) });
    const empty = batchPayment({ channelConfig: unfunded, voucher: voucher(digests.channelId(unfunded), PRICE) });
    const from = '203.0.113.7';
    const ask = (payment: object, by: string) =>
      server.read({
        header: encodeHeader(payment),
        resource,
        amount: PRICE,
        requestId: id(1),
        bodyHash: BODY_HASH,
        from: by,
      });
    for (const payment of [broke, empty, deposit(10_001n), broke, empty]) {
      await assert.rejects(ask(payment, from), { status: 402 });
    }
    const before = reads;
    for (const payment of [broke, empty, deposit(10_001n)]) {
      await assert.rejects(ask(payment, from), { status: 429, code: 'too_many_requests' });
    }
    assert.equal(reads, before);
    await ask(batchPayment({}), '203.0.113.8');
    assert.ok(reads > before);
    for (let n = 0; n < 20; n++) await ask(batchPayment({}), from);
  });

  test('payments that are good are not counted', async () => {
    const { exact, server } = gatewayOf(1_000n);
    for (let n = 0; n < 20; n++) {
      const asked = { header: encodeHeader(exactPayment()), resource, amount: PRICE, requestId: id(1), from: 'a' };
      const paid = await server.read(asked);
      assert.ok(paid.scheme === 'exact');
      exact.release(paid.payment);
    }
  });

  test('strangers’ headers never raise anything but a TributaryError (X4-002, X4-014, X4-039)', async () => {
    const { server } = gatewayOf(1_000n);
    const good = [batchPayment({}), deposit(1_000n), exactPayment()];
    const mangled = fc
      .tuple(
        fc.constantFrom(...good),
        fc.constantFrom('x402Version', 'accepted', 'payload', 'extensions'),
        fc.jsonValue(),
      )
      .map(([g, k, v]) => encodeHeader({ ...g, [k]: v }));
    const inPayload = fc
      .tuple(
        fc.constantFrom(...good),
        fc.constantFrom('type', 'channelConfig', 'voucher', 'deposit', 'authorization', 'signature', 'amount'),
        fc.jsonValue(),
      )
      .map(([g, k, v]) => encodeHeader({ ...g, payload: { ...g.payload, [k]: v } }));
    const anything = fc.oneof(fc.string(), fc.base64String(), fc.jsonValue().map(encodeHeader), mangled, inPayload);
    await fc.assert(
      fc.asyncProperty(anything, async (header) => {
        const asked = { header, resource, amount: PRICE, requestId: id(1) };
        try {
          const paid = await server.read(asked);
          if (paid.scheme === 'exact') gatewayOf().exact.release(paid.payment);
        } catch (error) {
          assert.ok(TributaryError.is(error), String(error));
          server.refusal({ ...asked, header: header.length > MAX_HEADER_CHARS ? null : header }, error);
        }
      }),
      { numRuns: 400 },
    );
  });
});
