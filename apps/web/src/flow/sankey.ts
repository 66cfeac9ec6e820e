import { sankey, sankeyJustify, sankeyLinkHorizontal } from 'd3-sankey';
import type { Flow, FlowLink, FlowNode } from './money-flow.ts';

interface PlacedNode {
  node: FlowNode;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface PlacedLink {
  link: FlowLink;
  /** SVG path along the middle of the stream. */
  path: string;
  width: number;
}

export interface PlacedFlow {
  nodes: PlacedNode[];
  links: PlacedLink[];
  width: number;
  height: number;
  columnWidth: number;
}

const BAR = 8;
/** Room for a label of two lines between two bars. */
const GAP = 34;
/** Height of the whole stream, and its least part, so that a tiny one can still be seen. */
const STREAM = 110;
const LEAST_PART = 0.02;

interface Item {
  node: FlowNode;
}
interface Way {
  link: FlowLink;
}

/** Places a flow from left to right in a given width; heights are in proportion to the money. */
export function placeFlow(flow: Flow, width: number): PlacedFlow {
  const total = Number(flow.nodes.find((n) => n.kind === 'payer')?.microAmount ?? 1n);
  const columns = longestWay(flow);
  // The last column's labels stand right of its bars.
  const columnWidth = width / columns;
  const perColumn = Math.max(1, flow.nodes.filter((n) => n.kind === 'person').length, flow.nodes.length / columns);
  const height = Math.round(STREAM + GAP * (perColumn - 1) + 26);
  const layout = sankey<Item, Way>()
    .nodeId((n) => (n as unknown as Item).node.id)
    .nodeAlign(sankeyJustify)
    .nodeWidth(BAR)
    .nodePadding(GAP)
    .iterations(24)
    .extent([
      [0, 4],
      [width - columnWidth + BAR, height - 26],
    ]);
  const graph = layout({
    nodes: flow.nodes.map((node) => ({ node })),
    links: flow.links.map((link) => ({
      link,
      source: link.from,
      target: link.to,
      value: Math.max(Number(link.microAmount) / total, LEAST_PART),
    })),
  });
  const path = sankeyLinkHorizontal<Item, Way>();
  return {
    width,
    height,
    columnWidth,
    nodes: graph.nodes.map((n) => ({
      node: n.node,
      x: n.x0 ?? 0,
      y: n.y0 ?? 0,
      width: BAR,
      height: (n.y1 ?? 0) - (n.y0 ?? 0),
    })),
    links: graph.links.map((l) => ({ link: l.link, path: path(l) ?? '', width: Math.max(l.width ?? 1, 1) })),
  };
}

/** Columns that a flow needs: its longest way, counted in nodes. */
function longestWay(flow: Flow): number {
  const depth = new Map<string, number>();
  const after = Map.groupBy(flow.links, (l) => l.from);
  const depthOf = (id: string): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    const own = 1 + Math.max(0, ...(after.get(id) ?? []).map((l) => depthOf(l.to)));
    depth.set(id, own);
    return own;
  };
  return Math.max(2, depthOf('payer'));
}
