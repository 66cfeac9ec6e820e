import { randomInt } from 'node:crypto';
import { type AssetRow, type CardSubject, cardNames, type Database, listAssets } from '@tributary/ledger';
import { type Address, ASSET_KINDS, type AssetKind, toWire } from '@tributary/protocol';
import type { Asset, AssetRef, Graph, GraphEdge } from '@tributary/protocol/explorer';

const MAX_DESCRIPTION = 280;

/** An asset, with what its card calls it. */
export interface AssetNode {
  readonly row: AssetRow;
  readonly asset: Asset;
  /** The model it offers by the name callers use, where it is a service; else empty. */
  readonly model: string;
}

/**
 * All assets in memory, in step with the tables: who feeds whom is asked for every few seconds by every open page, and adding up
 * the transfers each time would take too long.
 */
export interface AssetBook {
  /** Reads again what `touch` named since. Calls share their work. */
  sync(): Promise<void>;
  /** These changed in the tables; without a list, everything may have. */
  touch(accounts?: Iterable<Address>): void;
  get(account: Address): AssetNode | undefined;
  /** In the order of registration. */
  all(): readonly AssetNode[];
  refOf(account: Address): AssetRef | null;
  /** Who names this asset as upstream. */
  downstreamOf(account: Address): AssetNode[];
  /** Everything, or what is new since a cursor of an earlier answer. */
  graph(since: string | undefined): Graph;
}

/** What is remembered of a node or an edge, to tell whether it changed. */
interface Version<T> {
  value: T;
  text: string;
  version: number;
}

/** `0x1234…cdef` */
export function shortened(hex: string): string {
  return `${hex.slice(0, 6)}…${hex.slice(-4)}`;
}

/** Money that came long before its asset was registered is not in the tables; it may have left again. */
function atLeastNothing(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}

function kindOf(row: AssetRow): AssetKind {
  return ASSET_KINDS.find((k) => k === row.kind) ?? 'work';
}

function nodeOf(row: AssetRow, card: { name: string; description: string; model: string } | undefined): AssetNode {
  const kind = kindOf(row);
  const asset: Asset = {
    account: row.account,
    kind,
    name: card?.name || `${kind} ${shortened(row.account)}`,
    description: (card?.description ?? '').slice(0, MAX_DESCRIPTION).toWellFormed(),
    owner: row.owner,
    duesPpm: row.duesPpm,
    shares: row.shares,
    holders: row.holders,
    earnings: row.flows.map((f) => ({ ...f, waiting: atLeastNothing(f.received - f.passedOn - f.paidOut) })),
    registered: row.registered,
  };
  return { row, asset, model: card?.model ?? '' };
}

function edgesOf({ row }: AssetNode): GraphEdge[] {
  return row.upstream.map(({ account, ...edge }) => ({ from: row.account, to: account, ...edge }));
}

export function createAssetBook(db: Database): AssetBook {
  let nodes = new Map<Address, AssetNode>();
  let downstream = new Map<Address, Set<Address>>();
  let nodeVersions = new Map<string, Version<Asset>>();
  let edgeVersions = new Map<string, Version<GraphEdge>>();
  let epoch = '';
  let version = 0;
  let dirty = new Set<Address>();
  let allDirty = true;
  let running: Promise<void> = Promise.resolve();
  /** The whole graph as it was last asked for. */
  let whole: { version: number; graph: Graph } | undefined;

  function put<T>(versions: Map<string, Version<T>>, key: string, value: T): void {
    const text = toWire(value);
    if (versions.get(key)?.text !== text) versions.set(key, { value, text, version });
  }

  function take(node: AssetNode): void {
    nodes.set(node.row.account, node);
    put(nodeVersions, node.row.account, node.asset);
    for (const edge of edgesOf(node)) {
      put(edgeVersions, `${edge.from}>${edge.to}`, edge);
      const payers = downstream.get(edge.to) ?? new Set();
      downstream.set(edge.to, payers.add(edge.from));
    }
  }

  async function read(accounts?: readonly Address[]): Promise<AssetNode[]> {
    const rows = await listAssets(db, accounts);
    const subjects = accounts?.map((a): CardSubject => `asset:${a}`);
    const names = new Map((await cardNames(db, subjects)).map((c) => [c.subject, c]));
    return rows.map((row) => nodeOf(row, names.get(`asset:${row.account}`)));
  }

  async function work(): Promise<void> {
    if (!allDirty && dirty.size === 0) return;
    const changed = [...dirty];
    const everything = allDirty;
    dirty = new Set();
    allDirty = false;
    try {
      const fresh = await read(everything ? undefined : changed);
      if (everything) {
        nodes = new Map();
        downstream = new Map();
        nodeVersions = new Map();
        edgeVersions = new Map();
        epoch = randomInt(2 ** 47).toString(36);
      }
      version++;
      for (const node of fresh) take(node);
    } catch (error) {
      allDirty ||= everything;
      for (const account of changed) dirty.add(account);
      throw error;
    }
  }

  return {
    sync() {
      running = running.catch(() => undefined).then(work);
      return running;
    },
    touch(accounts) {
      if (!accounts) allDirty = true;
      else for (const account of accounts) dirty.add(account);
    },
    get: (account) => nodes.get(account),
    all: () => [...nodes.values()],
    refOf(account) {
      const node = nodes.get(account);
      return node ? { account, kind: node.asset.kind, name: node.asset.name } : null;
    },
    downstreamOf: (account) => [...(downstream.get(account) ?? [])].flatMap((from) => nodes.get(from) ?? []),
    graph(since) {
      const [from, after] = (since ?? '').split('.');
      const known = from === epoch && after !== undefined && Number(after) <= version ? Number(after) : -1;
      if (known < 0 && whole?.version === version && whole.graph.next.startsWith(`${epoch}.`)) return whole.graph;
      const later = <T>(versions: Map<string, Version<T>>) =>
        [...versions.values()].flatMap((v) => (v.version > known ? [v.value] : []));
      const graph: Graph = {
        nodes: later(nodeVersions),
        edges: later(edgeVersions),
        reset: known < 0,
        next: `${epoch}.${version}`,
      };
      if (known < 0) whole = { version, graph };
      return graph;
    },
  };
}
