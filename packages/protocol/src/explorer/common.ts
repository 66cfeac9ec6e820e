import { z } from 'zod';
import { Address, Hex32 } from '../hex.ts';
import { Amount } from '../money.ts';
import { ASSET_KINDS } from '../network.ts';

/** Parts that many answers of the explorer API share. `z.infer` has bigints, `z.input` is the JSON on the wire. */

/** Where on the chain a fact comes from. */
export const Place = z
  .object({
    txHash: Hex32,
    blockNumber: z.number().int().nonnegative(),
    logIndex: z.number().int().nonnegative(),
    time: z.number().int().nonnegative().describe('Unix seconds of the block.'),
  })
  .meta({ id: 'Place', description: 'Where on the chain a fact comes from.' });
export type Place = z.infer<typeof Place>;

/** An amount with its token; see `tokens` of the network facts for symbol and decimals. */
export const Money = z
  .object({ token: Address, amount: Amount })
  .meta({ id: 'Money', description: 'Base units of a token, as a decimal string.' });
export type Money = z.infer<typeof Money>;

/** Where a list goes on: opaque, taken from `next` of the answer before. */
export const Cursor = z
  .string()
  .regex(/^[0-9a-z][0-9a-z.-]{0,127}$/, 'expected a cursor as `next` gave it')
  .meta({ description: 'Where the list goes on: `next` of the answer before.' });

/** Cursor of the following page; null on the last one. */
export const Next = z.string().nullable().describe('Cursor of the following page; null on the last one.');

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 1_000;

/** A whole number in a query string. */
function count(most: number) {
  return z
    .string()
    .regex(/^[1-9][0-9]{0,5}$/, 'expected a whole number from 1')
    .transform(Number)
    .refine((n) => n <= most, `expected at most ${most}`);
}

/** Entries a page has at most. */
export const Limit = count(MAX_PAGE).meta({
  type: 'integer',
  minimum: 1,
  maximum: MAX_PAGE,
  default: DEFAULT_PAGE,
  description: 'Entries of a page, at most.',
});

/** Entries of a page that costs more: entries that are large, or whose figures are asked of the chain one by one. */
export const MAX_LIVE_PAGE = 200;
export const LiveLimit = count(MAX_LIVE_PAGE).meta({
  type: 'integer',
  minimum: 1,
  maximum: MAX_LIVE_PAGE,
  default: DEFAULT_PAGE,
  description: 'Entries of a page, at most.',
});

/** Query of a list. */
export const PageQuery = z.strictObject({ cursor: Cursor.optional(), limit: Limit.optional() });

export const Kind = z.enum(ASSET_KINDS);

/** Enough of an asset to name it and to link to it. */
export const AssetRef = z
  .object({
    account: Address,
    kind: Kind,
    name: z.string().describe('From its card; kind and shortened account where the card gives none.'),
  })
  .meta({ id: 'AssetRef' });
export type AssetRef = z.infer<typeof AssetRef>;

/** Enough of a party to name it and to link to it. */
export const PartyRef = z.object({ agentId: Amount, name: z.string() }).meta({ id: 'PartyRef' });
export type PartyRef = z.infer<typeof PartyRef>;

/** A number of days, dollars or stars as decimal text, sign allowed: `-12.5`. */
export const Decimal = z.string().regex(/^-?[0-9]+(\.[0-9]+)?$/);
