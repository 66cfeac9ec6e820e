import type { Address } from '@tributary/protocol';
import { useMemo } from 'react';
import { useExplorer } from '../api/explorer.ts';

const A_MINUTE_MS = 60_000;

/** Names of people and companies by their address, as they registered them. */
export function useNames(): ReadonlyMap<Address, string> {
  const parties = useExplorer('parties', {}, { limit: 200 }, { everyMs: A_MINUTE_MS });
  return useMemo(() => {
    const names = new Map<Address, string>();
    for (const party of parties.data?.parties ?? []) {
      names.set(party.owner, party.name);
      if (party.wallet) names.set(party.wallet, party.name);
    }
    return names;
  }, [parties.data]);
}
