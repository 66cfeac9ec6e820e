import { shortDollars } from '../money/format.ts';
import type { GraphData } from './graph-data.ts';
import { edgeKey } from './graph-data.ts';
import { type Layout, layoutGraph } from './graph-layout.ts';
import type { Scene } from './paint-graph.ts';

const LABELS: Record<string, string> = {
  service: 'Service',
  model: 'Model',
  device: 'Computer',
  dataset: 'Dataset',
  agent: 'Agent',
  work: 'Work',
};
/** Widths of streams, world units: nothing yet, and from a little to a lot. */
const DRY = 1;
const NARROW = 1.6;
const BROAD = 12;

/** Where everything stands; stays the same until an asset or an edge appears. */
export function layoutOf(graph: GraphData): Layout {
  return layoutGraph([...graph.nodes.values()], [...graph.edges.values()]);
}

/** What is drawn of a graph. */
export function sceneOf(
  graph: GraphData,
  layout: Layout,
  dollar: string | undefined,
  names: ReadonlyMap<string, string>,
): Scene {
  const nodes = [...graph.nodes.values()];
  const edges = [...graph.edges.values()];
  const flows = edges.map((e) => e.flowed.find((m) => m.token === dollar)?.amount ?? 0n);
  const most = flows.reduce((a, b) => Math.max(a, Number(b)), 1);
  return {
    layout,
    cards: nodes.map((n) => {
      const earned = n.earnings.find((e) => e.token === dollar)?.received ?? 0n;
      // Many offer the same model: who it is tells them apart.
      const by = n.kind === 'service' && names.has(n.owner) ? ` by ${names.get(n.owner)}` : '';
      return {
        id: n.account,
        name: n.name.replace(/^tributary\//, ''),
        kind: n.kind,
        line: `${LABELS[n.kind]}${by}`,
        earned: earned > 0n ? shortDollars(earned) : '',
      };
    }),
    streams: edges.map((e, i) => {
      const flow = Number(flows[i] ?? 0n);
      return {
        key: edgeKey(e),
        from: e.from,
        to: e.to,
        flowed: flow > 0,
        width: flow > 0 ? NARROW + (BROAD - NARROW) * Math.sqrt(flow / most) : DRY,
      };
    }),
  };
}
