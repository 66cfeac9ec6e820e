import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hex } from '@tributary/protocol';
import type { Asset, GraphEdge } from '@tributary/protocol/explorer';
import { NO_GRAPH, withAnswer } from './graph-data.ts';

const id = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;
const place = (n: number) => ({
  txHash: `0x${n.toString(16).padStart(64, '0')}` as Hex,
  blockNumber: n,
  logIndex: 0,
  time: n,
});
const node = (n: number): Asset => ({
  account: id(n),
  kind: 'model',
  name: `model ${n}`,
  description: '',
  owner: id(99),
  duesPpm: 0,
  shares: 0n,
  holders: 1,
  earnings: [],
  registered: place(1),
});
const edge = (from: number, to: number, at: number | null): GraphEdge => ({
  from: id(from),
  to: id(to),
  weightPpm: 1,
  flowed: [],
  last: at === null ? null : place(at),
});

test('changes are put in the place of what was known, and what moved is told', () => {
  const first = withAnswer(NO_GRAPH, { nodes: [node(1), node(2)], edges: [edge(1, 2, null)], reset: true, next: 'a' });
  assert.deepEqual([first.nodes.size, first.edges.size, first.moved, first.shape], [2, 1, [], 1]);

  const paid = withAnswer(first, { nodes: [node(2)], edges: [edge(1, 2, 7)], reset: false, next: 'b' });
  assert.deepEqual([paid.nodes.size, paid.moved, paid.shape], [2, [`${id(1)}>${id(2)}`], 1]);
  assert.equal(first.edges.get(`${id(1)}>${id(2)}`)?.last, null, 'what was known before stays as it was');

  const grown = withAnswer(paid, { nodes: [node(3)], edges: [edge(3, 1, null)], reset: false, next: 'c' });
  assert.deepEqual([grown.nodes.size, grown.moved, grown.shape], [3, [], 2]);

  const same = withAnswer(grown, { nodes: [], edges: [], reset: false, next: 'c' });
  assert.deepEqual([same.nodes.size, same.shape], [3, 2]);

  const anew = withAnswer(grown, { nodes: [node(5)], edges: [], reset: true, next: 'd' });
  assert.deepEqual([...anew.nodes.keys()], [id(5)]);
});
