/** `spec/vectors/merkle-sum.json`: every tree, every proof, everything to refuse. ReceiptLog answers to the same file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { Hex32 } from './hex.ts';
import { follow, type ProofStep, proofOf, rootOf } from './merkle-sum.ts';
import { Amount } from './money.ts';

const Leaf = z.strictObject({ receiptHash: Hex32, amount: Amount });
const Path = z.object({
  siblings: z.array(z.strictObject({ hash: Hex32, sum: Amount })),
  leftSiblings: z.string().transform(BigInt),
});
const Vectors = z.strictObject({
  title: z.string(),
  note: z.string(),
  overflow: z.strictObject({ name: z.string(), leaves: z.array(Leaf) }),
  trees: z
    .array(
      z.strictObject({
        name: z.string(),
        leaves: z.array(Leaf),
        root: Hex32,
        sum: Amount,
        proofs: z.array(Path.extend({ leaf: z.int(), offset: Amount })),
      }),
    )
    .min(1),
  rejected: z.array(Path.extend({ ...Leaf.shape, name: z.string(), root: Hex32, sum: Amount })).min(1),
});

const file = new URL('../../../spec/vectors/merkle-sum.json', import.meta.url);
const vectors = Vectors.parse(JSON.parse(readFileSync(file, 'utf8')));

/** The file says the sides as bits, as the contract reads them. */
const stepsOf = ({ siblings, leftSiblings }: z.infer<typeof Path>): ProofStep[] =>
  siblings.map((sibling, i) => ({ ...sibling, side: (leftSiblings >> BigInt(i)) & 1n ? 'left' : 'right' }));

for (const { name, leaves, root, sum, proofs } of vectors.trees) {
  test(`tree: ${name}`, () => {
    assert.deepEqual(rootOf(leaves), { hash: root, sum });
    assert.deepEqual(
      proofs.map(({ leaf }) => leaf),
      [...leaves.keys()],
    );
    for (const proof of proofs) {
      assert.deepEqual(proofOf(leaves, proof.leaf), stepsOf(proof));
      assert.deepEqual(follow(leaves[proof.leaf]!, stepsOf(proof)), { hash: root, sum, offset: proof.offset });
    }
  });
}

for (const { name, root, sum, receiptHash, amount, ...path } of vectors.rejected) {
  test(`refused proof: ${name}`, () => {
    const holds = () => {
      const end = follow({ receiptHash, amount }, stepsOf(path));
      return end.hash === root && end.sum === sum;
    };
    if (name === 'sum leaves uint128') assert.throws(holds, RangeError);
    else assert.equal(holds(), false);
  });
}

test(vectors.overflow.name, () => {
  assert.throws(() => rootOf(vectors.overflow.leaves), RangeError);
});
