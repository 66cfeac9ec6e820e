import {
  type ChannelConfig,
  type Hex,
  type Hex32,
  hex32,
  type Payment,
  sameHex,
  TributaryError,
} from '@tributary/protocol';
import type { OnChain } from './on-chain.ts';
import { MAX_PAYMENT_ENTRIES, type PaymentEntry } from './payment-entry.ts';
import type { SpokeBook, SpokeBookOptions, SpokeChannel, SpokePayment, SpokeRecord } from './spoke-types.ts';

interface Spoke {
  readonly id: Hex32;
  readonly config: ChannelConfig;
  onChain: OnChain | null;
  promised: bigint;
  ackedTo: bigint;
  held: bigint;
  /** Applied and not acknowledged, in order and without gap. */
  queue: PaymentEntry[];
  /** The last voucher signed; signing is deterministic, so this only saves time. */
  voucher: { maxClaimableAmount: bigint; signature: Hex } | null;
}

export function createSpokeBook(options: SpokeBookOptions): SpokeBook {
  const { channelDigests, receiptDigests, curve, sessionKey, spokeAuthorizer, token } = options;
  const signer = curve.addressOf(sessionKey);
  const spokes = new Map<Hex32, Spoke>();
  const holds = new Map<Hex32, { spoke: Spoke; amount: bigint }>();

  function find(channelId: Hex32): Spoke {
    const spoke = spokes.get(channelId);
    if (!spoke) {
      throw new TributaryError('spoke_not_found', `Spoke channel ${channelId} is not in the book.`, { status: 500 });
    }
    return spoke;
  }

  function add(config: ChannelConfig, promised: bigint): Spoke {
    const id = channelDigests.channelId(config);
    const known = spokes.get(id);
    if (known) {
      known.promised = max(known.promised, promised);
      known.ackedTo = max(known.ackedTo, promised);
      return known;
    }
    const spoke: Spoke = {
      id,
      config,
      onChain: null,
      promised,
      ackedTo: promised,
      held: 0n,
      queue: [],
      voucher: null,
    };
    spokes.set(id, spoke);
    return spoke;
  }

  const left = (s: Spoke): bigint =>
    s.onChain && s.onChain.withdrawRequestedAt === 0 ? max(s.onChain.balance - s.promised - s.held, 0n) : 0n;

  function view(s: Spoke): SpokeChannel {
    const { id, config, onChain, promised, ackedTo, held, queue } = s;
    return { channelId: id, config, onChain, promised, ackedTo, held, left: left(s), undelivered: queue.length };
  }

  function drop(requestId: Hex32): void {
    const hold = holds.get(requestId);
    if (!hold) return;
    holds.delete(requestId);
    hold.spoke.held -= hold.amount;
  }

  function number(channelId: Hex32, price: bigint, requestId?: Hex32): { from: bigint; to: bigint } {
    const spoke = find(channelId);
    if (price < 0n) throw new RangeError(`${price} is no price`);
    const hold = requestId && holds.get(requestId);
    if (requestId) drop(requestId);
    const from = spoke.promised;
    const to = from + price;
    // What was held is paid in any case: by now the payer is charged, and refusing would tear the two books apart.
    const covered = hold && price <= hold.amount;
    if (!covered && price > 0n && spoke.onChain && to > spoke.onChain.balance) throw low(spoke, price);
    spoke.promised = to;
    return { from, to };
  }

  function low(spoke: Spoke, amount: bigint): TributaryError {
    return new TributaryError(
      'spoke_deposit_low',
      `The gateway's channel to service ${spoke.config.receiver} has ${left(spoke)} base units left, ${amount} are needed.`,
      { status: 503, retryable: true, hint: 'The gateway tops it up by itself; try again shortly.' },
    );
  }

  function applyPayment(entry: PaymentEntry): void {
    const { channelId, from, to } = entry.payment;
    const spoke = find(channelId);
    if (to <= from) return; // a free answer: nothing to deliver
    const next = spoke.queue.at(-1)?.payment.to ?? spoke.ackedTo;
    if (to <= next) return;
    if (from !== next) {
      throw new TributaryError(
        'journal_damaged',
        `Payment [${from}, ${to}) on channel ${channelId} does not follow ${next}.`,
        { status: 500 },
      );
    }
    spoke.queue.push(entry);
    spoke.promised = max(spoke.promised, to);
  }

  function advance(spoke: Spoke, to: bigint): void {
    if (to <= spoke.ackedTo) return;
    spoke.ackedTo = to;
    spoke.promised = max(spoke.promised, to);
    const rest = spoke.queue.findIndex((e) => e.payment.to > to);
    spoke.queue = rest < 0 ? [] : spoke.queue.slice(rest);
  }

  function voucherFor(spoke: Spoke, ceiling: bigint): { maxClaimableAmount: bigint; signature: Hex } {
    if (spoke.voucher?.maxClaimableAmount !== ceiling) {
      const signature = curve.sign(channelDigests.voucher(spoke.id, ceiling), sessionKey);
      spoke.voucher = { maxClaimableAmount: ceiling, signature };
    }
    return spoke.voucher;
  }

  return {
    learn(config, onChain) {
      if (!sameHex(config.payerAuthorizer, signer)) throw notOurs('payerAuthorizer', config.payerAuthorizer, signer);
      if (!sameHex(config.receiverAuthorizer, spokeAuthorizer)) {
        throw notOurs('receiverAuthorizer', config.receiverAuthorizer, spokeAuthorizer);
      }
      if (!sameHex(config.token, token)) throw notOurs('token', config.token, token);
      const known = spokes.get(channelDigests.channelId(config));
      const spoke = known ?? add(config, onChain.totalClaimed);
      spoke.onChain = { ...onChain };
      if (known && onChain.totalClaimed <= known.promised) return [];
      add(config, onChain.totalClaimed);
      return [{ kind: 'spoke.channel', config, promised: onChain.totalClaimed }];
    },
    refresh(channelId, onChain) {
      const spoke = spokes.get(channelId);
      if (spoke?.onChain) spoke.onChain = { ...spoke.onChain, ...onChain };
    },
    channel(channelId) {
      const spoke = spokes.get(channelId);
      return spoke && view(spoke);
    },
    channels: () => [...spokes.values()].map(view),
    channelOf(service) {
      const fitting = [...spokes.values()].filter((s) => sameHex(s.config.receiver, service));
      const best = fitting.reduce<Spoke | undefined>((b, s) => (b && left(b) >= left(s) ? b : s), undefined);
      return best && view(best);
    },
    hold(channelId, requestId, amount) {
      const spoke = find(channelId);
      if (holds.has(requestId)) throw new RangeError(`request ${requestId} holds money already`);
      if (amount > left(spoke)) throw low(spoke, amount);
      holds.set(requestId, { spoke, amount });
      spoke.held += amount;
    },
    drop,
    number,
    pay({ channelId, receipt, receiptHash, payerChannelId, payerFrom, payerTo }: SpokePayment) {
      const interval = number(channelId, receipt.price, receipt.requestId);
      const payment: Payment = {
        receiptHash: receiptHash ?? hex32(receiptDigests.receipt(receipt)),
        channelId,
        ...interval,
        payerChannelId,
        payerFrom,
        payerTo,
      };
      return { payment, paymentSignature: curve.sign(receiptDigests.payment(payment), sessionKey) };
    },
    apply(record: SpokeRecord) {
      if (record.kind === 'spoke.channel') add(record.config, record.promised);
      else if (record.kind === 'spoke.payment') applyPayment(record.entry);
      else advance(find(record.channelId), record.to);
    },
    delivery(channelId, max = MAX_PAYMENT_ENTRIES) {
      const spoke = find(channelId);
      const entries = spoke.queue.slice(0, max);
      const last = entries.at(-1);
      return last ? { channelId, voucher: voucherFor(spoke, last.payment.to), entries } : null;
    },
    ack(channelId, coveredTo) {
      const spoke = find(channelId);
      if (coveredTo === spoke.ackedTo) return null;
      const known = spoke.queue.at(-1)?.payment.to ?? spoke.ackedTo;
      if (coveredTo < spoke.ackedTo) {
        throw new TributaryError(
          'spoke_behind',
          `The node has payments up to ${coveredTo}, it had acknowledged ${spoke.ackedTo}.`,
          { status: 409, hint: 'Rewind the channel with the entries in between.' },
        );
      }
      if (coveredTo > known) {
        throw new TributaryError('spoke_ahead', `The node claims payments up to ${coveredTo}, ${known} were sent.`, {
          status: 409,
        });
      }
      advance(spoke, coveredTo);
      return { kind: 'spoke.acked', channelId, to: coveredTo };
    },
    rewind(channelId, entries) {
      const spoke = find(channelId);
      const first = entries[0];
      if (!first) return;
      entries.forEach((entry, i) => {
        const next = entries[i + 1]?.payment.from ?? spoke.ackedTo;
        if (entry.payment.to !== next) throw new RangeError(`entries do not lead without gap to ${spoke.ackedTo}`);
      });
      spoke.queue = [...entries, ...spoke.queue];
      spoke.ackedTo = first.payment.from;
    },
  };
}

function notOurs(field: string, value: string, expected: string): TributaryError {
  return new TributaryError('spoke_mismatch', `The spoke channel's ${field} is ${value}, expected ${expected}.`, {
    param: field,
  });
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
