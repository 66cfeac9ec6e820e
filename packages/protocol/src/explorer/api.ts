import { z } from 'zod';
import { Address, Hex32 } from '../hex.ts';
import { SignedReceipt } from '../receipt.ts';
import {
  AssetDetail,
  AssetsPage,
  AssetsQuery,
  Graph,
  GraphQuery,
  HoldersPage,
  HoldersQuery,
  Revenue,
  RevenueQuery,
} from './assets.ts';
import { PageQuery } from './common.ts';
import {
  ClaimsPage,
  ClaimsQuery,
  EventsPage,
  EventsQuery,
  MoneyPath,
  ReceiptsPage,
  ReceiptsQuery,
  Transaction,
} from './money-path.ts';
import { AddressFacts, AddressQuery, NetworkFacts, SearchQuery, SearchResults, Totals } from './network.ts';
import { PartiesPage, PartyDetail, Service, ServicesPage, ServicesQuery } from './services.ts';

/** One question that the explorer API answers. */
export interface ExplorerCall<P extends z.ZodType, Q extends z.ZodType, A extends z.ZodType> {
  /** With `{name}` where a member of `params` goes. */
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly answer: A;
}

const NONE = z.strictObject({});
const ByAccount = z.strictObject({ account: Address });
const ById = z.strictObject({ id: Hex32 });

function call<P extends z.ZodType, Q extends z.ZodType, A extends z.ZodType>(
  path: string,
  summary: string,
  { params, query, answer }: { params: P; query: Q; answer: A },
): ExplorerCall<P, Q, A> {
  return { path, summary, params, query, answer };
}

/** Every `GET /tributary/…`: routes, the OpenAPI document and typed clients are made from this table. */
export const explorerApi = {
  network: call('/tributary/network', 'The network behind this gateway', {
    params: NONE,
    query: NONE,
    answer: NetworkFacts,
  }),
  totals: call('/tributary/totals', 'Sums over the whole network', { params: NONE, query: NONE, answer: Totals }),
  graph: call('/tributary/graph', 'All assets and who feeds whom, and what changed since', {
    params: NONE,
    query: GraphQuery,
    answer: Graph,
  }),
  assets: call('/tributary/assets', 'Assets, newest first', { params: NONE, query: AssetsQuery, answer: AssetsPage }),
  asset: call('/tributary/assets/{account}', 'One asset', { params: ByAccount, query: NONE, answer: AssetDetail }),
  holders: call('/tributary/assets/{account}/holders', 'Who holds its shares, and what each can claim', {
    params: ByAccount,
    query: HoldersQuery,
    answer: HoldersPage,
  }),
  revenue: call('/tributary/assets/{account}/revenue', 'What it earned over time', {
    params: ByAccount,
    query: RevenueQuery,
    answer: Revenue,
  }),
  services: call('/tributary/services', 'Services that this gateway can ask', {
    params: NONE,
    query: ServicesQuery,
    answer: ServicesPage,
  }),
  service: call('/tributary/services/{account}', 'One service', { params: ByAccount, query: NONE, answer: Service }),
  parties: call('/tributary/parties', 'Parties with their ERC-8004 record, newest first', {
    params: NONE,
    query: PageQuery,
    answer: PartiesPage,
  }),
  party: call('/tributary/parties/{agentId}', 'One party', {
    params: z.strictObject({ agentId: z.string().regex(/^(?:0|[1-9][0-9]{0,38})$/, 'expected an agent id: digits') }),
    query: NONE,
    answer: PartyDetail,
  }),
  receipts: call('/tributary/receipts', 'Receipts of this gateway', {
    params: NONE,
    query: ReceiptsQuery,
    answer: ReceiptsPage,
  }),
  receipt: call('/tributary/receipts/{id}', 'One receipt by request id or receipt hash, without its salt', {
    params: ById,
    query: NONE,
    answer: SignedReceipt,
  }),
  moneyPath: call('/tributary/receipts/{id}/trace', 'Where the money of one answer went', {
    params: ById,
    query: NONE,
    answer: MoneyPath,
  }),
  claims: call('/tributary/claims', 'Claims of channels, newest first', {
    params: NONE,
    query: ClaimsQuery,
    answer: ClaimsPage,
  }),
  events: call('/tributary/events', 'What happened on the chain, newest first', {
    params: NONE,
    query: EventsQuery,
    answer: EventsPage,
  }),
  transaction: call('/tributary/transactions/{id}', 'What one transaction did to this network', {
    params: ById,
    query: NONE,
    answer: Transaction,
  }),
  address: call('/tributary/addresses/{address}', 'What an address owns, holds, can claim and was paid', {
    params: z.strictObject({ address: Address }),
    query: AddressQuery,
    answer: AddressFacts,
  }),
  search: call('/tributary/search', 'Assets, services, parties, receipts, addresses and transactions by name or id', {
    params: NONE,
    query: SearchQuery,
    answer: SearchResults,
  }),
} as const;
export type ExplorerApi = typeof explorerApi;
export type ExplorerName = keyof ExplorerApi;

/**
 * Path and query of a call: `explorerPath(explorerApi.asset, { account })`. Members of `params` go into the path, the others
 * into the query; what is undefined is left out.
 */
export function explorerPath(
  { path }: Pick<ExplorerApi[ExplorerName], 'path'>,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size > 0 ? `${filled}?${given}` : filled;
}
