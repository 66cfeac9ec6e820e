import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASSET_KINDS, type Hex } from '@tributary/protocol';
import fc from 'fast-check';
import { CARD_HEIGHT, CARD_WIDTH, layoutGraph } from './graph-layout.ts';

const id = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;

test('money flows from left to right: whoever pays stands left of whom it pays', () => {
  const nodes = [
    { account: id(1), kind: 'service' as const },
    { account: id(2), kind: 'device' as const },
    { account: id(3), kind: 'model' as const },
    { account: id(4), kind: 'dataset' as const },
    { account: id(5), kind: 'model' as const },
  ];
  const edges = [
    { from: id(1), to: id(2) },
    { from: id(1), to: id(3) },
    { from: id(3), to: id(5) },
    { from: id(5), to: id(4) },
  ];
  const { placed } = layoutGraph(nodes, edges);
  for (const { from, to } of edges) assert.ok(placed.get(from)!.x < placed.get(to)!.x);
});

test('no two cards overlap, every asset is placed inside the picture, and the same graph gives the same picture', () => {
  const graph = fc.nat(60).chain((n) =>
    fc.record({
      kinds: fc.array(fc.constantFrom(...ASSET_KINDS), { minLength: n, maxLength: n }),
      edges: fc.array(fc.tuple(fc.nat(Math.max(0, n - 1)), fc.nat(Math.max(0, n - 1))), { maxLength: 120 }),
    }),
  );
  fc.assert(
    fc.property(graph, ({ kinds, edges }) => {
      const nodes = kinds.map((kind, i) => ({ account: id(i), kind }));
      const ways = edges.filter(([a, b]) => a < b).map(([a, b]) => ({ from: id(a), to: id(b) }));
      const layout = layoutGraph(nodes, ways);
      const cards = [...layout.placed.values()];
      assert.equal(cards.length, nodes.length);
      for (const a of cards) {
        assert.ok(a.x >= 0 && a.x + CARD_WIDTH <= layout.width + 0.01);
        assert.ok(a.y >= -0.01 && a.y + CARD_HEIGHT <= layout.height + 0.01);
        for (const b of cards) {
          if (a !== b) assert.ok(Math.abs(a.x - b.x) >= CARD_WIDTH || Math.abs(a.y - b.y) >= CARD_HEIGHT - 0.01);
        }
      }
      assert.deepEqual(layoutGraph(nodes, ways), layout);
    }),
    { numRuns: 60 },
  );
});

test('a cycle that a gateway invents does not hang the page', () => {
  const nodes = [id(1), id(2)].map((account) => ({ account, kind: 'model' as const }));
  const edges = [
    { from: id(1), to: id(2) },
    { from: id(2), to: id(1) },
  ];
  assert.equal(layoutGraph(nodes, edges).placed.size, 2);
});

test('two thousand assets are laid out in the blink of an eye, about as wide as a screen', () => {
  const nodes = Array.from({ length: 2_000 }, (_, i) => ({
    account: id(i),
    kind:
      i < 1_200
        ? ('service' as const)
        : i < 1_500
          ? ('device' as const)
          : i < 1_900
            ? ('model' as const)
            : ('dataset' as const),
  }));
  const edges = nodes
    .slice(0, 1_200)
    .flatMap((n, i) => [
      { from: n.account, to: id(1_200 + (i % 300)) },
      { from: n.account, to: id(1_500 + (i % 400)) },
      ...(i < 400 ? [{ from: id(1_500 + i), to: id(1_900 + (i % 100)) }] : []),
    ]);
  const start = performance.now();
  const { width, height, placed } = layoutGraph(nodes, edges);
  assert.ok(performance.now() - start < 1_000);
  assert.equal(placed.size, 2_000);
  assert.ok(width / height < 2.1 && width / height > 0.9, `${width} × ${height}`);
});
