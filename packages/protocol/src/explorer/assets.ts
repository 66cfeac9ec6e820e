import { z } from 'zod';
import { Address } from '../hex.ts';
import { Amount } from '../money.ts';
import { AssetRef, Cursor, Kind, Limit, LiveLimit, Money, Next, PartyRef, Place } from './common.ts';
import { Service } from './services.ts';

const Ppm = z.number().int().min(0).max(1_000_000);

/** What an account earned in one token over its life, from the token's own transfers. */
export const Earnings = z
  .object({
    token: Address,
    received: Amount.describe('Everything that ever arrived.'),
    passedOn: Amount.describe('Sent on to the assets upstream.'),
    paidOut: Amount.describe('Sent to share holders and owner.'),
    waiting: Amount.describe('What is left: for upstream at the next flush, for holders at their next claim.'),
  })
  .meta({ id: 'Earnings', description: 'What an asset earned in one token. received = passedOn + paidOut + waiting.' });
export type Earnings = z.infer<typeof Earnings>;

/** An asset as lists and the graph show it. Tokens in which nothing ever moved are left out of `earnings`. */
export const Asset = AssetRef.extend({
  description: z.string().describe('From its card, at most 280 characters; empty where there is none.'),
  owner: Address,
  duesPpm: Ppm.describe('Least ppm that anything built on it must pay it.'),
  shares: Amount.describe('All shares there are now, 18 decimals; 0: revenue is the owner’s.'),
  holders: z.number().int().nonnegative().describe('How many hold shares now.'),
  earnings: z.array(Earnings),
  registered: Place,
}).meta({ id: 'Asset' });
export type Asset = z.infer<typeof Asset>;

export const AssetsQuery = z.strictObject({
  kind: Kind.optional(),
  owner: Address.optional(),
  upstream: Address.optional().describe('Only assets that name this one as upstream.'),
  cursor: Cursor.optional(),
  limit: Limit.optional(),
});
/** Newest first. */
export const AssetsPage = z.object({ assets: z.array(Asset), next: Next }).meta({ id: 'AssetsPage' });
export type AssetsPage = z.infer<typeof AssetsPage>;

/** Money goes up an edge: `from` earns, `to` is upstream of it and gets `weightPpm` of that. */
export const GraphEdge = z
  .object({
    from: Address.describe('The asset that passes money on.'),
    to: Address.describe('Its upstream, which receives it.'),
    weightPpm: Ppm,
    flowed: z.array(Money).describe('What ever went along the edge.'),
    last: Place.nullable().describe('The newest transfer along it.'),
  })
  .meta({ id: 'GraphEdge' });
export type GraphEdge = z.infer<typeof GraphEdge>;

export const GraphQuery = z.strictObject({
  since: Cursor.optional().describe('`next` of an earlier answer: only what changed since comes.'),
});
/**
 * All assets and who feeds whom. With `since`, only nodes and edges that are new or changed, each with its whole new
 * figures, to be put in place of the old ones.
 */
export const Graph = z
  .object({
    nodes: z.array(Asset),
    edges: z.array(GraphEdge),
    reset: z.boolean().describe('True: forget what you know, this is everything.'),
    next: z.string().describe('Pass it as `since` to get what changes from here on.'),
  })
  .meta({ id: 'Graph' });
export type Graph = z.infer<typeof Graph>;

/** An asset at the other end of an edge. */
export const Neighbour = z
  .object({ asset: AssetRef, weightPpm: Ppm, flowed: z.array(Money), last: Place.nullable() })
  .meta({ id: 'Neighbour' });
export type Neighbour = z.infer<typeof Neighbour>;

/** Somebody with a right to an account's revenue. */
export const Holder = z
  .object({
    holder: Address,
    role: z.enum(['holder', 'owner']).describe('The owner has the revenue of the time without shares.'),
    shares: Amount,
    sharePpm: Ppm.describe('Part of all shares, rounded down.'),
    claimable: z.array(Money).nullable().describe('What can be claimed now; null when the chain does not answer.'),
    claimed: z.array(Money).describe('What was ever paid out.'),
  })
  .meta({ id: 'Holder' });
export type Holder = z.infer<typeof Holder>;

export const HoldersQuery = z.strictObject({ cursor: Cursor.optional(), limit: LiveLimit.optional() });
/** Most shares first. */
export const HoldersPage = z.object({ holders: z.array(Holder), next: Next }).meta({ id: 'HoldersPage' });
export type HoldersPage = z.infer<typeof HoldersPage>;

/** Everything about one asset but its lists, which have pages of their own: holders, revenue, events. */
export const AssetDetail = Asset.extend({
  creator: Address,
  uri: z.string().describe('Where its card is, as the chain has it.'),
  card: z
    .unknown()
    .describe('The card as its owner wrote it; null when it was not read. Not checked: its owner’s words.'),
  minter: Address.nullable().describe('Contract that may mint shares; null: their number is fixed.'),
  cap: Amount.describe('The most shares there can ever be.'),
  upstream: z.array(Neighbour),
  downstream: z
    .array(Neighbour)
    .describe('At most 100, those that paid last first; `GET /tributary/assets?upstream=` has all.'),
  downstreamCount: z.number().int().nonnegative(),
  obligations: z
    .array(z.object({ asset: AssetRef, duePpm: Ppm, flowPpm: Ppm.describe('What reaches it, over all paths.') }))
    .nullable()
    .describe('Ancestors with dues that its revenue must reach; null when the chain does not answer.'),
  party: PartyRef.nullable().describe('The identity of its owner, if there is one.'),
  service: Service.nullable().describe('Only for services that this gateway can ask.'),
}).meta({ id: 'AssetDetail' });
export type AssetDetail = z.infer<typeof AssetDetail>;

export const RevenueQuery = z.strictObject({
  bucket: z.enum(['minute', 'hour', 'day', 'week']).optional().describe('Length of a bucket; `hour` when left out.'),
  from: z
    .string()
    .regex(/^[0-9]{1,12}$/, 'expected Unix seconds')
    .transform(Number)
    .optional()
    .meta({ type: 'integer', description: 'Unix seconds; the newest 500 buckets when left out.' }),
});
/** What an asset earned over time. Buckets in which nothing moved are left out; they start at multiples of their length. */
export const Revenue = z
  .object({
    bucketSeconds: z.number().int().positive(),
    buckets: z
      .array(
        z.object({
          start: z.number().int().nonnegative().describe('Unix seconds.'),
          token: Address,
          received: Amount,
          passedOn: Amount,
          paidOut: Amount,
        }),
      )
      .describe('Oldest first.'),
  })
  .meta({ id: 'Revenue' });
export type Revenue = z.infer<typeof Revenue>;
