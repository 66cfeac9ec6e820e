import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hex } from '@tributary/protocol';
import type { MoneyPath } from '@tributary/protocol/explorer';
import { moneyFlow } from './money-flow.ts';
import { placeFlow } from './sankey.ts';

const id = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;
const hash: Hex = `0x${'a'.repeat(64)}`;
const place = { txHash: hash, blockNumber: 1, logIndex: 0, time: 0 };
const asset = (n: number, kind: 'service' | 'device' | 'model' | 'dataset') => ({
  account: id(n),
  kind,
  name: `${kind} ${n}`,
});
const owner = (n: number, microAmount: bigint, paid: typeof place | null = null) => ({
  holder: id(n),
  role: 'owner' as const,
  sharePpm: 1_000_000,
  microAmount,
  paid,
});

/** A hundred base units: 20 to the computer, 50 to the model, 35 of those to the dataset; one person has all but the data. */
function path(arrived: typeof place | null): MoneyPath {
  const account = {
    asset: asset(1, 'service'),
    microAmount: 100_000_000n,
    weightPpm: 1_000_000,
    arrived,
    holders: [owner(9, 30_000_000n)],
    upstream: [
      {
        asset: asset(2, 'device'),
        microAmount: 20_000_000n,
        weightPpm: 200_000,
        arrived,
        holders: [owner(9, 20_000_000n, arrived)],
        upstream: [],
      },
      {
        asset: asset(3, 'model'),
        microAmount: 50_000_000n,
        weightPpm: 500_000,
        arrived,
        holders: [owner(9, 15_000_000n)],
        upstream: [
          {
            asset: asset(4, 'dataset'),
            microAmount: 35_000_000n,
            weightPpm: 700_000,
            arrived,
            holders: [owner(8, 35_000_000n)],
            upstream: [],
          },
        ],
      },
    ],
  };
  return {
    receiptHash: hash,
    token: id(7),
    charged: 105n,
    price: 100n,
    hub: null,
    spoke: null,
    account: arrived ? account : null,
    planned: arrived ? null : account,
  } as MoneyPath;
}

test('what the payer paid is what comes out: nothing appears and nothing is lost', () => {
  for (const arrived of [null, place]) {
    const flow = moneyFlow(path(arrived));
    assert.equal(flow.settled, arrived !== null);
    const sum = (ids: (l: (typeof flow.links)[number]) => boolean) =>
      flow.links.filter(ids).reduce((s, l) => s + l.microAmount, 0n);
    for (const node of flow.nodes) {
      const into = sum((l) => l.to === node.id);
      const out = sum((l) => l.from === node.id);
      assert.equal(node.microAmount, node.kind === 'payer' ? out : into, node.id);
      if (node.kind === 'asset') assert.equal(into, out, node.id);
    }
    assert.equal(
      flow.nodes.find((n) => n.id === `person:${id(9)}`)?.microAmount,
      65_000_000n,
      'one person stands once',
    );
    assert.equal(flow.nodes.find((n) => n.kind === 'gateway')?.microAmount, 5_000_000n);
  }
});

test('a free answer has no flow', () => {
  assert.deepEqual(moneyFlow({ ...path(null), charged: 0n, price: 0n }), { nodes: [], links: [], settled: false });
});

test('everybody has a place in the picture, right of whoever pays them', () => {
  const flow = moneyFlow(path(place));
  const { nodes, width, height } = placeFlow(flow, 720);
  const at = new Map(nodes.map((n) => [n.node.id, n]));
  assert.equal(at.size, flow.nodes.length);
  for (const link of flow.links) assert.ok(at.get(link.from)!.x < at.get(link.to)!.x);
  for (const n of nodes) assert.ok(n.x >= 0 && n.x < width && n.y >= 0 && n.y + n.height <= height + 1, n.node.id);
});
