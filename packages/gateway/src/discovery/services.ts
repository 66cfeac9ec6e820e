import { assetRegistryAbi, assets, eventLogs, type Reader } from '@tributary/chain';
import { type Address, type Curve, TributaryError } from '@tributary/protocol';
import type { GuardedFetch } from '@tributary/work';
import type { Logger } from 'pino';
import type { Catalog, Service } from '../route/catalog.ts';
import { fetchCard } from './card.ts';

/** Cards fetched at the same time. */
const PARALLEL = 32;
/** How long a service may give no card before it is forgotten. */
const FORGET_AFTER_MS = 60_000;
/** A forgotten service is looked at again after a quarter of the time it has been away, at most after this. */
const LONGEST_PAUSE_MS = 600_000;

export interface DiscoveryDeps {
  reader: Reader;
  fetch: GuardedFetch;
  curve: Curve;
  catalog: Catalog;
  /** Opens the channel that pays a service. */
  openSpoke(account: Address): Promise<void>;
  /** A known service has a new card: its node restarted, or offers something else. */
  onNewCard(service: Service): void;
  fromBlock: bigint;
  log: Logger;
  /** Milliseconds; default: the process's clock. */
  nowMs?: () => number;
}

/** Keeps the catalog in step with the services registered on chain and with what their nodes say. */
export interface Discovery {
  /** Looks once: new registrations, moved URIs, changed cards. Calls at the same time share one look. */
  look(): Promise<void>;
}

export function createDiscovery(deps: DiscoveryDeps): Discovery {
  const { reader, catalog, log, nowMs = () => performance.now() } = deps;
  const uris = new Map<Address, string>();
  /** Since when a service gives no card. */
  const missingSince = new Map<Address, number>();
  /** When a forgotten service is worth another look: those that never answer must not keep the others waiting. */
  const lookAgainAt = new Map<Address, number>();
  const complaints = new Map<Address, string>();
  let nextBlock = deps.fromBlock;
  let looking: Promise<void> | undefined;

  async function readRegistry(): Promise<void> {
    const toBlock = await reader.client.getBlockNumber({ cacheTime: 0 });
    if (toBlock < nextBlock) return;
    const range = { fromBlock: nextBlock, toBlock };
    const [registered, moved] = await Promise.all([
      assets.list(reader, { kind: 'service', fromBlock: nextBlock }),
      eventLogs(reader, assetRegistryAbi, 'URISet', { address: reader.contracts.assetRegistry, ...range }),
    ]);
    for (const { account, uri } of registered) uris.set(account, uri);
    for (const { args } of moved) {
      const account = args.account.toLowerCase() as Address;
      if (!uris.has(account)) continue;
      uris.set(account, args.uri);
      lookAgainAt.delete(account);
    }
    nextBlock = toBlock + 1n;
  }

  /** Says once why a service is left out, not at every look. */
  function complain(account: Address, error: unknown): void {
    const text = TributaryError.is(error) ? error.message : String(error);
    if (complaints.get(account) === text) return;
    complaints.set(account, text);
    log.warn({ service: account, detail: text }, 'a service cannot be used');
  }

  async function lookAt(account: Address, uri: string): Promise<void> {
    let service: Service | undefined = catalog.get(account);
    try {
      const checked = await fetchCard(deps, account, uri);
      missingSince.delete(account);
      lookAgainAt.delete(account);
      const isNew = service === undefined;
      if (isNew || JSON.stringify(service?.card, bigintText) !== JSON.stringify(checked.card, bigintText)) {
        service = catalog.put(checked);
        if (isNew) service.unavailable = 'its channel is being opened';
        else if (!service.unavailable) deps.onNewCard(service);
      }
      if (service?.unavailable) {
        await deps.openSpoke(account);
        service.unavailable = null;
        log.info(
          { service: account, model: checked.card.model.id, provider: checked.card.provider },
          'a service is ready',
        );
      }
      complaints.delete(account);
    } catch (error) {
      complain(account, error);
      if (service?.unavailable)
        service.unavailable = TributaryError.is(error)
          ? error.message.replace(/\.$/, '')
          : 'its channel could not be opened';
      // A node that restarts keeps its place; one that stays away loses it.
      if (!missingSince.has(account)) missingSince.set(account, nowMs());
      if (!isForgotten(account)) return;
      catalog.remove(account);
      const now = nowMs();
      const away = now - (missingSince.get(account) ?? now);
      lookAgainAt.set(account, now + Math.min(away / 4, LONGEST_PAUSE_MS));
    }
  }

  function isForgotten(account: Address): boolean {
    return nowMs() - (missingSince.get(account) ?? Number.POSITIVE_INFINITY) >= FORGET_AFTER_MS;
  }

  async function lookOnce(): Promise<void> {
    await readRegistry();
    // A service without a web address has no node yet.
    const entries = [...uris].filter(([, uri]) => /^https?:/.test(uri));
    const now = nowMs();
    const due = entries.filter(([account]) => (lookAgainAt.get(account) ?? 0) <= now);
    for (let i = 0; i < due.length; i += PARALLEL) {
      await Promise.all(due.slice(i, i + PARALLEL).map(([account, uri]) => lookAt(account, uri)));
    }
    catalog.awaited = entries.filter(([account]) => !catalog.get(account) && !isForgotten(account)).length;
  }

  return {
    look() {
      looking ??= lookOnce().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

function bigintText(_: string, v: unknown): unknown {
  return typeof v === 'bigint' ? v.toString() : v;
}
