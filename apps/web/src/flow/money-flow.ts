import type { Address } from '@tributary/protocol';
import type { AccountStep, AssetRef, MoneyPath, Place } from '@tributary/protocol/explorer';

/** Who stands at one place of the flow. */
export type FlowNode = {
  id: string;
  /** Millionths of a base unit that pass here. */
  microAmount: bigint;
} & (
  | { kind: 'payer' }
  | { kind: 'gateway' }
  | { kind: 'asset'; asset: AssetRef }
  | { kind: 'person'; address: Address }
);

export interface FlowLink {
  from: string;
  to: string;
  microAmount: bigint;
  /** Where on the chain it arrived; null while it is promised, or waits at `from`. */
  arrived: Place | null;
}

export interface Flow {
  nodes: FlowNode[];
  links: FlowLink[];
  /** Whether the service's own account has been paid on the chain. */
  settled: boolean;
}

const MICRO = 1_000_000n;

/** The schema's inferred type ends at the second level. */
type Step = Omit<AccountStep, 'upstream'> & { upstream: Step[] };

/**
 * The money of one answer as a graph: payer → gateway's fee and service → everything behind the service, down to people.
 * An account or a person that is reached over several ways stands once. Empty for a free answer.
 */
export function moneyFlow(path: MoneyPath): Flow {
  const nodes = new Map<string, FlowNode>();
  const links = new Map<string, FlowLink>();
  const top = path.account ?? path.planned;
  if (path.charged === 0n || !top) return { nodes: [], links: [], settled: false };

  const addNode = (node: FlowNode): string => {
    const known = nodes.get(node.id);
    if (known) known.microAmount += node.microAmount;
    else nodes.set(node.id, node);
    return node.id;
  };
  const addLink = (link: FlowLink): void => {
    if (link.microAmount === 0n) return;
    const key = `${link.from}>${link.to}`;
    const known = links.get(key);
    if (!known) links.set(key, link);
    else {
      known.microAmount += link.microAmount;
      // Two amounts on one way: only when both are there has it all arrived.
      known.arrived = known.arrived && link.arrived;
    }
  };

  const walk = (step: Step, from: string): void => {
    const id = addNode({ id: step.asset.account, kind: 'asset', asset: step.asset, microAmount: step.microAmount });
    addLink({ from, to: id, microAmount: step.microAmount, arrived: step.arrived });
    for (const next of step.upstream) walk(next, id);
    for (const holder of step.holders) {
      if (holder.microAmount === 0n) continue;
      const person = `person:${holder.holder}`;
      addNode({ id: person, kind: 'person', address: holder.holder, microAmount: holder.microAmount });
      addLink({ from: id, to: person, microAmount: holder.microAmount, arrived: holder.paid });
    }
  };

  addNode({ id: 'payer', kind: 'payer', microAmount: path.charged * MICRO });
  const fee = (path.charged - path.price) * MICRO;
  if (fee > 0n) {
    addNode({ id: 'gateway', kind: 'gateway', microAmount: fee });
    addLink({ from: 'payer', to: 'gateway', microAmount: fee, arrived: path.hub?.settlement ?? null });
  }
  walk(top as unknown as Step, 'payer');
  return { nodes: [...nodes.values()], links: [...links.values()], settled: path.account !== null };
}
