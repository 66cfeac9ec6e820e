import { createStore } from 'mipd';
import { useMemo, useSyncExternalStore } from 'react';
import type { EIP1193Provider } from 'viem';

/** A wallet that announced itself to this page (EIP-6963). */
export interface FoundWallet {
  id: string;
  name: string;
  /** A data URI; empty where it is something else. */
  icon: string;
  provider: EIP1193Provider;
}

const announced = createStore();
const LONGEST_NAME = 40;

/** The wallets of this browser, those that announce themselves later included. */
export function useFoundWallets(): FoundWallet[] {
  const providers = useSyncExternalStore(announced.subscribe, announced.getProviders);
  return useMemo(
    () =>
      providers.map(({ info, provider }) => ({
        id: info.uuid,
        name: info.name.slice(0, LONGEST_NAME),
        // Only pictures that come with the announcement: no stranger's server learns of the visit.
        icon: /^data:image\//.test(info.icon) ? info.icon : '',
        provider: provider as EIP1193Provider,
      })),
    [providers],
  );
}
