import { listEvents, listParties, receiptById } from '@tributary/ledger';
import type { Address, Hex32 } from '@tributary/protocol';
import type { SearchResult } from '@tributary/protocol/explorer';
import { type AssetNode, shortened } from './book.ts';
import type { Answerer, Explore, Given } from './context.ts';
import { partyRef } from './party-ref.ts';

const DEFAULT_RESULTS = 20;
/** Digits of an id from which on its beginning is looked for. */
const LEAST_PREFIX = 4;

function assetResult({ asset, model }: AssetNode): SearchResult {
  return {
    type: asset.kind === 'service' ? 'service' : 'asset',
    id: asset.account,
    title: asset.name,
    detail: [asset.kind, model, shortened(asset.account)].filter(Boolean).join(' · '),
  };
}

/** How well a text fits: 0 not at all; the name counts most. */
function scoreOf({ asset, model }: AssetNode, text: string): number {
  const name = asset.name.toLowerCase();
  if (name === text || model.toLowerCase() === text) return 5;
  if (name.startsWith(text)) return 4;
  if (name.includes(` ${text}`) || model.toLowerCase().includes(text)) return 3;
  if (name.includes(text)) return 2;
  return asset.description.toLowerCase().includes(text) ? 1 : 0;
}

async function byWords(ctx: Explore, text: string, limit: number): Promise<SearchResult[]> {
  const scored = ctx.book
    .all()
    .map((node) => ({ node, score: scoreOf(node, text) }))
    .filter((s) => s.score > 0)
    .sort((a, b) => b.score - a.score);
  const parties = await listParties(ctx.db, { text, limit });
  return [...scored.slice(0, limit).map((s) => assetResult(s.node)), ...parties.rows.map(partyResult)];
}

function partyResult(party: { agentId: bigint; name: string; owner: Address }): SearchResult {
  const { agentId, name } = partyRef(party);
  return { type: 'party', id: String(agentId), title: name, detail: `party ${agentId} · ${shortened(party.owner)}` };
}

async function byAddress(ctx: Explore, address: Address): Promise<SearchResult[]> {
  const node = ctx.book.get(address);
  const other: SearchResult = { type: 'address', id: address, title: shortened(address), detail: 'address' };
  return node ? [assetResult(node), other] : [other];
}

async function byHash(ctx: Explore, hash: Hex32, given: Given): Promise<SearchResult[]> {
  const results: SearchResult[] = [];
  const stored = given.receipt ? { receiptHash: given.receipt.payment.receiptHash } : await receiptById(ctx.db, hash);
  if (stored) {
    const { receiptHash } = stored;
    results.push({ type: 'receipt', id: receiptHash, title: `receipt ${shortened(receiptHash)}`, detail: receiptHash });
  }
  const blockNumber = results.length > 0 ? null : await ctx.live.blockOf(hash);
  if (blockNumber !== null) {
    const { rows } = await listEvents(ctx.db, ctx.contracts, { transaction: { txHash: hash, blockNumber } }, 1);
    if (rows.length > 0) {
      const detail = `block ${blockNumber}`;
      results.push({ type: 'transaction', id: hash, title: `transaction ${shortened(hash)}`, detail });
    }
  }
  return results;
}

async function byNumber(ctx: Explore, text: string): Promise<SearchResult[]> {
  const { rows } = await listParties(ctx.db, { agentIds: [BigInt(text)], limit: 1 });
  return rows.map(partyResult);
}

export const search: Answerer<'search'> = async (ctx, { query }, given) => {
  const { limit = DEFAULT_RESULTS } = query;
  const text = query.q.toLowerCase();
  const results: SearchResult[] = [];
  if (/^0x[0-9a-f]{40}$/.test(text)) results.push(...(await byAddress(ctx, text as Address)));
  else if (/^0x[0-9a-f]{64}$/.test(text)) results.push(...(await byHash(ctx, text as Hex32, given)));
  else {
    if (/^[0-9]{1,38}$/.test(text)) results.push(...(await byNumber(ctx, text)));
    if (/^0x[0-9a-f]+$/.test(text) && text.length >= 2 + LEAST_PREFIX) {
      results.push(
        ...ctx.book
          .all()
          .filter((n) => n.row.account.startsWith(text))
          .map(assetResult),
      );
    }
    results.push(...(await byWords(ctx, text, limit)));
  }
  return { results: results.slice(0, limit) };
};
