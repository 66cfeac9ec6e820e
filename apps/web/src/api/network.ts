import { useQuery } from '@tanstack/react-query';
import type { NetworkFacts } from '@tributary/protocol/explorer';
import { explorerQuery } from './explorer.ts';
import { queryClient } from './query-client.ts';

const options = { ...explorerQuery('network', {}), staleTime: Number.POSITIVE_INFINITY };

/** The chain id of a network on one machine, whose money is play money. */
const DEVNET_CHAIN_ID = 31_337;

/** The network behind this gateway; asked once. */
export function useNetwork() {
  return useQuery(options);
}

export function fetchNetwork(): Promise<NetworkFacts> {
  return queryClient.fetchQuery(options);
}

/** Whether all money here is play money. */
export function isPlayMoney(network: NetworkFacts | undefined): boolean {
  return network?.chainId === DEVNET_CHAIN_ID;
}
