import { cardOf, listFeedback, listParties, type PartyRow, summarizeFeedback } from '@tributary/ledger';
import type { Address, AssetKind } from '@tributary/protocol';
import { type AssetRef, DEFAULT_PAGE, type Party } from '@tributary/protocol/explorer';
import { type Answerer, type Explore, notFound, refOf } from './context.ts';
import { readBig } from './cursor.ts';
import { partyRef } from './party-ref.ts';

const MOST_ASSETS = 100;
const MOST_FEEDBACK = 20;
const MAX_DESCRIPTION = 500;
const NO_FEEDBACK = { count: 0, raters: 0, byTag: [] };

/** What an owner has, newest first. */
function assetsOf(ctx: Explore, owner: Address, isWanted: (kind: AssetKind) => boolean): AssetRef[] {
  const own = ctx.book.all().filter(({ asset }) => asset.owner === owner && isWanted(asset.kind));
  return own
    .slice(-MOST_ASSETS)
    .reverse()
    .map(({ row }) => refOf(ctx, row.account));
}

async function partiesOf(ctx: Explore, rows: readonly PartyRow[]): Promise<Party[]> {
  const feedback = await summarizeFeedback(
    ctx.db,
    rows.map((r) => r.agentId),
  );
  return rows.map((row) => ({
    ...partyRef(row),
    description: row.description.slice(0, MAX_DESCRIPTION).toWellFormed(),
    owner: row.owner,
    wallet: row.wallet,
    uri: row.uri,
    services: assetsOf(ctx, row.owner, (kind) => kind === 'service'),
    devices: assetsOf(ctx, row.owner, (kind) => kind === 'device'),
    feedback: feedback.get(row.agentId) ?? NO_FEEDBACK,
    registered: row.registered,
  }));
}

export const parties: Answerer<'parties'> = async (ctx, { query }) => {
  const { cursor, limit = DEFAULT_PAGE } = query;
  const { rows, next } = await listParties(ctx.db, { before: readBig(cursor), limit });
  return { parties: await partiesOf(ctx, rows), next: next === null ? null : String(next) };
};

export const party: Answerer<'party'> = async (ctx, { params }) => {
  const agentId = BigInt(params.agentId);
  const { rows } = await listParties(ctx.db, { agentIds: [agentId], limit: 1 });
  const [found] = await partiesOf(ctx, rows);
  if (!found) throw notFound('party', params.agentId);
  const file = await cardOf(ctx.db, `party:${agentId}`);
  return {
    ...found,
    file: file?.content ? (JSON.parse(file.content) as unknown) : null,
    assets: assetsOf(ctx, found.owner, (kind) => kind !== 'service' && kind !== 'device'),
    latestFeedback: await listFeedback(ctx.db, agentId, MOST_FEEDBACK),
  };
};
