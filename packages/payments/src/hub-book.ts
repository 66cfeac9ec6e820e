import { type Hex32, MAX_AMOUNT, TributaryError, type Voucher } from '@tributary/protocol';
import { type ApiKey, apiKeyCurveKey, authorizerOf } from './api-key.ts';
import { type Channel, createHubChannels, max } from './hub-channels.ts';
import { checkPay } from './hub-pay.ts';
import type {
  HubBook,
  HubBookOptions,
  HubChannel,
  HubCharge,
  HubRecord,
  HubReservation,
  ReserveRequest,
} from './hub-types.ts';
import { checkTerms } from './on-chain.ts';
import { refuse } from './refusals.ts';
import { createRequestIds } from './request-ids.ts';
import { checkCeiling, checkVoucherSignature } from './vouchers.ts';

interface Open extends HubReservation {
  channel: Channel;
  kind: ReserveRequest['pay']['kind'];
  /** The API key's voucher key, overwritten when the request ends. */
  signingKey: Uint8Array | null;
  rememberUntil: number;
}

const WAIT_MS = 30_000;
const MAX_WAITING = 64;

export function createHubBook(options: HubBookOptions): HubBook {
  const { digests, curve, terms, maxWaiting = MAX_WAITING } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const channels = createHubChannels(digests);
  const open = new Map<Hex32, Open>();
  const used = createRequestIds(now);

  function takeVoucher(channel: Channel, voucher: Voucher): void {
    if (!channel.voucher || voucher.maxClaimableAmount > channel.voucher.maxClaimableAmount) channel.voucher = voucher;
  }

  function busy(channel: Channel): TributaryError {
    return refuse('channel_busy', `Channel ${channel.id} has a request under way.`, {
      retryable: true,
      hint: 'Wait for its answer, or use our SDK or an API key for parallel requests.',
    });
  }

  function mustWait(channel: Channel, request: ReserveRequest): boolean {
    return channel.exclusive || (request.pay.kind === 'x402' && channel.open > 0);
  }

  function reserve(request: ReserveRequest): HubReservation {
    const { channelId, requestId, amount, pay } = request;
    if (amount < 0n || amount > MAX_AMOUNT) throw new RangeError(`${amount} is no amount`);
    const channel = channels.find(channelId);
    if (open.has(requestId) || used.has(requestId)) {
      throw refuse('request_replayed', `Request ${requestId} was sent before.`, {
        hint: 'Use a fresh request id for each request.',
      });
    }
    if (channel.onChain.withdrawRequestedAt !== 0) {
      throw refuse('withdrawal_pending', `A withdrawal is pending on channel ${channelId}.`, {
        hint: 'Finish it and deposit again, or use another channel.',
      });
    }
    if (mustWait(channel, request)) throw busy(channel);
    checkPay(options, channel, request, now());
    const needed = channel.charged + channel.reserved + amount;
    if (needed > channel.onChain.balance) {
      throw refuse(
        'insufficient_balance',
        `The request may cost ${amount} base units, ${max(channel.onChain.balance - channel.charged - channel.reserved, 0n)} are left in the channel.`,
        { hint: 'Deposit more into the channel, or ask for less.' },
      );
    }

    const reservation: Open = {
      channelId,
      requestId,
      amount,
      payer: channel.config.payer,
      channel,
      kind: pay.kind,
      signingKey: pay.kind === 'apiKey' ? apiKeyCurveKey(pay.apiKey) : null,
      rememberUntil: pay.kind === 'sdk' ? pay.reservation.expiresAt : 0,
    };
    if (pay.kind !== 'apiKey') {
      takeVoucher(channel, pay.voucher);
      channel.vouched += amount;
    }
    channel.reserved += amount;
    channel.open++;
    open.set(requestId, reservation);
    return reservation;
  }

  function close(entry: Open): void {
    const { channel } = entry;
    open.delete(entry.requestId);
    channel.open--;
    channel.reserved -= entry.amount;
    if (entry.kind !== 'apiKey') channel.vouched -= entry.amount;
    // Also for released ones: a captured reservation must not be good for a second try.
    if (entry.rememberUntil > 0) used.add(entry.requestId, entry.rememberUntil);
  }

  function wake(channel: Channel): void {
    while (channel.open === 0 && !channel.exclusive) {
      const next = channel.waiting.shift();
      if (!next) return;
      next();
    }
  }

  async function reserveWhenFree(
    request: ReserveRequest,
    { timeoutMs = WAIT_MS }: { timeoutMs?: number } = {},
  ): Promise<HubReservation> {
    const channel = channels.get(request.channelId);
    const inLine = channel && request.pay.kind === 'x402' && channel.waiting.length > 0;
    if (!channel || !(inLine || mustWait(channel, request))) return reserve(request);
    if (channel.waiting.length >= maxWaiting) throw busy(channel);
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        channel.waiting = channel.waiting.filter((w) => w !== attempt);
        reject(busy(channel));
      }, timeoutMs);
      // Reserves within the call that woke it: a promise would let another request slip in between.
      const attempt = () => {
        clearTimeout(timer);
        try {
          resolve(reserve(request));
        } catch (error) {
          reject(error);
        }
      };
      channel.waiting.push(attempt);
    });
  }

  function view(channel: Channel): HubChannel {
    const { id, config, onChain, charged, reserved, voucher, open } = channel;
    return { channelId: id, config, onChain, charged, reserved, voucher, openRequests: open };
  }

  function applyCharge(record: HubCharge): void {
    if (record.rememberUntil > 0) used.add(record.requestId, record.rememberUntil);
    const channel = channels.get(record.channelId);
    if (!channel) {
      throw new TributaryError(
        'journal_damaged',
        `A charge names channel ${record.channelId}, which no record opened.`,
        {
          status: 500,
        },
      );
    }
    channel.charged = max(channel.charged, record.payerTo);
    channel.applied = max(channel.applied, record.payerTo);
    if (record.voucher) takeVoucher(channel, record.voucher);
  }

  return {
    learn(config, onChain) {
      checkTerms(config, terms);
      const id = digests.channelId(config);
      const known = channels.get(id);
      const channel = known ?? channels.add(config, onChain.totalClaimed);
      channel.onChain = { ...onChain };
      if (known && onChain.totalClaimed <= known.charged) return [];
      // Claimed above our books: a journal was lost, the chain is right.
      channel.charged = max(channel.charged, onChain.totalClaimed);
      return [{ kind: 'hub.channel', config, charged: channel.charged }];
    },
    refresh(channelId, onChain) {
      const channel = channels.get(channelId);
      if (channel?.onChain) channel.onChain = { ...channel.onChain, ...onChain };
    },
    channelsOf: (authorizer) => channels.idsOf(authorizer),
    channelOfApiKey(apiKey: ApiKey) {
      const ids = channels.idsOf(authorizerOf(apiKey, curve));
      if (ids.length < 2) return ids[0];
      const left = (id: Hex32) => {
        const c = channels.get(id)!;
        return c.onChain && !c.onChain.withdrawRequestedAt ? c.onChain.balance - c.charged - c.reserved : -1n;
      };
      return ids.reduce((best, id) => (left(id) > left(best) ? id : best));
    },
    channel(channelId) {
      const channel = channels.get(channelId);
      return channel && view(channel);
    },
    channels: () => channels.all().map(view),
    reserve,
    reserveWhenFree,
    release(requestId) {
      const entry = open.get(requestId);
      if (!entry) return;
      entry.signingKey?.fill(0);
      close(entry);
      wake(entry.channel);
    },
    charge(requestId, amount) {
      const entry = open.get(requestId);
      if (!entry) {
        throw new TributaryError('reservation_not_found', `Request ${requestId} has no open reservation.`, {
          status: 500,
        });
      }
      if (amount < 0n || amount > entry.amount) {
        throw new TributaryError(
          'charge_exceeds_reservation',
          `A charge of ${amount} base units exceeds the reservation of ${entry.amount}.`,
          { status: 500 },
        );
      }
      const { channel, signingKey } = entry;
      const payerFrom = channel.charged;
      const payerTo = payerFrom + amount;
      close(entry);
      channel.charged = payerTo;
      if (signingKey) {
        // Reservations made by vouchers stay covered when an API key's request is charged in between.
        const ceiling = payerTo + channel.vouched;
        if (amount > 0n && ceiling > (channel.voucher?.maxClaimableAmount ?? 0n)) {
          channel.voucher = {
            channelId: channel.id,
            maxClaimableAmount: ceiling,
            signature: curve.sign(digests.voucher(channel.id, ceiling), signingKey),
          };
        }
        signingKey.fill(0);
      }
      const { channelId, rememberUntil } = entry;
      wake(channel);
      return { kind: 'hub.charge', channelId, requestId, payerFrom, payerTo, voucher: channel.voucher, rememberUntil };
    },
    lock(channelId) {
      const channel = channels.find(channelId);
      if (channel.open > 0 || channel.exclusive) throw busy(channel);
      channel.exclusive = true;
      return () => {
        channel.exclusive = false;
        wake(channel);
      };
    },
    takeVoucher(voucher) {
      const channel = channels.find(voucher.channelId);
      checkVoucherSignature(options, channel.id, channel.config, voucher);
      checkCeiling(voucher.maxClaimableAmount, channel.onChain);
      takeVoucher(channel, voucher);
    },
    apply(record: HubRecord) {
      if (record.kind === 'hub.channel') channels.add(record.config, record.charged);
      else if (record.kind === 'hub.charge') applyCharge(record);
      else channels.remove(record.channelId);
    },
    claims() {
      return channels
        .all()
        .flatMap((c) =>
          c.onChain && c.voucher && c.applied > c.onChain.totalClaimed
            ? [{ channelId: c.id, config: c.config, voucher: c.voucher, totalClaimed: c.applied }]
            : [],
        );
    },
    forget(channelId) {
      const channel = channels.get(channelId);
      if (!channel?.onChain || channel.open > 0 || channel.exclusive) return null;
      if (channel.charged > channel.onChain.totalClaimed) return null;
      channels.remove(channelId);
      return { kind: 'hub.forget', channelId };
    },
  };
}
