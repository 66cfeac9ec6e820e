import { decodeJson, HEADER_PAYMENT_REQUIRED } from '@tributary/payments/x402-headers';
import { Address, Amount, Hex32, SignatureHex, TributaryError } from '@tributary/protocol';
import { z } from 'zod';

/** What a gateway asks for one request in scheme `batch-settlement` (x402 v2), with what it knows of our channel. */
export const Offer = z.looseObject({
  scheme: z.literal('batch-settlement'),
  /** `eip155:<chainId>`. */
  network: z.string().regex(/^eip155:[1-9][0-9]{0,15}$/),
  /** The most this request may cost. */
  amount: Amount,
  asset: Address,
  payTo: Address,
  maxTimeoutSeconds: z.number().int().positive(),
  extra: z.looseObject({
    receiverAuthorizer: Address,
    withdrawDelay: z.number().int().nonnegative(),
    /** EIP-712 domain of the token. */
    name: z.string(),
    version: z.string(),
    channelState: z
      .looseObject({
        channelId: Hex32,
        chargedCumulativeAmount: Amount,
        balance: Amount.optional(),
        totalClaimed: Amount.optional(),
      })
      .optional(),
    voucherState: z.looseObject({ signedMaxClaimable: Amount, signature: SignatureHex }).optional(),
  }),
});
export type Offer = z.infer<typeof Offer>;

/** The decoded header `PAYMENT-REQUIRED` as far as a channel is concerned. `raw` is the offer as sent, to be echoed. */
export interface PaymentRequired {
  error: string;
  resource: unknown;
  offer: Offer;
  raw: Record<string, unknown>;
}

const Required = z.looseObject({
  x402Version: z.literal(2),
  error: z.string().optional(),
  resource: z.unknown().optional(),
  accepts: z.array(z.unknown()).max(32),
});

/** Reads the batch-settlement offer out of a 402 answer, or null when there is none that we understand. */
export function readPaymentRequired(headers: Headers): PaymentRequired | null {
  const required = Required.safeParse(decodeJson(headers.get(HEADER_PAYMENT_REQUIRED) ?? ''));
  if (!required.success) return null;
  for (const candidate of required.data.accepts) {
    const offer = Offer.safeParse(candidate);
    if (!offer.success) continue;
    return {
      error: required.data.error ?? '',
      resource: required.data.resource,
      offer: offer.data,
      raw: candidate as Record<string, unknown>,
    };
  }
  return null;
}

/** The chain an offer is for. */
export function chainIdOf(offer: Offer): number {
  return Number(offer.network.slice('eip155:'.length));
}

/** Throws `offer_changed` unless a newer offer names the same parties, token and chain as the one a channel was made for. */
export function checkSameTerms(known: Offer, now: Offer): void {
  const same =
    known.network === now.network &&
    known.asset === now.asset &&
    known.payTo === now.payTo &&
    known.extra.receiverAuthorizer === now.extra.receiverAuthorizer;
  if (same) return;
  throw new TributaryError('offer_changed', 'The gateway now asks to be paid at another address, token or chain.', {
    status: 402,
    hint: 'If that is expected, create the client anew and open a new channel; the old deposit can be withdrawn.',
  });
}
