import type { Address } from '@tributary/protocol';
import type { Asset, Graph, GraphEdge } from '@tributary/protocol/explorer';

/** All assets and who feeds whom, as far as this page has heard. */
export interface GraphData {
  nodes: ReadonlyMap<Address, Asset>;
  /** By `from>to`. */
  edges: ReadonlyMap<string, GraphEdge>;
  /** Where the next question goes on. */
  next: string | undefined;
  /** Edges along which something flowed since the answer before; empty at the first. */
  moved: readonly string[];
  /** Grows when an asset or an edge appeared, so that the picture must be laid out anew. */
  shape: number;
}

export const NO_GRAPH: GraphData = { nodes: new Map(), edges: new Map(), next: undefined, moved: [], shape: 0 };

export function edgeKey(edge: { from: string; to: string }): string {
  return `${edge.from}>${edge.to}`;
}

/** What is known after one more answer. The maps before stay as they were. */
export function withAnswer(known: GraphData, answer: Graph): GraphData {
  const fresh = answer.reset || known.next === undefined;
  const nodes = new Map(fresh ? [] : known.nodes);
  const edges = new Map(fresh ? [] : known.edges);
  const moved: string[] = [];
  let appeared = fresh;
  for (const node of answer.nodes) {
    appeared ||= !nodes.has(node.account);
    nodes.set(node.account, node);
  }
  for (const edge of answer.edges) {
    const key = edgeKey(edge);
    const before = edges.get(key);
    appeared ||= before === undefined;
    if (before && edge.last && edge.last.txHash !== before.last?.txHash) moved.push(key);
    edges.set(key, edge);
  }
  return { nodes, edges, next: answer.next, moved, shape: appeared ? known.shape + 1 : known.shape };
}
