import { type Hex32, TributaryError } from '@tributary/protocol';
import type { HubBook } from '../hub-types.ts';
import type { RateLimit } from '../rate-limit.ts';
import { x402Reason } from '../refusals.ts';
import { type BatchPayment, type BatchPayments, parseBatchPayload } from './batch.ts';
import type { ExactPayment, ExactPayments } from './exact-types.ts';
import { decodePaymentSignature, encodeHeader, HEADER_PAYMENT_REQUIRED } from './headers.ts';
import { matchOffer, type OfferTerms, offersFor, paymentRequired } from './offers.ts';
import { corrective } from './responses.ts';
import { type PaymentPayload, type PaymentRequired, type Resource, X402_VERSION } from './schemas.ts';

/** What a request's payment header leads to. */
export type X402Payment = { scheme: 'exact'; payment: ExactPayment } | { scheme: 'batch'; payment: BatchPayment };

/** The answer to a request that is not paid (or not well): status 402, body `{}`. */
export interface X402Refusal {
  status: 402;
  headers: Record<string, string>;
  required: PaymentRequired;
}

export interface X402Options {
  terms: OfferTerms;
  hub: HubBook;
  batch: BatchPayments;
  exact: ExactPayments;
  /** By `X402Request.from`: payments that made us read the chain and were good for nothing. Default: no limit. */
  failures?: RateLimit;
}

export interface X402Request {
  /** Header `PAYMENT-SIGNATURE`, or null when there is none. */
  header: string | null;
  resource: Resource;
  /** The most the request may cost, base units. */
  amount: bigint;
  /** For `exact`: names the payment in the books. */
  requestId: Hex32;
  /** SHA-256 of the request's body. */
  bodyHash?: Hex32;
  /** Where the request came from: whose failures are counted. */
  from?: string;
}

/** The x402 v2 door: from a header to a payment that the books know, or to the 402 that says what is wanted. */
export interface X402Server {
  /** The payment of a request. Throws `TributaryError`, 429 after too many failures; `refusal` makes the answer of a 402. */
  read(request: X402Request): Promise<X402Payment>;
  /** The 402 for an error, with the channel's state when that is what the client lacks. */
  refusal(request: X402Request, error: TributaryError): X402Refusal;
}

/** `code` when there is no payment header; the answer is the offer. */
const MISSING = 'payment_required';

export function createX402Server({ terms, hub, batch, exact, failures }: X402Options): X402Server {
  function accepts(amount: bigint) {
    const offers = offersFor(terms, amount);
    return [offers.batch, offers.exact];
  }

  return {
    async read({ header, amount, requestId, bodyHash, from }) {
      const payment = header === null ? null : decodePaymentSignature(header);
      if (!payment) throw missing('Payment required');
      if (payment.x402Version !== X402_VERSION) throw missing(`Unsupported x402 version: ${payment.x402Version}`);
      const offer = matchOffer(payment, accepts(amount));
      if (!offer) throw belowMinimum(payment, terms) ?? missing('No matching payment requirements');
      let isCounted = false;
      const beforeChain = () => {
        if (from === undefined || isCounted) return;
        failures?.take(from);
        isCounted = true;
      };
      const paid: X402Payment =
        offer.scheme === 'exact'
          ? { scheme: 'exact', payment: await exact.verify(payment, offer, requestId, beforeChain) }
          : { scheme: 'batch', payment: await batch.accept(payment, offer, bodyHash, beforeChain) };
      if (from !== undefined && isCounted) failures?.giveBack(from);
      return paid;
    },
    refusal({ header, resource, amount }, error) {
      const text = error.code === MISSING ? error.message : x402Reason(error);
      let required = paymentRequired(text, resource, accepts(amount));
      if (error.code === 'cumulative_amount_mismatch') {
        const channel = channelIn(header && decodePaymentSignature(header), hub);
        if (channel) required = corrective(required, channel);
      }
      const headers = {
        [HEADER_PAYMENT_REQUIRED]: encodeHeader(required),
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
      };
      return { status: 402, headers, required };
    },
  };
}

/** The refusal of a transfer that is smaller than any is taken. */
function belowMinimum({ accepted }: PaymentPayload, { minTransfer = 0n }: OfferTerms): TributaryError | null {
  const { scheme, amount } = accepted;
  if (scheme !== 'exact' || !/^\d+$/.test(amount) || BigInt(amount) >= minTransfer) return null;
  return new TributaryError(
    'exact_below_minimum',
    `A transfer is of at least ${minTransfer} base units, this one is of ${amount}.`,
    { status: 402, hint: 'Take the offer of scheme exact as it is made, or pay by a channel.' },
  );
}

function missing(message: string): TributaryError {
  return new TributaryError(MISSING, message, {
    status: 402,
    hint: 'Pay by x402, by an API key, or by a channel of our SDK.',
  });
}

function channelIn(payment: PaymentPayload | null | '', hub: HubBook) {
  if (!payment) return undefined;
  try {
    return hub.channel(parseBatchPayload(payment.payload).voucher.channelId);
  } catch {
    return undefined;
  }
}
