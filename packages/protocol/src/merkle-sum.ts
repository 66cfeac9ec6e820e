import { keccak } from './hash.ts';
import { fromHex, type Hex32, toHex } from './hex.ts';
import { MAX_AMOUNT } from './money.ts';

/**
 * Merkle-sum tree over the receipts of one claim (spec/merkle-sum.md). The sum at the root equals what was claimed, and
 * a proof also yields the sum of everything to its left: the receipt's place in the claim.
 */
export interface Leaf {
  receiptHash: Hex32;
  amount: bigint;
}

export interface SumNode {
  hash: Hex32;
  sum: bigint;
}

/** One step of a proof: the sibling and the side it stands on. */
export interface ProofStep extends SumNode {
  side: 'left' | 'right';
}

function amountBytes(amount: bigint): Uint8Array {
  if (amount < 0n || amount > MAX_AMOUNT) throw new RangeError(`${amount} is no uint128`);
  return fromHex(`0x${amount.toString(16).padStart(32, '0')}`);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** keccak256(0x00 ‖ receiptHash ‖ uint128 amount). */
export function leafNode(leaf: Leaf): SumNode {
  return {
    hash: toHex(keccak(concat(Uint8Array.of(0), fromHex(leaf.receiptHash), amountBytes(leaf.amount)))),
    sum: leaf.amount,
  };
}

/** keccak256(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum). Throws when the sum leaves uint128. */
export function innerNode(left: SumNode, right: SumNode): SumNode {
  const sum = left.sum + right.sum;
  if (sum > MAX_AMOUNT) throw new RangeError('sum exceeds uint128');
  const bytes = concat(
    Uint8Array.of(1),
    fromHex(left.hash),
    amountBytes(left.sum),
    fromHex(right.hash),
    amountBytes(right.sum),
  );
  return { hash: toHex(keccak(bytes)), sum };
}

function levels(leaves: readonly Leaf[]): SumNode[][] {
  if (leaves.length === 0) throw new RangeError('a tree needs at least one leaf');
  const out = [leaves.map(leafNode)];
  for (let level = out[0]!; level.length > 1; level = out.at(-1)!) {
    const next: SumNode[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      // A node without a partner goes up unchanged.
      next.push(right ? innerNode(level[i]!, right) : level[i]!);
    }
    out.push(next);
  }
  return out;
}

/** Root and sum of the leaves in their order. Throws on an empty list. */
export function rootOf(leaves: readonly Leaf[]): SumNode {
  return levels(leaves).at(-1)![0]!;
}

/** The siblings from leaf `index` up to the root. */
export function proofOf(leaves: readonly Leaf[], index: number): ProofStep[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`no leaf ${index}`);
  const steps: ProofStep[] = [];
  let i = index;
  for (const level of levels(leaves).slice(0, -1)) {
    const sibling = level[i ^ 1];
    if (sibling) steps.push({ ...sibling, side: i % 2 === 0 ? 'right' : 'left' });
    i >>= 1;
  }
  return steps;
}

/** The root a proof leads to, and the sum of everything left of the leaf. */
export function follow(leaf: Leaf, proof: readonly ProofStep[]): SumNode & { offset: bigint } {
  let node = leafNode(leaf);
  let offset = 0n;
  for (const step of proof) {
    if (step.side === 'left') offset += step.sum;
    node = step.side === 'left' ? innerNode(step, node) : innerNode(node, step);
  }
  return { ...node, offset };
}
