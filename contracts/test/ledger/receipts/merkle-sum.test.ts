/** `spec/vectors/merkle-sum.json` against ReceiptLog. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Hex } from 'viem';
import { artifact, CANONICAL, newChain } from '../channels/fixture.ts';

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../spec/vectors/merkle-sum.json'), 'utf8'));

interface Sibling {
  hash: Hex;
  sum: string;
}

test('ReceiptLog: every published tree and every refusal', async () => {
  const chain = await newChain();
  await chain.place(CANONICAL, 'src/ledger/Channels.sol');
  const address = await chain.deploy('src/ledger/ReceiptLog.sol', [CANONICAL]);
  const { abi } = artifact('src/ledger/ReceiptLog.sol');
  const verify = (root: Hex, sum: string, receiptHash: Hex, amount: string, siblings: Sibling[], lefts: string) =>
    chain.reader.readContract({
      address,
      abi,
      functionName: 'verify',
      args: [
        root,
        BigInt(sum),
        receiptHash,
        BigInt(amount),
        siblings.map((s) => ({ ...s, sum: BigInt(s.sum) })),
        BigInt(lefts),
      ],
    });
  for (const { name, leaves, root, sum, proofs } of vectors.trees) {
    let next = 0n;
    for (const { leaf, siblings, leftSiblings, offset } of proofs) {
      const { receiptHash, amount } = leaves[leaf];
      assert.deepEqual(
        await verify(root, sum, receiptHash, amount, siblings, leftSiblings),
        [true, BigInt(offset)],
        name,
      );
      assert.equal(BigInt(offset), next, `${name}: intervals lie side by side`);
      next += BigInt(amount);
    }
    assert.equal(next, BigInt(sum), name);
  }
  for (const { name, root, sum, receiptHash, amount, siblings, leftSiblings } of vectors.rejected) {
    assert.deepEqual(await verify(root, sum, receiptHash, amount, siblings, leftSiblings), [false, 0n], name);
  }
});

test('Channels: the runtime code stands alone, so a genesis file can place it', () => {
  const { immutableReferences } = artifact('src/ledger/Channels.sol');
  assert.deepEqual(immutableReferences, {});
});
