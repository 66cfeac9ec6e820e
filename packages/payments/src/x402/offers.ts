import type { TokenDomain } from '@tributary/chain';
import type { Address } from '@tributary/protocol';
import type { PaymentPayload, PaymentRequired, Requirements, Resource } from './schemas.ts';
import { X402_VERSION } from './schemas.ts';

/** What a gateway asks for, the same for every request. */
export interface OfferTerms {
  token: TokenDomain;
  payTo: Address;
  receiverAuthorizer: Address;
  withdrawDelaySeconds: number;
  /** How long a payment may take. Default 600. */
  maxTimeoutSeconds?: number;
  /** First deposit asked for, as a multiple of the price. Default 10. */
  depositFactor?: bigint;
  /** Least transfer, base units: it has to be worth its own settlement. Default 0. */
  minTransfer?: bigint;
  /** Least deposit that the gateway brings to the chain, base units. Default 0. */
  minDeposit?: bigint;
}

const TIMEOUT_SECONDS = 600;
const DEPOSIT_FACTOR = 10n;

export function networkOf(chainId: number): string {
  return `eip155:${chainId}`;
}

/** The offers for a request that costs at most `amount` base units: by channel, and by one transfer. */
export function offersFor(terms: OfferTerms, amount: bigint): { batch: Requirements; exact: Requirements } {
  const { token, payTo, receiverAuthorizer, withdrawDelaySeconds } = terms;
  const common = {
    network: networkOf(token.chainId),
    amount: amount.toString(),
    asset: token.token,
    payTo,
    maxTimeoutSeconds: terms.maxTimeoutSeconds ?? TIMEOUT_SECONDS,
  };
  const domain = { name: token.name, version: token.version };
  const minDeposit = max(amount * (terms.depositFactor ?? DEPOSIT_FACTOR), terms.minDeposit ?? 0n).toString();
  return {
    batch: {
      scheme: 'batch-settlement',
      ...common,
      extra: { ...domain, receiverAuthorizer, withdrawDelay: withdrawDelaySeconds, minDeposit },
    },
    exact: { scheme: 'exact', ...common, amount: max(amount, terms.minTransfer ?? 0n).toString(), extra: domain },
  };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The body of header `PAYMENT-REQUIRED`. */
export function paymentRequired(error: string, resource: Resource, accepts: Requirements[]): PaymentRequired {
  return { x402Version: X402_VERSION, error, resource, accepts };
}

/** What depends on the request's quote; our SDK reserves by an earlier quote and is held to its reservation instead. */
const QUOTED = new Set(['amount', 'minDeposit']);

/** The offer that a payment takes: every field of the offer is equal in `accepted`; more `extra` fields are allowed. */
export function matchOffer(payment: PaymentPayload, accepts: readonly Requirements[]): Requirements | null {
  const { accepted } = payment;
  const reserved = accepted.scheme === 'batch-settlement' && payment.extensions?.tributary !== undefined;
  const fits = (k: string, v: unknown, taken: unknown) => (reserved && QUOTED.has(k)) || same(v, taken);
  return (
    accepts.find(
      (offer) =>
        Object.entries(offer).every(([k, v]) => k === 'extra' || fits(k, v, accepted[k])) &&
        Object.entries(offer.extra).every(([k, v]) => fits(k, v, accepted.extra[k])),
    ) ?? null
  );
}

/** Equal values; hex without regard to case, because clients write addresses with checksums. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string' && a.startsWith('0x')) return a.toLowerCase() === b.toLowerCase();
  if (typeof a === 'object' || typeof b === 'object') return JSON.stringify(a) === JSON.stringify(b);
  return a === b;
}
