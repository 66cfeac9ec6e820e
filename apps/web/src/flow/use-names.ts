import { useQuery } from '@tanstack/react-query';
import type { Address } from '@tributary/protocol';
import { useMemo } from 'react';
import { useExplorer } from '../api/explorer.ts';
import { useNetwork } from '../api/network.ts';
import { loadEngine } from '../wallet/load.ts';

const A_MINUTE_MS = 60_000;

/** The parties of a devnet as wallets; none elsewhere. */
export function useDevnetParties() {
  const network = useNetwork();
  return useQuery({
    queryKey: ['devnet-parties', network.data?.chainId],
    enabled: network.isSuccess,
    queryFn: async () => {
      const engine = await loadEngine();
      return network.data && engine.hasPlayMoney(network.data) ? engine.devnetWallets() : [];
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Names of people and companies by their address: as they registered them, and those of a devnet's parties. */
export function useNames(): ReadonlyMap<Address, string> {
  const parties = useExplorer('parties', {}, { limit: 200 }, { everyMs: A_MINUTE_MS });
  const devnet = useDevnetParties();
  return useMemo(() => {
    const names = new Map<Address, string>();
    for (const { connected } of devnet.data ?? []) names.set(connected.address, connected.name);
    for (const party of parties.data?.parties ?? []) {
      names.set(party.owner, party.name);
      if (party.wallet) names.set(party.wallet, party.name);
    }
    return names;
  }, [parties.data, devnet.data]);
}
