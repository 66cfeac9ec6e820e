import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignedReceipt } from '@tributary/protocol';
import { createPaidBefore } from './paid-before.ts';

const ID = `0x${'1'.repeat(64)}` as const;
const CHANNEL = `0x${'2'.repeat(64)}` as const;

function paid(issuedAt: number, charged = 5n): SignedReceipt {
  return {
    receipt: { requestId: ID, issuedAt },
    payment: { payerChannelId: CHANNEL, payerFrom: 10n, payerTo: 10n + charged },
  } as unknown as SignedReceipt;
}

test('an answer that was charged and lost is held again for nothing, once', async () => {
  const before = createPaidBefore(() => 1000);
  before.add(paid(900));
  const hold = before.take(ID)!;
  assert.deepEqual(hold.charge(7n), {
    payerChannelId: CHANNEL,
    payerFrom: 15n,
    payerTo: 15n,
    charge: null,
    exact: null,
  });
  assert.equal(before.take(ID), undefined);
  await hold.release();
  assert.ok(before.take(ID), 'a second try that failed may come again');
});

test('what was free, what is old and what is unknown is not held', () => {
  const before = createPaidBefore(() => 1000);
  before.add(paid(900, 0n));
  assert.equal(before.take(ID), undefined);
  before.add(paid(399));
  assert.equal(before.take(ID), undefined);
});
