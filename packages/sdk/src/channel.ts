import { encodeHeader } from '@tributary/payments/x402-headers';
import {
  Address,
  ChannelConfig,
  type ChannelDigests,
  type Curve,
  channelDigests,
  fromHex,
  type Hex,
  Hex32,
  noble,
  sameHex,
  sha256Hex,
  TributaryError,
  toHex,
} from '@tributary/protocol';
import { z } from 'zod';
import { createPayerBook, type PayerBook } from './payer-book.ts';
import type { PaymentRequired } from './x402.ts';

/** Seconds for which a gateway may start to work on a signed request. */
const RESERVATION_SECONDS = 300;
/** Longest a gateway may then take: after both a lost request cannot be charged any more. */
const LONGEST_ANSWER_SECONDS = 600;

/** Everything needed to go on with a channel later. `key` is secret: it can promise the whole deposit, to this receiver. */
export const ChannelSession = z.object({
  chainId: z.number().int().positive(),
  /** The `Channels` contract. */
  channels: Address,
  config: ChannelConfig,
  /** Private key of `config.payerAuthorizer`. */
  key: Hex32,
});
export type ChannelSession = z.infer<typeof ChannelSession>;

/** One payment channel in use. One at a time per session: two would sign without knowing of each other. */
export interface Channel {
  readonly channelId: Hex32;
  readonly session: ChannelSession;
  readonly book: PayerBook;
  /** Reserves `amount` for a request and signs for it. Returns the request's id and its `PAYMENT-SIGNATURE` header. */
  pay(required: PaymentRequired, body: Uint8Array, amount: bigint): { requestId: Hex32; header: string };
  /** True until the gateway has told its total: a channel that was used before has a history this book does not know. */
  readonly mustCatchUp: boolean;
  /** A payment that no gateway can take, because it promises nothing new: its refusal shows where the channel stands. */
  probe(required: PaymentRequired): string;
  /** Gives up on a request whose fate is unknown: it stays open until it can no longer be charged. */
  lose(requestId: Hex32): void;
  /** Takes over the gateway's total from a corrective 402. Returns false when the 402 shows none. */
  correct(required: PaymentRequired, claimed: bigint): boolean;
}

const seconds = () => Math.floor(Date.now() / 1000);

export interface ChannelOptions {
  /** Balance of the channel on chain, base units. */
  deposit: bigint;
  /** Total charged before; the chain's `totalClaimed` when nothing better is known. */
  charged: bigint;
  maxOpenAmount: bigint;
  /** True for a channel that was opened just now: nothing can have been promised on it. */
  isNew?: boolean;
  curve?: Curve;
  /** Unix seconds; default: the system's clock. */
  now?: () => number;
}

/** Takes a channel into use. Throws `session_key_mismatch` when the key is not the channel's payerAuthorizer. */
export function createChannel(session: ChannelSession, options: ChannelOptions): Channel {
  const { now = seconds, curve = noble } = options;
  const digests = channelDigests(session.chainId, session.channels);
  const key = fromHex(session.key);
  if (!sameHex(curve.addressOf(key), session.config.payerAuthorizer)) {
    throw new TributaryError('session_key_mismatch', "The session key is not the channel's payerAuthorizer.", {
      hint: 'Use the key that was saved when the channel was opened.',
    });
  }
  const channelId = digests.channelId(session.config);
  const book = createPayerBook(options);
  let mustCatchUp = options.isNew !== true;

  function headerOf(
    required: PaymentRequired,
    ceiling: bigint,
    accepted: Record<string, unknown>,
    more: object,
  ): string {
    const voucher = {
      channelId,
      maxClaimableAmount: ceiling.toString(),
      signature: curve.sign(digests.voucher(channelId, ceiling), key),
    };
    const payload = { type: 'voucher', channelConfig: session.config, voucher };
    return encodeHeader({ x402Version: 2, resource: required.resource, accepted, payload, ...more });
  }

  return {
    channelId,
    session,
    book,
    pay(required, body, amount) {
      const requestId = toHex(crypto.getRandomValues(new Uint8Array(32)));
      const ceiling = book.reserve(requestId, amount, now());
      const expiresAt = now() + RESERVATION_SECONDS;
      const reservation = signReservation(digests, curve, key, {
        channelId,
        requestId,
        bodyHash: sha256Hex(body),
        amount,
        expiresAt,
      });
      const accepted = { ...withoutState(required.raw), amount: amount.toString() };
      const header = headerOf(required, ceiling, accepted, { extensions: { tributary: { reservation } } });
      return { requestId, header };
    },
    get mustCatchUp() {
      return mustCatchUp;
    },
    probe: (required) => headerOf(required, options.charged, withoutState(required.raw), {}),
    lose(requestId) {
      book.lose(requestId, now() + RESERVATION_SECONDS + LONGEST_ANSWER_SECONDS);
    },
    correct({ offer }, claimed) {
      const { channelState, voucherState } = offer.extra;
      if (!channelState || !sameHex(channelState.channelId, channelId)) return false;
      const total = channelState.chargedCumulativeAmount;
      let shown = book.state().signed;
      if (voucherState) {
        // A voucher from before this session may be higher than what this book remembers; only our own signature counts.
        const { signedMaxClaimable, signature } = voucherState;
        const signer = curve.recover(digests.voucher(channelId, signedMaxClaimable), signature);
        const ours = signer !== null && sameHex(signer, session.config.payerAuthorizer);
        if (ours && signedMaxClaimable > shown) shown = signedMaxClaimable;
      }
      book.adopt(total, shown, claimed);
      mustCatchUp = false;
      return true;
    },
  };
}

function signReservation(
  digests: ChannelDigests,
  curve: Curve,
  key: Uint8Array,
  r: { channelId: Hex32; requestId: Hex32; bodyHash: Hex32; amount: bigint; expiresAt: number },
): { requestId: Hex32; bodyHash: Hex32; amount: string; expiresAt: number; signature: Hex } {
  const { requestId, bodyHash, expiresAt } = r;
  return {
    requestId,
    bodyHash,
    amount: r.amount.toString(),
    expiresAt,
    signature: curve.sign(digests.reservation(r), key),
  };
}

/** An offer as it is echoed: without what the gateway told of our channel. */
function withoutState(raw: Record<string, unknown>): Record<string, unknown> {
  const { channelState, voucherState, ...extra } = (raw.extra ?? {}) as Record<string, unknown>;
  return { ...raw, extra };
}
