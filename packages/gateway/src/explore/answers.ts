import { address } from './answer-addresses.ts';
import { asset, assets, graph, holders, revenue } from './answer-assets.ts';
import { claims, events, totals, transaction } from './answer-chain.ts';
import { parties, party } from './answer-parties.ts';
import { moneyPath, receipts } from './answer-receipts.ts';
import { search } from './answer-search.ts';
import { service, services } from './answer-services.ts';
import type { Answerer, TableName } from './context.ts';

/** How each question is answered; the schemas of `@tributary/protocol/explorer` say of what form. */
export const answers: { [N in TableName]: Answerer<N> } = {
  address,
  asset,
  assets,
  claims,
  events,
  graph,
  holders,
  moneyPath,
  parties,
  party,
  receipts,
  revenue,
  search,
  service,
  services,
  totals,
  transaction,
};
