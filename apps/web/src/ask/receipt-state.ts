import type { Check } from '@tributary/sdk';

/** What a group of checks comes to: all hold, one fails, or some cannot be told yet. */
export type State = 'holds' | 'fails' | 'open';

export interface CheckGroup {
  title: string;
  state: State;
  checks: readonly Check[];
}

/** In the order in which people ask; what no group names comes last, so that nothing is left out. */
const GROUPS: readonly { title: string; names: readonly string[] }[] = [
  {
    title: 'Signed by the service that answered',
    names: [
      'provider signature',
      'service is registered',
      'identity belongs to the service',
      'provider had the right to sign',
    ],
  },
  { title: 'Belongs to this question and this answer', names: ['request hash', 'answer hash'] },
  {
    title: 'The price and its payment fit',
    names: [
      'payment signature',
      'payment is for this receipt',
      'interval equals price',
      'charge covers price',
      'paying channel',
      'claims are bound to the promise',
      'gateway had the right to sign',
    ],
  },
  { title: 'Names the data it used', names: ['attribution hash', 'attribution within the whole'] },
  { title: 'Collected on the chain', names: ['claim covers the interval'] },
  { title: 'Counted in the published list of that claim', names: ['receipt is in the claim’s tree'] },
];

/** Checks in groups with a title in plain words. Groups of which nothing was looked at are left out. */
export function groupChecks(checks: readonly Check[]): CheckGroup[] {
  const named = new Set(GROUPS.flatMap((g) => g.names));
  const rest = checks.filter((c) => !named.has(c.name));
  return [...GROUPS, { title: 'Made for this network', names: rest.map((c) => c.name) }]
    .map(({ title, names }) => {
      const own = checks.filter((c) => names.includes(c.name));
      return { title, checks: own, state: stateOf(own) };
    })
    .filter((group) => group.checks.length > 0);
}

/** One failure spoils the whole; what cannot be told yet keeps it open. */
function stateOf(checks: readonly Check[]): State {
  if (checks.some((c) => c.ok === false)) return 'fails';
  return checks.some((c) => c.ok === null) ? 'open' : 'holds';
}

/** Where a receipt stands, in one line for people. */
export function verdict(
  checks: readonly Check[],
  facts: { claimed: boolean; free: boolean },
): { state: State; text: string } {
  const failed = checks.filter((c) => c.ok === false);
  if (failed.length > 0) return { state: 'fails', text: 'This receipt does not hold' };
  if (facts.free) return { state: 'holds', text: 'Checked · nothing was charged' };
  if (!facts.claimed) return { state: 'holds', text: 'Checked · payment promised' };
  return { state: 'holds', text: 'Checked · payment collected' };
}
