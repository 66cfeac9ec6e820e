import {
  type BatchPayment,
  type BatchPayments,
  encodeHeader,
  HEADER_PAYMENT_RESPONSE,
  HEADER_PAYMENT_SIGNATURE,
  refundedResponse,
  type X402Request,
  type X402Server,
} from '@tributary/payments';
import { type Address, type Curve, type Hex32, TributaryError } from '@tributary/protocol';
import type { Caller } from '@tributary/work';
import { random32 } from '../random.ts';
import type { Books } from './books.ts';
import { holdChannel, holdX402Channel, payByApiKey } from './pay-by-channel.ts';
import { payByTransfer, type TransferContext } from './pay-by-transfer.ts';
import type { Hold, Payer } from './payer.ts';
import { remoteOf } from './remote.ts';

export interface PayersDeps extends TransferContext {
  curve: Curve;
  books: Books;
  x402: X402Server;
  batch: BatchPayments;
  /** Base URL by which clients reach the gateway. */
  publicUrl(): string;
  findChannel(authorizer: Address): Promise<void>;
}

/** Finds out who pays for a request. A new way to pay is a file beside this one, and a line in `payerOf`. */
export interface Payers {
  /**
   * The payer of a request that costs at most `amount` base units; or the whole answer, where the request asks for its money
   * back. @throws 401, 402
   */
  payerOf(caller: Caller, bodyHash: Hex32, amount: bigint): Promise<Payer | { refunded: Record<string, string> }>;
  /** What `GET` on the paid resource does: a refund when one is asked for, else the offer. @throws 402 */
  withoutBody(caller: Caller, amount: bigint): Promise<{ refunded: Record<string, string> }>;
  /** Headers that belong to a refusal of this module. */
  headersOf(error: unknown): Record<string, string>;
}

/** An API key of ours in a request: in OpenAI's header, or in Anthropic's. */
export function apiKeyOf(caller: Pick<Caller, 'header'>): string | undefined {
  const bearer = /^Bearer\s+(trib_\S*)$/i.exec(caller.header('authorization') ?? '')?.[1];
  return bearer ?? /^trib_\S*$/.exec(caller.header('x-api-key') ?? '')?.[0];
}

export function createPayers(deps: PayersDeps): Payers {
  const { chainId, books, x402, batch } = deps;
  const refusals = new WeakMap<object, Record<string, string>>();

  /** Runs `work`; a 402 out of it gets the offers, and the channel's state where that is what the client lacks. */
  async function offering<T>(request: X402Request, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (TributaryError.is(error) && error.status === 402) {
        const { 'Content-Type': _, ...headers } = x402.refusal(request, error).headers;
        refusals.set(error, headers);
      }
      throw error;
    }
  }

  function describe(caller: Caller, amount: bigint, bodyHash?: Hex32): X402Request {
    return {
      header: caller.header(HEADER_PAYMENT_SIGNATURE.toLowerCase()),
      resource: {
        url: deps.publicUrl() + caller.path,
        description: 'Chat completions, paid for each answer',
        mimeType: 'application/json',
      },
      amount,
      requestId: random32(),
      from: remoteOf(caller),
      ...(bodyHash ? { bodyHash } : {}),
    };
  }

  async function refund(payment: Extract<BatchPayment, { kind: 'refund' }>) {
    const done = await batch.refund(payment);
    const response = refundedResponse(chainId, books.hub.channel(payment.channelId)!, done);
    return { refunded: { [HEADER_PAYMENT_RESPONSE]: encodeHeader(response) } };
  }

  function channelPayer(payment: Extract<BatchPayment, { kind: 'request' }>, described: X402Request): Payer {
    const { channelId, pay, deposit, requestId } = payment;
    const hold = (id: Hex32, amount: bigint): Promise<Hold> => {
      const reserve = { channelId, requestId: id, amount, pay };
      return offering(described, () =>
        pay.kind === 'sdk'
          ? holdChannel(books.hub, reserve)
          : holdX402Channel(books.hub, reserve, { chainId, deposit }),
      );
    };
    return { id: `channel ${channelId}`, proven: false, ...(requestId ? { requestId } : {}), hold };
  }

  return {
    async payerOf(caller, bodyHash, amount) {
      const apiKey = apiKeyOf(caller);
      // Official clients insist on some API key, so one that is not ours is no payment and no mistake.
      if (apiKey !== undefined && caller.header(HEADER_PAYMENT_SIGNATURE.toLowerCase()) === null) {
        return payByApiKey(apiKey, books.hub, deps.curve, deps.findChannel);
      }
      const described = describe(caller, amount, bodyHash);
      return offering(described, async () => {
        const { scheme, payment } = await x402.read(described);
        if (scheme === 'exact') {
          const payer = payByTransfer(payment, books, deps);
          return { ...payer, hold: (id: Hex32, most: bigint) => offering(described, () => payer.hold(id, most)) };
        }
        return payment.kind === 'refund' ? refund(payment) : channelPayer(payment, described);
      });
    },
    withoutBody(caller, amount) {
      const described = describe(caller, amount);
      return offering(described, async () => {
        const { scheme, payment } = await x402.read(described);
        if (scheme === 'batch' && payment.kind === 'refund') return refund(payment);
        if (scheme === 'exact') books.exact.release(payment);
        throw new TributaryError('payment_required', 'Send a POST request with the question.', { status: 402 });
      });
    },
    headersOf: (error) => (error !== null && typeof error === 'object' ? (refusals.get(error) ?? {}) : {}),
  };
}
