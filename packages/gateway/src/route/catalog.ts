import type { Address, Hex, ServiceCard, SignedServiceCard } from '@tributary/protocol';
import { type Breaker, createBreaker } from './breaker.ts';
import { createLatency, type Latency } from './latency.ts';

/** A service that can be asked: its checked card and how it has been doing. */
export interface Service {
  readonly account: Address;
  /** Who signs its receipts. */
  readonly agentWallet: Hex;
  readonly card: ServiceCard;
  /** Card and signature as the node served them. */
  readonly signed: SignedServiceCard;
  readonly origin: string;
  /** Path of the endpoint without trailing slash, put before the node's own paths. */
  readonly basePath: string;
  readonly latency: Latency;
  readonly breaker: Breaker;
  /** Whether a service of the same deterministic model knew what this one said it did not. */
  readonly unknowns: { contradicted: boolean };
  /** Why no question is sent to it at the moment, such as a spoke channel still being opened. */
  unavailable: string | null;
}

/** The services known to this gateway. */
export interface Catalog {
  /** Adds a service or replaces its card; its history is kept. */
  put(entry: Pick<Service, 'account' | 'agentWallet' | 'card' | 'signed'>): Service;
  remove(account: Address): void;
  get(account: Address): Service | undefined;
  /** In order of first sight. */
  all(): Service[];
  ofModel(model: string): readonly Service[];
  /** Model ids in order of first sight. */
  models(): string[];
  /** Registered services whose node has not answered since this gateway started: what is not known yet may be theirs. */
  awaited: number;
}

export function createCatalog(): Catalog {
  const services = new Map<Address, Service>();
  let byModel = new Map<string, Service[]>();

  function index(): void {
    byModel = new Map();
    for (const s of services.values()) {
      const list = byModel.get(s.card.model.id);
      if (list) list.push(s);
      else byModel.set(s.card.model.id, [s]);
    }
  }

  return {
    put(entry) {
      const known = services.get(entry.account);
      const service: Service = {
        ...entry,
        origin: new URL(entry.card.endpoint).origin,
        basePath: new URL(entry.card.endpoint).pathname.replace(/\/+$/, ''),
        latency: known?.latency ?? createLatency(),
        breaker: known?.breaker ?? createBreaker(),
        unknowns: known?.unknowns ?? { contradicted: false },
        unavailable: known?.unavailable ?? null,
      };
      services.set(entry.account, service);
      index();
      return service;
    },
    remove(account) {
      services.delete(account);
      index();
    },
    get: (account) => services.get(account),
    all: () => [...services.values()],
    ofModel: (model) => byModel.get(model) ?? [],
    models: () => [...byModel.keys()],
    awaited: 0,
  };
}
