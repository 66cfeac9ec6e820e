import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Hex32, hex32, receiptDigests, SignedReceipt } from '@tributary/protocol';
import { databases } from '../test-support.ts';
import { clearReceipts, foldedTo, foldReceipts, listReceipts, receiptById, receiptTotals } from './receipts.ts';

const hex = (n: number, bytes: number) => `0x${n.toString(16).padStart(2 * bytes, '0')}` as Hex32;

const digests = receiptDigests(31_337, hex(1, 20));

function signedReceipt(i: number): SignedReceipt {
  const receipt = {
    requestId: hex(1000 + i, 32),
    service: hex(2, 20),
    agentId: 0n,
    requestHash: hex(3, 32),
    responseHash: hex(4, 32),
    modelDigest: hex(5, 32),
    promptTokens: 10,
    completionTokens: 20,
    token: hex(6, 20),
    price: 2n ** 127n + BigInt(i),
    attributionHash: hex(7, 32),
    issuedAt: 1_800_000_000,
  };
  return {
    chainId: 31_337,
    receiptLog: hex(1, 20),
    receipt,
    signature: hex(8, 65),
    salt: hex(9, 32),
    attribution: [],
    payment: {
      receiptHash: hex32(digests.receipt(receipt)),
      channelId: hex(11, 32),
      from: BigInt(i),
      to: BigInt(i + 1),
      payerChannelId: hex(12, 32),
      payerFrom: 0n,
      payerTo: 1n,
    },
    paymentSignature: hex(13, 65),
  };
}

for (const database of databases) {
  test(`receipts fold once however often they come, and are found again whole (${database.name})`, {
    skip: database.skip,
  }, async (t) => {
    const { db } = await database.open(t);
    const entries = Array.from({ length: 1200 }, (_, i) => ({ seq: 2 * i, signed: signedReceipt(i) }));
    assert.equal(await foldedTo(db, 'gateway'), 0);
    await foldReceipts(db, 'gateway', entries.slice(0, 700), 1400);
    await foldReceipts(db, 'gateway', entries.slice(500), 2400);
    assert.equal(await foldedTo(db, 'gateway'), 2400);

    const page = await listReceipts(db, { newestFirst: false, after: 98, limit: 3 });
    assert.deepEqual(
      page.map((r) => r.seq),
      [100, 102, 104],
    );
    assert.deepEqual(SignedReceipt.parse(page[0]!.receipt), signedReceipt(50));
    assert.equal((await listReceipts(db, { newestFirst: false, limit: 5000 })).length, 1200);
    const service = hex(2, 20);
    const newest = await listReceipts(db, { newestFirst: true, service, after: 2396, limit: 2 });
    assert.deepEqual(
      newest.map((r) => r.seq),
      [2394, 2392],
    );
    assert.deepEqual(await listReceipts(db, { newestFirst: true, service: hex(3, 20), limit: 2 }), []);

    const earned = entries.reduce((sum, { signed }) => sum + signed.receipt.price, 0n);
    assert.deepEqual(await receiptTotals(db), [{ service, answers: 1200, earned, last: 1_800_000_000 }]);
    assert.deepEqual(await receiptTotals(db, [hex(3, 20)]), []);

    const hash = signedReceipt(7).payment.receiptHash;
    assert.equal((await receiptById(db, hash))?.seq, 14);
    assert.equal((await receiptById(db, hex(1007, 32)))?.receiptHash, hash);
    assert.equal(await receiptById(db, hex(99, 32)), undefined);

    await clearReceipts(db, 'gateway');
    assert.equal(await foldedTo(db, 'gateway'), 0);
    assert.deepEqual(await listReceipts(db, { newestFirst: false, limit: 10 }), []);
    assert.deepEqual(await receiptTotals(db), []);
  });
  test(`attack: a later receipt with the same request id does not hide the first (${database.name})`, {
    skip: database.skip,
  }, async (t) => {
    const { db } = await database.open(t);
    const { requestId } = signedReceipt(0).receipt;
    const entries = [30, 10, 20].map((seq) => {
      const signed = signedReceipt(seq);
      return { seq, signed: { ...signed, receipt: { ...signed.receipt, requestId } } };
    });
    await foldReceipts(db, 'gateway', entries, 40);
    assert.equal((await receiptById(db, requestId))?.seq, 10);
  });
}
