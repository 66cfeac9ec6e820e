import { z } from 'zod';
import { canonicalJson, sha256Hex } from './hash.ts';
import { Address, Hex32, SignatureHex } from './hex.ts';
import { Amount } from './money.ts';
import { Price } from './price.ts';
import { digestOf, domainSeparator, structHash, textHash } from './typed-data.ts';

/**
 * What a node publishes about one service at `GET {endpoint}/services/{account}`. The asset's URI on chain is that URL.
 * Money is a decimal string here: this is the wire form.
 */
export const ServiceCard = z.object({
  /** The service's account. */
  service: Address,
  agentId: Amount,
  chainId: z.number().int().positive(),
  /** Base URL of the node, without trailing slash. */
  endpoint: z.url().max(2048),
  /** Which expert answers: `library`, `abacus`, `guide`, `relay` or another one's name. */
  expert: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  model: z.object({
    /** What callers put into `model`, such as `tributary/library`. */
    id: z.string().min(1).max(256),
    name: z.string().max(256),
    description: z.string().max(4096),
    /** The model asset, which must be upstream of the service. */
    asset: Address,
    /** Digest of the weights or of the index and its settings. */
    digest: Hex32,
    contextTokens: z.number().int().positive(),
    maxOutputTokens: z.number().int().positive(),
  }),
  /** The provider's name for people and for `provider.only`. */
  provider: z.string().min(1).max(128),
  price: Price,
  /** What it takes: `chat` (`POST /v1/chat/completions`), `embeddings` (`POST /v1/embeddings`), or what a later version knows. */
  answers: z.array(z.string().max(32)).min(1).max(8).default(['chat']),
  /** Request fields beyond messages, stop-gap limits and framing that the service honours, e.g. `tools`, `temperature`. */
  supports: z.array(z.string().max(64)).max(64),
  deterministic: z.boolean(),
  /** X25519 public key to which private questions are sealed. */
  sealKey: Hex32.optional(),
  /** What the router may look at, by expert; see models/routing. Not trusted, only used for ranking. */
  hints: z.record(z.string(), z.unknown()).default({}),
  /** Unix seconds. */
  issuedAt: z.number().int().nonnegative(),
});
export type ServiceCard = z.infer<typeof ServiceCard>;
/** The card in its JSON form, with amounts as strings. */
export type ServiceCardJson = z.input<typeof ServiceCard>;

/** A card and the signature of the provider's agentWallet over `cardDigest`. */
export const SignedServiceCard = z.object({ card: z.unknown(), signature: SignatureHex });
export type SignedServiceCard = z.infer<typeof SignedServiceCard>;

const CARD_TYPEHASH = textHash('ServiceCard(bytes32 contentHash)');

/** What the provider signs: the hash of the card's canonical JSON exactly as served. */
export function cardDigest(card: unknown, chainId: number, receiptLog: Address): Uint8Array {
  const domain = domainSeparator('Tributary', '1', chainId, receiptLog);
  return digestOf(domain, structHash(CARD_TYPEHASH, [sha256Hex(canonicalJson(card))]));
}
