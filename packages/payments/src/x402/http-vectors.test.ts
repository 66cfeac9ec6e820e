import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Address, channelDigests, type Hex, TributaryError } from '@tributary/protocol';
import { curve } from '../curve.ts';
import { createHubBook } from '../hub-book.ts';
import { id } from '../test-support.ts';
import { createBatchPayments, parseBatchPayload } from './batch.ts';
import { createExactPayments } from './exact.ts';
import {
  decodePaymentRequired,
  decodePaymentResponse,
  decodePaymentSignature,
  encodeHeader,
  HEADER_PAYMENT_REQUIRED,
} from './headers.ts';
import type { OfferTerms } from './offers.ts';
import { chargedResponse, exactResponse, refundedResponse } from './responses.ts';
import type { PaymentRequired, Requirements, SettleResponse } from './schemas.ts';
import { createX402Server, type X402Request } from './server.ts';
import { createFakeChain } from './test-chain.ts';

const FOLDER = join(import.meta.dirname, '../../../../../shared/vectors/x402');
const present = existsSync(FOLDER);
const skip = present ? false : `${FOLDER} is absent`;
const CHANNELS: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';
const COLLECTOR: Address = '0x4020806089470a89826cb9fb1f4059150b550004';
const NOW = 1_767_225_600;

interface Exchange {
  step: number;
  name: string;
  request: { path: string; headers: Record<string, string>; decoded: Record<string, unknown> };
  response: {
    status: number;
    headers: Record<string, string>;
    decoded: { 'PAYMENT-REQUIRED'?: PaymentRequired; 'PAYMENT-RESPONSE'?: SettleResponse };
  };
}

function load(name: string): Exchange[] {
  if (!present) return [];
  return (JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { exchanges: Exchange[] }).exchanges;
}

const header = (e: Exchange) => e.request.headers['PAYMENT-SIGNATURE'] ?? null;

describe('headers of the recorded exchanges', { skip }, () => {
  for (const file of ['http.json', 'http-batch-settlement.json']) {
    for (const e of load(file)) {
      test(`${file} ${e.step}`, () => {
        const sent = header(e);
        const expected = e.request.decoded['PAYMENT-SIGNATURE'];
        if (sent !== null) assert.deepEqual(decodePaymentSignature(sent), expected ?? null);
        const { headers, decoded } = e.response;
        for (const [name, decode] of [
          ['PAYMENT-REQUIRED', decodePaymentRequired],
          ['PAYMENT-RESPONSE', decodePaymentResponse],
        ] as const) {
          const text = headers[name];
          if (text === undefined) continue;
          assert.deepEqual(decode(text), decoded[name]);
          assert.deepEqual(decode(encodeHeader(decoded[name])), decoded[name]);
        }
      });
    }
  }
});

/** Answers are compared without regard to the case of addresses and without transaction hashes. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value)
      .toLowerCase()
      .replaceAll(/"transaction":"0x[0-9a-f]+"/g, '"transaction":"0x"'),
  );
}

function setUp(offer: Requirements, gatewayKey = new Uint8Array(32).fill(7)) {
  const token = { name: 'USD Coin', version: '2', chainId: 31_337, token: offer.asset.toLowerCase() as Address };
  const chain = createFakeChain(31_337, CHANNELS);
  const digests = channelDigests(31_337, CHANNELS);
  const payTo = offer.payTo.toLowerCase() as Address;
  const receiverAuthorizer = String(offer.extra.receiverAuthorizer ?? payTo).toLowerCase() as Address;
  const terms: OfferTerms = {
    token,
    payTo,
    receiverAuthorizer,
    withdrawDelaySeconds: 900,
    maxTimeoutSeconds: offer.maxTimeoutSeconds,
  };
  const now = () => NOW;
  const hub = createHubBook({
    digests,
    curve,
    now,
    terms: { receiver: payTo, receiverAuthorizer, token: token.token },
  });
  const exact = createExactPayments({ chain, curve, token, gatewayKey, now });
  const batch = createBatchPayments({
    hub,
    chain,
    curve,
    digests,
    token,
    erc3009Collector: COLLECTOR,
    now,
    async record(records) {
      for (const r of records) hub.apply(r);
    },
  });
  return { chain, hub, exact, batch, server: createX402Server({ terms, hub, batch, exact }) };
}

/** The offer of our server for the recorded scheme; ours has two, the recorded server had one. */
function ours(required: PaymentRequired, scheme: string): unknown {
  return plain({ ...required, accepts: required.accepts.filter((a) => a.scheme === scheme) });
}

describe('the recorded run of scheme exact', { skip }, () => {
  const run = load('http.json');
  test('gives the same answers', async (t) => {
    for (const e of run) {
      await t.test(`${e.step} ${e.name}`, async () => {
        const offerMade = run.find((x) => x.request.path === e.request.path && x.response.decoded['PAYMENT-REQUIRED']);
        const offer = offerMade!.response.decoded['PAYMENT-REQUIRED']!;
        const { chain, exact, server } = setUp(offer.accepts[0]!);
        const rich = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
        chain.balances.set(rich, 1_000_000n);
        if (e.name.includes('again')) {
          const { authorization } = decodePaymentSignature(header(e)!)!.payload as { authorization: { nonce: Hex } };
          chain.used.add(`${rich}:${authorization.nonce}`);
        }
        const request: X402Request = {
          header: header(e),
          resource: offer.resource,
          amount: BigInt(offer.accepts[0]!.amount),
          requestId: id(e.step),
        };
        try {
          const paid = await server.read(request);
          assert.ok(paid.scheme === 'exact');
          exact.apply(exact.settling(paid.payment));
          const { transaction } = await exact.settle(paid.payment);
          exact.apply(exact.answered(paid.payment));
          assert.equal(e.response.status, 200);
          assert.deepEqual(
            plain(exactResponse(31_337, paid.payment, transaction)),
            plain(e.response.decoded['PAYMENT-RESPONSE']),
          );
        } catch (error) {
          if (!TributaryError.is(error)) throw error;
          const refusal = server.refusal(request, error);
          assert.equal(refusal.status, e.response.status);
          assert.deepEqual(ours(refusal.required, 'exact'), plain(e.response.decoded['PAYMENT-REQUIRED']));
          assert.deepEqual(decodePaymentRequired(refusal.headers[HEADER_PAYMENT_REQUIRED]!), refusal.required);
        }
      });
    }
  });
});

describe('the recorded run of scheme batch-settlement', { skip }, () => {
  const run = load('http-batch-settlement.json');
  test('gives the same totals, answers and errors, and refuses the traps', async (t) => {
    const first = run[0]!.response.decoded['PAYMENT-REQUIRED']!;
    const { chain, hub, batch, server } = setUp(first.accepts[0]!);
    chain.balances.set('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266', 1_000_000n);
    for (const e of run) {
      await t.test(`${e.step} ${e.name}`, async () => {
        const request: X402Request = {
          header: header(e),
          resource: first.resource,
          amount: 1000n,
          requestId: id(e.step),
        };
        const trap = e.name.startsWith('trap');
        const refuse = (error: unknown) => {
          if (!TributaryError.is(error)) throw error;
          const { required, status } = server.refusal(request, error);
          assert.equal(status, 402);
          if (trap) assert.equal(required.error, 'invalid_batch_settlement_evm_voucher_signature');
          else assert.deepEqual(ours(required, 'batch-settlement'), plain(e.response.decoded['PAYMENT-REQUIRED']));
        };
        if (e.name.startsWith('balance used up')) {
          // The recorded server charged the two traps, and three requests that were not recorded.
          const { channelId, maxClaimableAmount } = parseBatchPayload(
            decodePaymentSignature(header(e)!)!.payload,
          ).voucher;
          const { config } = hub.channel(channelId)!;
          hub.apply({ kind: 'hub.channel', config, charged: maxClaimableAmount - 1000n });
        }
        let open = false;
        try {
          const paid = await server.read(request);
          assert.ok(paid.scheme === 'batch');
          const { payment } = paid;
          if (payment.kind === 'refund') {
            const done = await batch.refund(payment);
            assert.deepEqual(
              plain(refundedResponse(31_337, hub.channel(payment.channelId)!, done)),
              plain(e.response.decoded['PAYMENT-RESPONSE']),
            );
            return;
          }
          const { channelId, pay } = payment;
          if (e.name.startsWith('second request')) {
            hub.reserve({
              channelId,
              requestId: id(99),
              amount: 0n,
              pay: { ...pay, voucher: await zero(channelId) } as never,
            });
            open = true;
          }
          hub.reserve({ channelId, requestId: id(e.step), amount: 1000n, pay });
          if (e.response.status === 500) return hub.release(id(e.step));
          const { chargedAmount } = e.response.decoded['PAYMENT-RESPONSE']!.extra as { chargedAmount: string };
          const charge = hub.charge(id(e.step), BigInt(chargedAmount));
          hub.apply(charge);
          assert.deepEqual(
            plain(chargedResponse(31_337, hub.channel(channelId)!, charge, payment.deposit)),
            plain(e.response.decoded['PAYMENT-RESPONSE']),
          );
        } catch (error) {
          refuse(error);
        } finally {
          if (open) hub.release(id(99));
        }
      });
    }

    /** A voucher at the present total, by the payer's voucher key (account 3). */
    async function zero(channelId: Hex) {
      const key = Buffer.from('7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6', 'hex');
      const max = hub.channel(channelId)!.charged;
      const digest = channelDigests(31_337, CHANNELS).voucher(channelId, max);
      return { channelId, maxClaimableAmount: max, signature: curve.sign(digest, key) };
    }
  });
});
