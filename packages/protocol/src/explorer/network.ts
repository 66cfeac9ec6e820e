import { z } from 'zod';
import { Address, Hex32 } from '../hex.ts';
import { Amount } from '../money.ts';
import { ASSET_KINDS, Contracts } from '../network.ts';
import { AssetRef, Cursor, LiveLimit, Money, Next, PartyRef } from './common.ts';

/** The network behind this gateway. */
export const NetworkFacts = z
  .object({
    chainId: z.number().int().positive(),
    contracts: Contracts,
    rpc: z.url().optional().describe('Left out where it must not be shown.'),
    gateway: Address.describe('Who is paid by payers’ channels.'),
    url: z.string(),
    feePpm: Amount.describe('What the gateway adds to a service’s price.'),
    tokens: z.array(
      z.object({ address: Address, symbol: z.string(), name: z.string(), decimals: z.number().int().nonnegative() }),
    ),
  })
  .meta({ id: 'NetworkFacts' });
export type NetworkFacts = z.infer<typeof NetworkFacts>;

/** Sums over the whole network, and how far the tables behind this API have followed the chain. */
export const Totals = z
  .object({
    head: z.object({ blockNumber: z.number().int(), time: z.number().int() }).nullable(),
    assets: z.record(z.enum(ASSET_KINDS), z.number().int().nonnegative()),
    parties: z.number().int().nonnegative(),
    receipts: z.number().int().nonnegative().describe('Answers settled by this gateway.'),
    claims: z.number().int().nonnegative(),
    earned: z.array(Money).describe('What came to assets from outside, through channels or directly.'),
    paidOut: z.array(Money).describe('What share holders and owners took.'),
  })
  .meta({ id: 'Totals' });
export type Totals = z.infer<typeof Totals>;

/** An asset that an address owns or holds shares of. */
export const Position = z
  .object({
    asset: AssetRef,
    owns: z.boolean().describe('Controls the asset.'),
    shares: Amount,
    sharePpm: z.number().int().min(0).max(1_000_000),
    claimable: z.array(Money).nullable().describe('What it can claim now; null when the chain does not answer.'),
    claimed: z.array(Money).describe('What it was ever paid.'),
  })
  .meta({ id: 'Position' });
export type Position = z.infer<typeof Position>;

/** A channel that an address pays from. */
export const Channel = z
  .object({
    channelId: Hex32,
    receiver: Address,
    token: Address,
    deposited: Amount.describe('Everything ever deposited.'),
    claimed: Amount,
    returned: Amount.describe('Refunded or withdrawn.'),
  })
  .meta({ id: 'Channel' });
export type Channel = z.infer<typeof Channel>;

export const AddressQuery = z.strictObject({ cursor: Cursor.optional(), limit: LiveLimit.optional() });
/** What an address has and earns. Its history is `GET /tributary/events?address=`. */
export const AddressFacts = z
  .object({
    address: Address,
    asset: AssetRef.nullable().describe('When the address is itself an asset’s account.'),
    parties: z.array(PartyRef).describe('Identities it owns, at most 100.'),
    positions: z.array(Position).describe('Newest asset first.'),
    next: Next,
    claimable: z.array(Money).nullable().describe('Sum over the positions of this page.'),
    claimed: z.array(Money).describe('Sum over all positions, all time.'),
    channels: z.array(Channel).describe('Those it pays from, newest first, at most 100.'),
  })
  .meta({ id: 'AddressFacts' });
export type AddressFacts = z.infer<typeof AddressFacts>;

export const SearchQuery = z.strictObject({
  q: z.string().trim().min(1).max(128).describe('Words of a name or description, or the beginning of an id.'),
  limit: LiveLimit.optional(),
});
/** `id` is what the type's own path takes: an account, agentId, receipt hash, address or transaction hash. */
export const SearchResult = z
  .object({
    type: z.enum(['asset', 'service', 'party', 'receipt', 'address', 'transaction']),
    id: z.string(),
    title: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'SearchResult' });
export type SearchResult = z.infer<typeof SearchResult>;
/** Best first. */
export const SearchResults = z.object({ results: z.array(SearchResult) }).meta({ id: 'SearchResults' });
export type SearchResults = z.infer<typeof SearchResults>;
