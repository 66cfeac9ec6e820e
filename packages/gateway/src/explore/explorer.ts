import { type Address, Hex32, SignedReceipt, toWire } from '@tributary/protocol';
import { DEFAULT_PAGE, type NetworkFacts } from '@tributary/protocol/explorer';
import type { OperatorTerms } from '@tributary/work';
import type { Catalog, Service } from '../route/catalog.ts';
import { listPrice, typicalCost } from '../route/quote.ts';
import type { Receipts } from '../settle/receipts.ts';
import type { Tables } from '../tables/tables.ts';
import type { TablesAnswer } from '../tables/work.ts';
import { type Asked, type Given, NOTHING_GIVEN, type SeenService, type TableName } from './context.ts';
import { pageAfter, readAddress, readNumber } from './cursor.ts';

/** What the explorer API answers from. Nothing here waits for a question, and no question waits for this. */
export interface Explorer {
  network(): NetworkFacts;
  /** By request id or receipt hash, as it was signed; its salt is the holder's alone. */
  receipt(id: Hex32): Promise<unknown>;
  /** @throws what the question is at fault of, `explorer_busy`, `tables_failed` */
  answer<N extends TableName>(name: N, asked: Asked<N>, gzip: boolean): Promise<TablesAnswer>;
  /** Claims everything now. */
  settle(): Promise<unknown>;
  /** Who may settle. */
  operator(): OperatorTerms;
}

/** Prepares what only the gateway's own thread knows for questions that the tables' thread answers. */
export function createTableQuestions(deps: {
  catalog: Catalog;
  feePpm: bigint;
  tables: Tables;
  receipts: Pick<Receipts, 'find'>;
  /** Unix seconds: when this gateway began to watch its services. */
  since: number;
}): Explorer['answer'] {
  const { catalog, feePpm, tables, receipts, since } = deps;

  function seen(s: Service): SeenService {
    const { succeeded, failed } = s.breaker.counts;
    const calls = succeeded + failed;
    const { firstTokenMs, tokensPerSecond, spread, inFlight } = s.latency;
    return {
      account: s.account,
      agentWallet: s.agentWallet,
      card: s.card,
      price: listPrice(s.card.price, feePpm),
      available: s.unavailable === null && s.breaker.allows,
      unavailable: s.unavailable,
      observed: {
        since,
        calls,
        failed,
        successPpm: calls === 0 ? null : Math.floor((succeeded * 1_000_000) / calls),
        latencyMs: spread,
        firstTokenMs: Number.isFinite(firstTokenMs) ? firstTokenMs : null,
        tokensPerSecond: tokensPerSecond > 0 ? tokensPerSecond : null,
        inFlight,
      },
    };
  }

  function pageOfServices({ model, sort, cursor, limit = DEFAULT_PAGE }: Asked<'services'>['query']): Partial<Given> {
    const list = model === undefined ? catalog.all() : [...catalog.ofModel(model)];
    if (sort) list.sort((a, b) => ORDERS[sort](a, b));
    const { page, next } = pageAfter(list, (s) => s.account, readAddress(cursor), limit);
    return { services: page.map(seen), nextService: next };
  }

  async function inMemory(id: Hex32): Promise<SignedReceipt | null> {
    // From memory it has bigints, from the tables their wire form; the schema reads the latter.
    const found = SignedReceipt.safeParse(JSON.parse(toWire((await receipts.find(id)) ?? null)));
    return found.success ? found.data : null;
  }

  const given: { [N in TableName]?: (asked: Asked<N>) => Partial<Given> | Promise<Partial<Given>> } = {
    asset: ({ params }) => ({ services: seenOf(params.account) }),
    service: ({ params }) => ({ services: seenOf(params.account) }),
    services: ({ query }) => pageOfServices(query),
    totals: () => ({ unfolded: tables.pending }),
    receipts: ({ query: { order = 'newest', service, cursor, limit = DEFAULT_PAGE } }) => ({
      recent: tables.recent({ newestFirst: order === 'newest', service, after: readNumber(cursor), limit: limit + 1 }),
    }),
    moneyPath: async ({ params }) => ({ receipt: await inMemory(params.id) }),
    search: async ({ query }) => {
      const id = Hex32.safeParse(query.q);
      return { receipt: id.success ? await inMemory(id.data) : null };
    },
  };

  function seenOf(account: Address): SeenService[] {
    const service = catalog.get(account);
    return service ? [seen(service)] : [];
  }

  return async (name, asked, gzip) => {
    const own = await given[name]?.(asked);
    return tables.answer({ name, asked, given: { ...NOTHING_GIVEN, ...own }, gzip });
  };
}

/** Best first; those of which nothing is known come last. */
const ORDERS: Record<NonNullable<Asked<'services'>['query']['sort']>, (a: Service, b: Service) => number> = {
  calls: (a, b) => callsOf(b) - callsOf(a),
  price: (a, b) => Number(typicalCost(a.card.price) - typicalCost(b.card.price)),
  latency: (a, b) => (a.latency.spread?.p50 ?? UNKNOWN) - (b.latency.spread?.p50 ?? UNKNOWN),
  success: (a, b) => successOf(b) - successOf(a),
};
const UNKNOWN = Number.MAX_SAFE_INTEGER;

function callsOf({ breaker: { counts } }: Service): number {
  return counts.succeeded + counts.failed;
}

function successOf(service: Service): number {
  const calls = callsOf(service);
  return calls === 0 ? -1 : service.breaker.counts.succeeded / calls;
}
