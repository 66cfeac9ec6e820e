import type { Asset, GraphEdge } from '@tributary/protocol/explorer';

/** An asset's place in the picture: the upper left corner of its card. */
interface Placed {
  id: string;
  x: number;
  y: number;
}

export interface Layout {
  placed: ReadonlyMap<string, Placed>;
  width: number;
  height: number;
}

export const CARD_WIDTH = 216;
export const CARD_HEIGHT = 52;
const GAP_Y = 18;
/** Between columns of one layer, and between layers, where the streams need room to bend. */
const GAP_X = 26;
const LAYER_GAP = 130;
/** How wide the picture should be for its height. */
const ASPECT = 1.9;
const SWEEPS = 6;

/** Money flows from the left to the right: services answer, computers and models are behind them, data behind those. */
const FIRST_LAYER: Record<Asset['kind'], number> = { service: 0, agent: 0, device: 1, model: 1, work: 1, dataset: 2 };

type Node = Pick<Asset, 'account' | 'kind'>;
type Edge = Pick<GraphEdge, 'from' | 'to'>;

/**
 * Places a graph without cycles in layers from left to right. A layer with many assets is broken into columns, so that the
 * whole stays about as wide as a screen. The same graph always gets the same picture.
 */
export function layoutGraph(nodes: readonly Node[], edges: readonly Edge[]): Layout {
  const known = new Set<string>(nodes.map((n) => n.account));
  const ways = edges.filter((e) => known.has(e.from) && known.has(e.to) && e.from !== e.to);
  const layers = order(layersOf(nodes, ways), ways);
  const rows = rowsFor(layers.map((layer) => layer.length));
  const placed = new Map<string, Placed>();
  const pitch = CARD_HEIGHT + GAP_Y;
  const height = Math.min(rows, Math.max(1, ...layers.map((l) => l.length))) * pitch - GAP_Y;
  let x = 0;
  for (const layer of layers) {
    const columns = Math.ceil(layer.length / rows);
    const perColumn = Math.ceil(layer.length / columns);
    layer.forEach((id, i) => {
      const column = Math.floor(i / perColumn);
      const inColumn = Math.min(perColumn, layer.length - column * perColumn);
      // Few cards stand apart, so that a layer fills the height.
      const stretch = columns === 1 ? Math.min(pitch * 2, (height + GAP_Y) / inColumn) : pitch;
      const top = (height - (inColumn * stretch - (stretch - CARD_HEIGHT))) / 2;
      placed.set(id, { id, x: x + column * (CARD_WIDTH + GAP_X), y: top + (i % perColumn) * stretch });
    });
    x += columns * (CARD_WIDTH + GAP_X) - GAP_X + LAYER_GAP;
  }
  return { placed, width: Math.max(CARD_WIDTH, x - LAYER_GAP), height: Math.max(CARD_HEIGHT, height) };
}

/** Layer of each asset: after everything that pays it, and not before the layer of its kind. */
function layersOf(nodes: readonly Node[], edges: readonly Edge[]): string[][] {
  const payers = Map.groupBy(edges, (e): string => e.to);
  const kinds = new Map(nodes.map((n) => [n.account as string, n.kind]));
  const layer = new Map<string, number>();
  const visiting = new Set<string>();
  const layerOf = (id: string): number => {
    const found = layer.get(id);
    if (found !== undefined) return found;
    // The chain has no cycles; a gateway that invents one must not hang the page.
    if (visiting.has(id)) return 0;
    visiting.add(id);
    const first = FIRST_LAYER[kinds.get(id) ?? 'work'];
    const own = Math.max(first, ...(payers.get(id) ?? []).map((e) => layerOf(e.from) + 1));
    visiting.delete(id);
    layer.set(id, own);
    return own;
  };
  const layers: string[][] = [];
  for (const { account } of nodes) {
    const at = layerOf(account);
    layers[at] ??= [];
    layers[at].push(account);
  }
  return Array.from(layers, (l) => l ?? []).filter((l) => l.length > 0);
}

/** Sorts each layer by where its neighbours stand (barycentre sweeps), so that few streams cross. */
function order(layers: string[][], edges: readonly Edge[]): string[][] {
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  const place = new Map<string, number>();
  const number = (layer: readonly string[]) => {
    layer.forEach((id, i) => {
      place.set(id, (i + 0.5) / layer.length);
    });
  };
  for (const layer of layers) number(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const wish = new Map(
        layer.map((id) => {
          const around = neighbours.get(id) ?? [];
          const sum = around.reduce((s, n) => s + (place.get(n) ?? 0), 0);
          return [id, around.length > 0 ? sum / around.length : (place.get(id) ?? 0)];
        }),
      );
      layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || (a < b ? -1 : 1));
      number(layer);
    }
  }
  return layers;
}

/** Most cards of a column: the least with which the picture is not too wide. */
function rowsFor(sizes: readonly number[]): number {
  const most = Math.max(1, ...sizes);
  const widthWith = (rows: number) =>
    sizes.reduce((sum, n) => sum + Math.ceil(n / rows) * (CARD_WIDTH + GAP_X), 0) + (sizes.length - 1) * LAYER_GAP;
  let low = 1;
  let high = most;
  while (low < high) {
    const rows = (low + high) >> 1;
    if (widthWith(rows) <= ASPECT * rows * (CARD_HEIGHT + GAP_Y)) high = rows;
    else low = rows + 1;
  }
  // Below a dozen a column is easier to read than a block.
  return Math.max(low, Math.min(most, 12));
}
