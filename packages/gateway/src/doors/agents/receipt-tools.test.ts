import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SignedReceipt, ZERO_32 } from '@tributary/protocol';
import fc from 'fast-check';
import { createReceiptTools } from './receipt-tools.ts';

const HEX_20 = `0x${'11'.repeat(20)}`;
const HEX_65 = `0x${'11'.repeat(65)}`;
const ID = `0x${'22'.repeat(32)}`;

/** A receipt as it is written down. */
const written = {
  chainId: 1,
  receiptLog: HEX_20,
  receipt: {
    requestId: ID,
    service: HEX_20,
    agentId: '1',
    requestHash: ID,
    responseHash: ID,
    modelDigest: ID,
    promptTokens: 1,
    completionTokens: 1,
    token: HEX_20,
    price: '1',
    attributionHash: ID,
    issuedAt: 1,
  },
  signature: HEX_65,
  salt: ID,
  attribution: [],
  payment: {
    receiptHash: ID,
    channelId: ID,
    from: '0',
    to: '1',
    payerChannelId: ID,
    payerFrom: '0',
    payerTo: '1',
  },
  paymentSignature: HEX_65,
};

test('a few look at the chain at once, some wait, the others are told to come back', async () => {
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const checks = {
    verify: async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return { valid: true } as never;
    },
    trace: async () => ({}) as never,
  };
  const tools = createReceiptTools(
    async () => undefined,
    async () => checks,
  );
  const all = Array.from({ length: 40 }, () => tools.verify(written, {}));
  const first = await Promise.race(all.map((p) => p.catch((error: { code: string }) => error.code)));
  assert.equal(first, 'busy');
  gate.resolve();
  const results = await Promise.allSettled(all);
  assert.equal(results.filter((r) => r.status === 'fulfilled').length, 18);
  assert.equal(most, 2);
});

test('a stored receipt is looked at without its salt, and nobody else’s question can be guessed by it', async () => {
  let seen: SignedReceipt | undefined;
  const checks = {
    verify: async (signed: SignedReceipt) => {
      seen = signed;
      return {} as never;
    },
    trace: async () => ({}) as never,
  };
  const tools = createReceiptTools(
    async () => written,
    async () => checks,
  );
  await tools.verify(ID, {});
  assert.equal(seen?.salt, ZERO_32);
  await assert.rejects(tools.verify(ID, { answer: 'yes' }), { code: 'invalid_value' });
  await assert.rejects(tools.verify(ID, { request: {} }), { code: 'invalid_value' });
  await tools.verify(written, { answer: 'yes' });
  assert.equal(seen?.salt, ID);
});

test('whatever is given as a receipt, it is refused by name or looked at', async () => {
  const tools = createReceiptTools(
    async () => undefined,
    async () => ({ verify: async () => ({}) as never, trace: async () => ({}) as never }),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.constant(ID)), async (given) => {
      await assert.rejects(tools.trace(given), (error: { code: string }) =>
        ['invalid_value', 'receipt_not_found'].includes(error.code),
      );
    }),
  );
});
