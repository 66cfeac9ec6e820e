import { listChannels, listParties, listPositions } from '@tributary/ledger';
import { PPM } from '@tributary/protocol';
import { DEFAULT_PAGE, type Money, type Position } from '@tributary/protocol/explorer';
import { type Answerer, type Explore, moneyOf, refOf } from './context.ts';
import { pageAfter, readAddress } from './cursor.ts';
import { partyRef } from './party-ref.ts';

const MOST_LISTED = 100;

/** Sums by token. */
function sumOf({ contracts }: Explore, lists: readonly (readonly Money[])[]): Money[] {
  return [contracts.dollar, contracts.trib]
    .map((token) => ({
      token,
      amount: lists.flat().reduce((sum, m) => (m.token === token ? sum + m.amount : sum), 0n),
    }))
    .filter((m) => m.amount > 0n);
}

export const address: Answerer<'address'> = async (ctx, { params, query }) => {
  const who = params.address;
  const { cursor, limit = DEFAULT_PAGE } = query;
  const found = (await listPositions(ctx.db, who)).flatMap((position) => {
    const node = ctx.book.get(position.account);
    return node ? [{ ...position, node }] : [];
  });
  const placeOf = (p: (typeof found)[number]) => p.node.row.registered;
  found.sort((a, b) => placeOf(b).blockNumber - placeOf(a).blockNumber || placeOf(b).logIndex - placeOf(a).logIndex);
  const { page, next } = pageAfter(found, (p) => p.account, readAddress(cursor), limit);
  const positions = await Promise.all(
    page.map(
      async (p): Promise<Position> => ({
        asset: refOf(ctx, p.account),
        owns: p.owns,
        shares: p.shares,
        sharePpm: p.node.row.shares === 0n ? 0 : Number((p.shares * PPM) / p.node.row.shares),
        claimable: await ctx.live.claimable(p.account, who, { holder: true, owner: p.owns }),
        claimed: moneyOf(ctx, p),
      }),
    ),
  );
  const open = positions.map((p) => p.claimable);
  const known = open.filter((money) => money !== null);
  const channels = await listChannels(ctx.db, { payer: who }, MOST_LISTED);
  const parties = await listParties(ctx.db, { owner: who, limit: MOST_LISTED });
  return {
    address: who,
    asset: ctx.book.refOf(who),
    parties: parties.rows.map(partyRef),
    positions,
    next,
    claimable: known.length === open.length ? sumOf(ctx, known) : null,
    claimed: sumOf(
      ctx,
      found.map((p) => moneyOf(ctx, p)),
    ),
    channels: channels.map(({ payer: _, ...channel }) => channel),
  };
};
