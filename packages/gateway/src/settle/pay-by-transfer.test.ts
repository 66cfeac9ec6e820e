import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateLimit, type ExactPayment } from '@tributary/payments';
import { type Hex, toHex } from '@tributary/protocol';
import type { Books } from './books.ts';
import { payByTransfer } from './pay-by-transfer.ts';

const hex = (n: number, bytes: number): Hex => toHex(new Uint8Array(bytes).fill(n));
const authorization = { from: hex(1, 20), nonce: hex(2, 32) };
const payment = { requestId: hex(3, 32), payer: hex(1, 20), amount: 5n, authorization } as unknown as ExactPayment;

test('attack: an answer that was charged is not given back as well, whatever fails after it', async () => {
  const kept: string[] = [];
  const books = {
    exact: {
      settling: () => ({ kind: 'settling' }),
      settle: async () => ({ kind: 'settled', transaction: hex(4, 32) }),
      answered: () => ({ kind: 'closed' }),
      refund: () => ({ kind: 'refund_due' }),
    },
    keep: async (records: { kind: string }[]) => void kept.push(...records.map((r) => r.kind)),
  } as unknown as Books;
  const rate = { burst: 10, perHour: 10 };
  const sponsored = createRateLimit('transfers', { perKey: rate, all: rate });
  const hold = await payByTransfer(payment, books, { chainId: 1, sponsored, refundSoon: () => undefined }).hold(
    payment.requestId,
    5n,
  );
  hold.charge(5n);
  await hold.release();
  await hold.release();
  assert.deepEqual(kept, ['settling', 'settled']);
});
