import { channels, type TokenDomain } from '@tributary/chain';
import {
  type Address,
  type ChannelConfig,
  type ChannelDigests,
  type Curve,
  type Hex,
  type Hex32,
  sameHex,
  TributaryError,
  type Voucher,
} from '@tributary/protocol';
import type { HubBook, HubRecord, Pay } from '../hub-types.ts';
import type { RateLimit } from '../rate-limit.ts';
import { refuse } from '../refusals.ts';
import { checkVoucherSignature } from '../vouchers.ts';
import type { X402Chain } from './chain.ts';
import {
  BatchPayload,
  type Erc3009Authorization,
  type PaymentPayload,
  type Requirements,
  TributaryExtension,
} from './schemas.ts';

/** Seconds a deposit's authorization must still be valid. */
const MARGIN_SECONDS = 6n;

/** What the gateway pays gas for in the name of its payers, and from which amount on; base units. */
export interface Sponsored {
  minDeposit: bigint;
  minRefund: bigint;
  /** By payer: deposits and refunds move the payer's own money, so round and round would cost it nothing. */
  limit: RateLimit;
}

export interface BatchOptions {
  hub: HubBook;
  chain: X402Chain;
  curve: Curve;
  digests: ChannelDigests;
  token: TokenDomain;
  erc3009Collector: Address;
  /** Default: everything, for nothing. */
  sponsored?: Sponsored;
  /** Writes records of the hub book to the journal and applies them when they are on disk. */
  record: (records: HubRecord[]) => Promise<void>;
  /** Unix seconds; default: the system's clock. */
  now?: () => number;
}

/** A deposit made on the way, for `PAYMENT-RESPONSE`. */
export interface BatchDeposit {
  transaction: Hex;
  amount: bigint;
}

/** A payment by channel: either a request to serve, or a refund. */
export type BatchPayment =
  | {
      kind: 'request';
      channelId: Hex32;
      payer: Address;
      pay: Pay;
      requestId: Hex32 | null;
      deposit: BatchDeposit | null;
    }
  | {
      kind: 'refund';
      channelId: Hex32;
      payer: Address;
      config: ChannelConfig;
      voucher: Voucher;
      amount: bigint | null;
    };

/** The server side of scheme `batch-settlement`. */
export interface BatchPayments {
  /**
   * Checks a payment against its offer, brings a deposit into a block first, and makes the channel known to the hub book.
   * What follows for a request: `hub.reserveWhenFree`. Throws 402 with the x402 reason as code.
   *
   * @param bodyHash SHA-256 of the request's body; needed when our SDK sent it.
   * @param beforeChain called before the chain is read; may throw
   */
  accept(
    payment: PaymentPayload,
    offer: Requirements,
    bodyHash?: Hex32,
    beforeChain?: () => void,
  ): Promise<BatchPayment>;
  /** Claims what is charged and returns money to the payer, who asked for it by a voucher at the charged total. */
  refund(payment: Extract<BatchPayment, { kind: 'refund' }>): Promise<{ transaction: Hex; amount: bigint }>;
}

export function createBatchPayments(options: BatchOptions): BatchPayments {
  const { hub, chain, curve, digests, token, erc3009Collector, record, sponsored } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));

  function checkConfig(config: ChannelConfig, offer: Requirements): void {
    const { extra } = offer;
    if (!sameHex(config.token, offer.asset)) throw refuse('token_mismatch', `The channel holds ${config.token}.`);
    if (!sameHex(config.receiver, offer.payTo))
      throw refuse('receiver_mismatch', `The channel pays ${config.receiver}.`);
    if (!sameHex(config.receiverAuthorizer, String(extra.receiverAuthorizer))) {
      throw refuse('receiver_authorizer_mismatch', `The receiverAuthorizer is ${config.receiverAuthorizer}.`);
    }
    if (config.withdrawDelay !== extra.withdrawDelay) {
      throw refuse(
        'withdraw_delay_mismatch',
        `The withdrawDelay is ${config.withdrawDelay} s, offered is ${extra.withdrawDelay}.`,
      );
    }
  }

  async function learn(config: ChannelConfig, channelId: Hex32): Promise<void> {
    const onChain = await chain.channelState(channelId);
    if (onChain.balance === 0n) throw refuse('channel_not_found', `Channel ${channelId} has no deposit.`);
    await record(hub.learn(config, onChain));
  }

  async function ensureKnown(config: ChannelConfig, beforeChain?: () => void): Promise<Hex32> {
    const channelId = digests.channelId(config);
    if (hub.channel(channelId)?.onChain) return channelId;
    beforeChain?.();
    await learn(config, channelId);
    return channelId;
  }

  async function checkDeposit(
    config: ChannelConfig,
    channelId: Hex32,
    voucher: Voucher,
    amount: bigint,
    authorization: Erc3009Authorization,
  ): Promise<void> {
    const { validAfter, validBefore, salt, signature } = authorization;
    const time = BigInt(now());
    const { payer } = config;
    const signed = { payer, collector: erc3009Collector, amount, channelId, validAfter, validBefore, salt };
    const signer = curve.recover(channels.depositDigest(token, signed), signature);
    if (signer === null || !sameHex(signer, payer)) {
      throw refuse('receive_authorization_signature', `The deposit is not signed by ${payer}.`);
    }
    if (validBefore < time + MARGIN_SECONDS) {
      throw refuse('payload_authorization_valid_before', `The deposit's authorization ends at ${validBefore}.`);
    }
    if (validAfter > time) {
      throw refuse('payload_authorization_valid_after', `The deposit's authorization starts at ${validAfter}.`);
    }
    const balance = await chain.balanceOf(payer);
    if (balance < amount) throw refuse('insufficient_balance', `${payer} holds ${balance}, the deposit is ${amount}.`);
    const onChain = await chain.channelState(channelId);
    if (voucher.maxClaimableAmount > onChain.balance + amount) {
      throw refuse('cumulative_exceeds_balance', `The channel will hold ${onChain.balance + amount}.`);
    }
  }

  /** The last deposit of each payer who has one under way. */
  const depositing = new Map<Address, Promise<unknown>>();

  /** One deposit of a payer after the other: the same one, or more than the payer holds, must not cost our gas twice. */
  function inTurn<T>(payer: Address, work: () => Promise<T>): Promise<T> {
    const turn = (depositing.get(payer) ?? Promise.resolve()).then(work, work);
    depositing.set(payer, turn);
    const end = () => {
      if (depositing.get(payer) === turn) depositing.delete(payer);
    };
    turn.then(end, end);
    return turn;
  }

  /** Null when the authorization was used already: the client repeats a deposit whose answer it did not see. */
  async function deposit(
    config: ChannelConfig,
    channelId: Hex32,
    voucher: Voucher,
    part: { amount: bigint; authorization: { erc3009Authorization?: Erc3009Authorization | undefined } },
    offer: Requirements,
  ): Promise<BatchDeposit | null> {
    const authorization = part.authorization.erc3009Authorization;
    if (!authorization) {
      throw refuse('erc3009_authorization_required', 'Deposits are taken by ERC-3009 authorization.');
    }
    const { amount } = part;
    const least = [BigInt(offer.amount), sponsored?.minDeposit ?? 0n].reduce((a, b) => (a > b ? a : b));
    if (amount < least) {
      throw refuse('deposit_below_min_deposit', `The deposit is ${amount} base units, at least ${least} is needed.`, {
        hint: 'Deposit more, or bring the deposit to the chain yourself.',
      });
    }
    const nonce = channels.depositNonce(channelId, authorization.salt);
    const repeated = await chain.authorizationUsed(config.payer, nonce);
    if (!repeated) await checkDeposit(config, channelId, voucher, amount, authorization);
    let transaction: Hex | null = null;
    if (!repeated) {
      sponsored?.limit.take(config.payer);
      try {
        transaction = await chain.deposit(config, amount, channels.erc3009CollectorData(authorization));
      } catch (cause) {
        throw refuse('deposit_transaction_failed', 'The deposit did not get into a block.', { cause });
      }
    }
    await learn(config, channelId);
    return transaction && { transaction, amount };
  }

  return {
    async accept(payment, offer, bodyHash, beforeChain) {
      const payload = parseBatchPayload(payment.payload);
      const config = payload.channelConfig;
      const voucher: Voucher = payload.voucher;
      const channelId = digests.channelId(config);
      if (!sameHex(voucher.channelId, channelId)) {
        throw refuse(
          'channel_id_mismatch',
          `The config is of channel ${channelId}, the voucher of ${voucher.channelId}.`,
        );
      }
      checkConfig(config, offer);
      // Before the chain is asked: strangers' nonsense costs us one signature check.
      checkVoucherSignature({ digests, curve }, channelId, config, voucher);
      const { payer } = config;
      if (payload.type === 'refund') {
        await ensureKnown(config, beforeChain);
        return { kind: 'refund', channelId, payer, config, voucher, amount: payload.amount ?? null };
      }
      let made: BatchDeposit | null = null;
      if (payload.type === 'deposit') {
        checkCumulative(hub, channelId, voucher, offer);
        const part = payload.deposit;
        beforeChain?.();
        made = await inTurn(payer, () => deposit(config, channelId, voucher, part, offer));
      } else {
        await ensureKnown(config, beforeChain);
        const known = hub.channel(channelId);
        // A top-up by somebody else may not have been seen yet.
        if (known?.onChain && voucher.maxClaimableAmount > known.onChain.balance) {
          beforeChain?.();
          await learn(config, channelId);
          const { balance } = hub.channel(channelId)!.onChain!;
          if (voucher.maxClaimableAmount > balance) {
            throw refuse(
              'cumulative_exceeds_balance',
              `The voucher promises ${voucher.maxClaimableAmount}, the channel holds ${balance}.`,
            );
          }
        }
      }
      const extension = TributaryExtension.safeParse(payment.extensions?.tributary);
      if (payment.extensions?.tributary !== undefined && !extension.success) {
        throw refuse('reservation_signature', 'extensions.tributary.reservation is malformed.', {
          param: extension.error.issues[0]?.path.join('.') ?? '',
        });
      }
      if (!extension.success) {
        return { kind: 'request', channelId, payer, pay: { kind: 'x402', voucher }, requestId: null, deposit: made };
      }
      const { reservation } = extension.data;
      if (!bodyHash) throw new TributaryError('body_required', 'A reservation needs a request body.');
      const pay: Pay = { kind: 'sdk', voucher, reservation, bodyHash };
      return { kind: 'request', channelId, payer, pay, requestId: reservation.requestId, deposit: made };
    },
    async refund({ channelId, config, voucher, amount }) {
      const unlock = hub.lock(channelId);
      try {
        const { charged, onChain } = hub.channel(channelId)!;
        if (voucher.maxClaimableAmount !== charged) {
          throw refuse(
            'cumulative_amount_mismatch',
            `The voucher promises ${voucher.maxClaimableAmount}, charged are ${charged}.`,
          );
        }
        hub.takeVoucher(voucher);
        const left = (onChain?.balance ?? 0n) - charged;
        if (left <= 0n) throw refuse('refund_no_balance', 'Nothing is left to refund.');
        if (amount !== null && (amount === 0n || amount > left)) {
          throw refuse('refund_amount_invalid', `A refund of ${amount} was asked for, ${left} are left.`);
        }
        const back = amount ?? left;
        const least = sponsored?.minRefund ?? 0n;
        if (back < least) {
          throw refuse(
            'refund_amount_invalid',
            `A refund is of at least ${least} base units, this one is of ${back}.`,
            {
              hint: 'What is left can be withdrawn on chain by the payer.',
            },
          );
        }
        sponsored?.limit.take(config.payer);
        const { maxClaimableAmount, signature } = voucher;
        const owed = charged > (onChain?.totalClaimed ?? 0n);
        const rows = owed ? [{ config, maxClaimableAmount, signature, totalClaimed: charged }] : [];
        try {
          const transaction = await chain.claimAndRefund(rows, config, back);
          // Not `learn`: an empty channel is what a full refund leaves.
          hub.refresh(channelId, await chain.channelState(channelId));
          return { transaction, amount: back };
        } catch (cause) {
          if (TributaryError.is(cause) && cause.status === 402) throw cause;
          throw refuse('refund_transaction_failed', 'The refund did not get into a block.', { cause });
        }
      } finally {
        unlock();
      }
    },
  };
}

/** A sequential client's first look at its total, before its deposit is spent on a voucher that cannot be used. */
function checkCumulative(hub: HubBook, channelId: Hex32, voucher: Voucher, offer: Requirements): void {
  const known = hub.channel(channelId);
  if (!known || known.openRequests > 0) return;
  const expected = known.charged + BigInt(offer.amount);
  if (voucher.maxClaimableAmount < expected) {
    throw refuse(
      'cumulative_amount_mismatch',
      `The voucher promises ${voucher.maxClaimableAmount}, expected ${expected}.`,
    );
  }
}

/** A payload of scheme `batch-settlement`. Throws 402 with the x402 reason for the part at fault. */
export function parseBatchPayload(payload: Record<string, unknown>): BatchPayload {
  const parsed = BatchPayload.safeParse(payload);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const message = `The payload is malformed at ${path || 'the top'}: ${issue?.message}`;
  if (path === 'voucher.channelId') throw refuse('channel_id_invalid', message);
  throw refuse('payload_type', message, { param: path });
}
