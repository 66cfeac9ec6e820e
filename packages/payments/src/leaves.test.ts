import assert from 'node:assert/strict';
import { test } from 'node:test';
import { follow, proofOf } from '@tributary/protocol';
import { leavesOf, readLeaves } from './leaves.ts';
import { id, payer } from './test-support.ts';

const attribution = [
  { dataset: payer, document: 'a.md', documentHash: id(8), contributor: payer, weightPpm: 1_000_000 },
];
const INTERVAL = {
  channelId: id(1),
  from: 100n,
  to: 142n,
  leaves: [
    { receiptHash: id(2), amount: 30n, attribution },
    { receiptHash: id(3), amount: 12n, attribution: [] },
  ],
};

test('the file is canonical JSON with amounts as text, and leads back to its root', () => {
  const { content, root, leavesHash } = leavesOf(INTERVAL);
  assert.ok(content.startsWith(`{"channelId":"${id(1)}","from":"100","leaves":[{"amount":"30","attribution":[{`));
  const logged = { root, leavesHash, from: 100n, to: 142n };
  assert.deepEqual(readLeaves(content, logged), INTERVAL);
  const end = follow(INTERVAL.leaves[1]!, proofOf(INTERVAL.leaves, 1));
  assert.deepEqual(end, { hash: root, sum: 42n, offset: 30n });
});

test('leaves that do not sum up to the interval are refused', () => {
  assert.throws(() => leavesOf({ ...INTERVAL, to: 143n }), RangeError);
});

test('a file that is not the posted one is refused', () => {
  const { content, root, leavesHash } = leavesOf(INTERVAL);
  const logged = { root, leavesHash, from: 100n, to: 142n };
  assert.throws(() => readLeaves(content.replace('"30"', '"31"'), logged), /not the one that was posted/);
  assert.throws(() => readLeaves(content, { ...logged, root: id(9) }), /do not lead/);
  assert.throws(() => readLeaves(content, { ...logged, from: 99n }), /do not lead/);
});
