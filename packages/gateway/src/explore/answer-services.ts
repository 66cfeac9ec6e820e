import { listParties, receiptTotals, summarizeFeedback } from '@tributary/ledger';
import type { Service } from '@tributary/protocol/explorer';
import { type Answerer, type Explore, notFound, refOf, type SeenService } from './context.ts';
import { partyRef } from './party-ref.ts';

/** What is known of services beside what the gateway sees itself. */
async function servicesOf(ctx: Explore, seen: readonly SeenService[]): Promise<Service[]> {
  const agentIds = [...new Set(seen.map((s) => s.card.agentId))];
  const totals = await receiptTotals(
    ctx.db,
    seen.map((s) => s.account),
  );
  const paid = new Map(totals.map((t) => [t.service, t]));
  const { rows } = await listParties(ctx.db, { agentIds, limit: Math.max(1, agentIds.length) });
  const parties = new Map(rows.map((p) => [p.agentId, p]));
  const quality = await summarizeFeedback(ctx.db, agentIds);
  return seen.map((s) => {
    const total = paid.get(s.account);
    const { agentId } = s.card;
    return {
      service: s.account,
      name: s.card.model.name || refOf(ctx, s.account).name,
      model: s.card.model.id,
      card: s.card,
      price: s.price,
      agentWallet: s.agentWallet,
      party: partyRef({ agentId, name: parties.get(agentId)?.name || s.card.provider }),
      madeFrom: (ctx.book.get(s.account)?.row.upstream ?? []).map((u) => refOf(ctx, u.account)),
      available: s.available,
      unavailable: s.unavailable,
      observed: s.observed,
      paid: { answers: total?.answers ?? 0, earned: total?.earned ?? 0n, last: total?.last ?? null },
      quality: quality.get(agentId) ?? null,
    };
  });
}

export async function serviceOf(ctx: Explore, seen: SeenService): Promise<Service> {
  const [service] = await servicesOf(ctx, [seen]);
  return service!;
}

export const services: Answerer<'services'> = async (ctx, _, given) => ({
  services: await servicesOf(ctx, given.services),
  next: given.nextService,
});

export const service: Answerer<'service'> = async (ctx, { params }, given) => {
  const seen = given.services[0];
  if (seen) return serviceOf(ctx, seen);
  throw notFound('service', params.account, 'GET /tributary/services lists those that this gateway can ask.');
};
