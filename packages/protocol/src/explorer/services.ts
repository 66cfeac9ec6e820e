import { z } from 'zod';
import { Address } from '../hex.ts';
import { Amount } from '../money.ts';
import { Price } from '../price.ts';
import { ServiceCard } from '../service-card.ts';
import { AssetRef, Cursor, Decimal, Limit, Next, PartyRef, Place } from './common.ts';

/** What raters say on chain about a party (ERC-8004). Anyone may rate: it is worth what the raters are worth. */
export const FeedbackSummary = z
  .object({
    count: z.number().int().nonnegative().describe('Ratings that are not revoked.'),
    raters: z.number().int().nonnegative(),
    byTag: z
      .array(z.object({ tag: z.string(), count: z.number().int().positive(), average: Decimal }))
      .describe('By first tag, most used first, at most 16; tags have units of their own.'),
  })
  .meta({ id: 'FeedbackSummary' });
export type FeedbackSummary = z.infer<typeof FeedbackSummary>;

/** How a service did, as this gateway saw it since it started. */
export const Observed = z
  .object({
    since: z.number().int().nonnegative().describe('Unix seconds: the start of this gateway.'),
    calls: z.number().int().nonnegative().describe('Attempts that ended, well or not.'),
    failed: z.number().int().nonnegative().describe('Those that failed by the service’s fault.'),
    successPpm: z.number().int().min(0).max(1_000_000).nullable().describe('null before the first call.'),
    latencyMs: z
      .object({ p50: z.number().nonnegative(), p95: z.number().nonnegative(), samples: z.number().int().positive() })
      .nullable()
      .describe('Question to end of answer, over the newest good answers (at most 512).'),
    firstTokenMs: z.number().nonnegative().nullable().describe('Moving average.'),
    tokensPerSecond: z.number().nonnegative().nullable().describe('Moving average.'),
    inFlight: z.number().int().nonnegative(),
  })
  .meta({ id: 'Observed' });
export type Observed = z.infer<typeof Observed>;

/** A service that this gateway can ask. */
export const Service = z
  .object({
    service: Address,
    name: z.string(),
    model: z.string().describe('What callers put into `model`.'),
    card: ServiceCard.describe('As its provider signed it.'),
    price: Price.describe('What callers pay: the provider’s price with the gateway’s fee.'),
    agentWallet: Address.describe('Who signs its receipts.'),
    party: PartyRef,
    madeFrom: z.array(AssetRef).describe('Its upstream: the device it runs on, the model it serves.'),
    available: z.boolean(),
    unavailable: z.string().nullable().describe('Why it is not asked at the moment.'),
    observed: Observed,
    paid: z
      .object({
        answers: z.number().int().nonnegative(),
        earned: Amount.describe('Dollars promised by receipts, base units.'),
        last: z.number().int().nonnegative().nullable().describe('Unix seconds of the newest receipt.'),
      })
      .describe('From the receipts of this gateway, all time.'),
    quality: FeedbackSummary.nullable().describe('Ratings of its party; null: nobody has rated it.'),
  })
  .meta({ id: 'Service' });
export type Service = z.infer<typeof Service>;

export const ServicesQuery = z.strictObject({
  model: z.string().min(1).max(256).optional(),
  sort: z.enum(['calls', 'price', 'latency', 'success']).optional().describe('In order of first sight when left out.'),
  cursor: Cursor.optional(),
  limit: Limit.optional(),
});
export const ServicesPage = z.object({ services: z.array(Service), next: Next }).meta({ id: 'ServicesPage' });
export type ServicesPage = z.infer<typeof ServicesPage>;

/** A party: an ERC-8004 identity, and what its owner has. */
export const Party = PartyRef.extend({
  description: z.string(),
  owner: Address,
  wallet: Address.nullable().describe('Signs for the party; null when unset.'),
  uri: z.string().describe('Where its registration file is, as the chain has it.'),
  services: z.array(AssetRef).describe('At most 100.'),
  devices: z.array(AssetRef).describe('At most 100.'),
  feedback: FeedbackSummary,
  registered: Place,
}).meta({ id: 'Party' });
export type Party = z.infer<typeof Party>;

/** Newest first. */
export const PartiesPage = z.object({ parties: z.array(Party), next: Next }).meta({ id: 'PartiesPage' });
export type PartiesPage = z.infer<typeof PartiesPage>;

export const Feedback = z
  .object({
    client: Address,
    index: z.number().int().positive().describe('Counts this client’s ratings of this party.'),
    value: Decimal,
    tag1: z.string(),
    tag2: z.string(),
    endpoint: z.string(),
    uri: z.string(),
    revoked: z.boolean(),
    place: Place,
  })
  .meta({ id: 'Feedback' });
export type Feedback = z.infer<typeof Feedback>;

export const PartyDetail = Party.extend({
  file: z.unknown().describe('The registration file; null when it was not read. Not checked: its owner’s words.'),
  assets: z.array(AssetRef).describe('Everything else its owner has, at most 100.'),
  latestFeedback: z.array(Feedback).describe('Newest first, at most 20.'),
}).meta({ id: 'PartyDetail' });
export type PartyDetail = z.infer<typeof PartyDetail>;
