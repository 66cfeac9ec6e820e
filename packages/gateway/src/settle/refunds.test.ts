import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExactPayments, ExactRecord } from '@tributary/payments';
import { pino } from 'pino';
import type { Books } from './books.ts';
import type { GatewayRecord } from './record.ts';
import { createRefunds } from './refunds.ts';

const PAYER = `0x${'aa'.repeat(20)}` as const;
const NONCE = `0x${'05'.repeat(32)}` as const;
const DUE: ExactRecord = { kind: 'exact.refund_due', payer: PAYER, nonce: NONCE, amount: 100n };
const PAID: ExactRecord = { kind: 'exact.refunded', payer: PAYER, nonce: NONCE, transaction: '' };

test('a transfer that arrives late is found by a running gateway and sent back', async () => {
  let arrived = false;
  const due: ExactRecord[] = [];
  const kept: GatewayRecord[] = [];
  const { promise: sentBack, resolve } = Promise.withResolvers<void>();
  const exact = {
    recover: async () => (arrived ? [DUE] : []),
    async *payRefunds() {
      for (const _ of due.splice(0)) yield PAID;
    },
  } as unknown as ExactPayments;
  const books = {
    exact,
    async keep(records: readonly GatewayRecord[]) {
      kept.push(...records);
      if (records.includes(DUE)) due.push(DUE);
      if (records.includes(PAID)) resolve();
    },
  } as Books;
  const refunds = createRefunds(books, pino({ level: 'silent' }));
  await refunds.recover();
  assert.deepEqual(kept, []);
  arrived = true;
  await refunds.recover();
  await sentBack;
  assert.deepEqual(kept, [DUE, PAID]);
  await refunds.close();
});
