import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hex32, SignedReceipt } from '@tributary/protocol';
import { createReceipts } from './receipts.ts';

const hex = (n: number) => `0x${n.toString(16).padStart(64, '0')}` as Hex32;
const receipt = (requestId: Hex32, receiptHash: Hex32) =>
  ({ receipt: { requestId }, payment: { receiptHash } }) as SignedReceipt;

test('attack: a later receipt with the public id of an earlier one does not take its place', async () => {
  const receipts = createReceipts(() => ({ receipt: async () => 'stored' }));
  const first = receipt(hex(1), hex(2));
  const second = receipt(hex(1), hex(3));
  const third = receipt(hex(2), hex(4));
  for (const r of [first, second, third]) receipts.add(r);
  assert.equal(await receipts.find(hex(1)), first);
  assert.equal(await receipts.find(hex(2)), first);
  assert.equal(await receipts.find(hex(3)), second);
  assert.equal(await receipts.find(hex(4)), third);

  for (let n = 0; n < 4_998; n++) receipts.add(receipt(hex(10 + 2 * n), hex(11 + 2 * n)));
  assert.equal(await receipts.find(hex(1)), 'stored', 'the tables know which came first');
});
