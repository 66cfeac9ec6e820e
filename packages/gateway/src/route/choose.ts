import { type ProviderChoice, sameHex, TributaryError } from '@tributary/protocol';
import type { Service } from './catalog.ts';
import { listPrice, type Quote, typicalCost } from './quote.ts';

/** A service that could answer, with the most its answer can cost. */
export interface Candidate {
  service: Service;
  quote: Quote;
}

type MaxPrice = NonNullable<ProviderChoice['max_price']>;

/** Base units of a price in dollars that came as a JSON number. */
function baseUnits(dollars: number): bigint {
  return BigInt(Math.round(Math.min(dollars, 1e9) * 1e6));
}

function withinMaxPrice(service: Service, max: MaxPrice, feePpm: bigint): boolean {
  const price = listPrice(service.card.price, feePpm);
  return (
    (max.prompt === undefined || price.perMillionPrompt <= baseUnits(max.prompt)) &&
    (max.completion === undefined || price.perMillionCompletion <= baseUnits(max.completion)) &&
    (max.request === undefined || price.perRequest <= baseUnits(max.request))
  );
}

/** True when a name in `order`, `only` or `ignore` means this service: its provider's name, its account or its expert. */
function isNamed(service: Service, name: string): boolean {
  return service.card.provider.toLowerCase() === name.toLowerCase() || sameHex(service.account, name);
}

function namedBy(names: readonly string[] | null | undefined, service: Service): boolean {
  return names?.some((n) => isNamed(service, n)) ?? false;
}

/**
 * The candidates a caller's `provider` choice leaves.
 * @throws `no_provider_available` (503) naming the cheapest price when `max_price` leaves none
 */
export function filterByChoice(
  candidates: readonly Candidate[],
  choice: ProviderChoice | null | undefined,
  feePpm: bigint,
): Candidate[] {
  if (!choice) return [...candidates];
  const named = candidates.filter(({ service }) => {
    if (choice.only?.length && !namedBy(choice.only, service)) return false;
    if (namedBy(choice.ignore, service)) return false;
    return choice.allow_fallbacks !== false || !choice.order?.length || namedBy(choice.order, service);
  });
  if (candidates.length > 0 && named.length === 0) {
    throw new TributaryError('no_provider_available', 'The provider choice leaves nobody who offers this model.', {
      status: 503,
      param: 'provider',
      hint: `Providers: ${[...new Set(candidates.map((c) => c.service.card.provider))].join(', ')}.`,
    });
  }
  const { max_price: max } = choice;
  if (!max) return named;
  const affordable = named.filter((c) => withinMaxPrice(c.service, max, feePpm));
  if (affordable.length === 0 && named.length > 0) throw tooExpensive(named, feePpm);
  return affordable;
}

function tooExpensive(candidates: readonly Candidate[], feePpm: bigint): TributaryError {
  const prices = candidates.map((c) => ({ c, price: listPrice(c.service.card.price, feePpm) }));
  const cheapest = prices.reduce((a, b) => (typicalCost(b.price) < typicalCost(a.price) ? b : a));
  const dollars = (units: bigint) => String(Number(units) / 1e6);
  return new TributaryError('max_price_exceeded', 'No provider is within provider.max_price.', {
    status: 503,
    param: 'provider.max_price',
    hint:
      `The cheapest is ${cheapest.c.service.card.provider} at {"prompt":${dollars(cheapest.price.perMillionPrompt)},` +
      `"completion":${dollars(cheapest.price.perMillionCompletion)},"request":${dollars(cheapest.price.perRequest)}}.`,
  });
}

/** Lower is better: expected waiting, weighted by price, so that equals share the work and the cheaper gets more of it. */
function loadCost(c: Candidate): number {
  return c.service.latency.peakMs * (c.service.latency.inFlight + 1) * Number(c.quote.price + 1n);
}

/**
 * The order in which equal services are tried. By default the better of two picked at random comes first (P2C), then the
 * others by load; `sort` and `order` switch that off. Services whose breaker is open go last, because asking them may still
 * be better than failing.
 */
export function orderOf(
  candidates: readonly Candidate[],
  choice: ProviderChoice | null | undefined,
  random: () => number = Math.random,
): Candidate[] {
  const sorted = sortBy(candidates, choice?.sort ?? null, random);
  const order = choice?.order;
  if (order?.length) {
    const rank = (c: Candidate) => {
      const at = order.findIndex((n) => isNamed(c.service, n));
      return at === -1 ? order.length : at;
    };
    sorted.sort((a, b) => rank(a) - rank(b));
  }
  const healthy = sorted.filter((c) => c.service.breaker.allows);
  return [...healthy, ...sorted.filter((c) => !c.service.breaker.allows)];
}

function sortBy(candidates: readonly Candidate[], sort: ProviderChoice['sort'], random: () => number): Candidate[] {
  const out = [...candidates];
  switch (sort) {
    case 'price':
      return out.sort((a, b) => (a.quote.price < b.quote.price ? -1 : a.quote.price > b.quote.price ? 1 : 0));
    case 'latency':
      return out.sort((a, b) => a.service.latency.firstTokenMs - b.service.latency.firstTokenMs || 0);
    case 'throughput':
      return out.sort((a, b) => b.service.latency.tokensPerSecond - a.service.latency.tokensPerSecond);
    default:
      return balance(out, random);
  }
}

function balance(candidates: Candidate[], random: () => number): Candidate[] {
  if (candidates.length < 2) return candidates;
  const byLoad = candidates.sort((a, b) => loadCost(a) - loadCost(b));
  const pool = byLoad.filter((c) => c.service.breaker.allows);
  if (pool.length < 2) return byLoad;
  const i = Math.floor(random() * pool.length);
  const j = (i + 1 + Math.floor(random() * (pool.length - 1))) % pool.length;
  // `pool` is in order of load, so the lower index is the better of the two.
  const first = pool[Math.min(i, j)]!;
  return [first, ...byLoad.filter((c) => c !== first)];
}
