import { useEffect, useRef } from 'react';
import { useExplorer } from '../api/explorer.ts';

const EVERY_MS = 2_000;

/** What was there when one began to look; what comes later is new. */
function useNew<T>(all: readonly T[] | undefined, keyOf: (item: T) => string): T[] {
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (all && known.current === null) known.current = new Set(all.map(keyOf));
  }, [all, keyOf]);
  return (all ?? []).filter((item) => known.current !== null && !known.current.has(keyOf(item)));
}

const byService = (s: { service: string }) => s.service;
const byAccount = (a: { account: string }) => a.account;

/** Services under a provider's name that appeared since this page was opened. */
export function useNewServices(provider: string) {
  const services = useExplorer('services', {}, { limit: 1000 }, { everyMs: EVERY_MS });
  return useNew(services.data?.services, byService).filter((s) => s.card.provider === provider);
}

/** Assets of a kind and name that appeared since this page was opened. */
export function useNewAssets(kind: 'model' | 'dataset', name: string) {
  const assets = useExplorer('assets', {}, { kind, limit: 100 }, { everyMs: EVERY_MS });
  return useNew(assets.data?.assets, byAccount).filter((a) => a.name === name);
}
