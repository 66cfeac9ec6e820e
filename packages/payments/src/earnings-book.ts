import {
  type ChannelConfig,
  type Hex32,
  hashAttribution,
  hex32,
  sameHex,
  TributaryError,
  ZERO_ADDRESS,
} from '@tributary/protocol';
import { type CreditAccount, createCredit } from './credit.ts';
import type {
  EarningsBook,
  EarningsBookOptions,
  EarningsChannel,
  EarningsClaim,
  EarningsLeaf,
  EarningsRecord,
} from './earnings-types.ts';
import { checkTerms, type OnChain } from './on-chain.ts';
import { type PaymentEntry, PaymentsBody } from './payment-entry.ts';
import { refuse } from './refusals.ts';
import { checkVoucherSignature } from './vouchers.ts';

interface Spoke {
  readonly id: Hex32;
  readonly config: ChannelConfig;
  onChain: OnChain | null;
  coveredTo: bigint;
  /** End of the last interval claimed and logged. */
  claimedTo: bigint;
  voucher: PaymentsBody['voucher'] | null;
  /** Answers under way and signed ones: what is open of it. */
  readonly credit: CreditAccount;
  /** Prices of answers that were never paid and still may be. */
  lost: bigint;
  /** Covered and not claimed. */
  entries: { to: bigint; leaf: EarningsLeaf }[];
}

interface Uncovered {
  spoke: Spoke;
  amount: bigint;
  /** Null while the answer is under way. */
  receiptHash: Hex32 | null;
  /** Unix seconds after which the payment counts as lost; infinite while under way. */
  openUntil: number;
}

/** An answer whose payment did not come in time. */
interface Lost {
  spoke: Spoke;
  amount: bigint;
  receiptHash: Hex32 | null;
  /** What of it the pool bears. */
  borne: bigint;
  forgetAt: number;
}

const OPEN_SECONDS = 60;
/** How long a lost answer may still be paid as if it were new, and counts against the deposit. */
const LOST_SECONDS = 86_400;
const MAX_LOST = 100_000;

export function createEarningsBook(options: EarningsBookOptions): EarningsBook {
  const { channelDigests, receiptDigests, curve, signer, services, spokeAuthorizer, token } = options;
  const { uncoveredLimit, unpaidLimit, openSeconds = OPEN_SECONDS } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const spokes = new Map<Hex32, Spoke>();
  const credit = createCredit({ uncoveredLimit, unpaidLimit, now });
  /** Answers under way, and those whose payment is awaited. */
  const requests = new Map<Hex32, Uncovered>();
  /** In order of being lost. */
  const lost = new Map<Hex32, Lost>();

  function add(config: ChannelConfig, coveredTo: bigint): Spoke {
    const id = channelDigests.channelId(config);
    const known = spokes.get(id);
    if (known) {
      cover(known, coveredTo);
      return known;
    }
    const spoke: Spoke = {
      id,
      config,
      onChain: null,
      coveredTo,
      claimedTo: coveredTo,
      voucher: null,
      credit: credit.open(coveredTo),
      lost: 0n,
      entries: [],
    };
    spokes.set(id, spoke);
    return spoke;
  }

  function cover(spoke: Spoke, to: bigint): void {
    if (to <= spoke.coveredTo) return;
    credit.pay(spoke.credit, to - spoke.coveredTo);
    spoke.coveredTo = to;
    spoke.claimedTo = to;
    spoke.entries = [];
  }

  function find(channelId: Hex32): Spoke {
    const spoke = spokes.get(channelId);
    if (!spoke) {
      throw new TributaryError('channel_not_found', `Channel ${channelId} is not known here.`, {
        status: 404,
        hint: 'Make a session first.',
      });
    }
    return spoke;
  }

  function forget(requestId: Hex32): void {
    const request = requests.get(requestId);
    if (!request) return;
    requests.delete(requestId);
    credit.change(request.spoke.credit, -request.amount);
  }

  /** A lost answer was paid after all. */
  function regain(requestId: Hex32): void {
    const late = lost.get(requestId);
    if (!late) return;
    lost.delete(requestId);
    late.spoke.lost -= late.amount;
    credit.regain(late.spoke.credit, late.amount, late.borne);
  }

  /** Unix seconds of the last look: within one second nothing more can expire, and this runs for every question. */
  let expiredAt = -1;

  function expire(): void {
    const time = now();
    if (time === expiredAt) return;
    expiredAt = time;
    for (const [id, { spoke, amount, receiptHash, openUntil }] of requests) {
      if (openUntil > time) continue;
      requests.delete(id);
      spoke.lost += amount;
      const borne = credit.lose(spoke.credit, amount);
      lost.set(id, { spoke, amount, receiptHash, borne, forgetAt: time + LOST_SECONDS });
    }
    for (const [id, { spoke, amount, forgetAt }] of lost) {
      if (forgetAt > time && lost.size <= MAX_LOST) break;
      lost.delete(id);
      spoke.lost -= amount;
    }
  }

  function view(s: Spoke): EarningsChannel {
    const { id, config, onChain, coveredTo, claimedTo, lost } = s;
    return { channelId: id, config, onChain, coveredTo, claimedTo, uncovered: s.credit.open, lost };
  }

  function begin(channelId: Hex32, requestId: Hex32, maxPrice: bigint): void {
    const spoke = find(channelId);
    if (requests.has(requestId) || lost.has(requestId)) {
      throw refuse('request_replayed', `Request ${requestId} was sent before.`);
    }
    if (!spoke.onChain) {
      throw refuse('verification_state_unavailable', `Channel ${channelId} was not read from the chain yet.`, {
        retryable: true,
      });
    }
    if (spoke.onChain.withdrawRequestedAt !== 0) {
      throw refuse('withdrawal_pending', `A withdrawal is pending on channel ${channelId}.`);
    }
    expire();
    const { open } = spoke.credit;
    const room = credit.room(spoke.credit);
    if (maxPrice > room.amount) {
      if (room.lost + maxPrice > unpaidLimit) {
        throw new TributaryError(
          'unpaid_limit',
          `Answers worth ${room.lost} base units were not paid lately; at most ${unpaidLimit} are tolerated.`,
          { status: 402, hint: 'A channel that has paid has credit of its own: a tenth of it.' },
        );
      }
      throw new TributaryError(
        'uncovered_limit',
        `Answers worth ${open} base units await their voucher; ${room.amount} more may, this one costs up to ${maxPrice}.`,
        { status: 402, retryable: true, hint: 'Deliver the payments that are due, then ask again.' },
      );
    }
    const promised = spoke.coveredTo + open + spoke.lost + maxPrice;
    if (promised > spoke.onChain.balance) {
      throw refuse('insufficient_balance', `The channel holds ${spoke.onChain.balance}, ${promised} would be owed.`, {
        hint: 'Deposit more into the channel.',
      });
    }
    const openUntil = Number.POSITIVE_INFINITY;
    requests.set(requestId, { spoke, amount: maxPrice, receiptHash: null, openUntil });
    credit.change(spoke.credit, maxPrice);
  }

  function checkEntry(spoke: Spoke, entry: PaymentEntry, from: bigint, index: number): void {
    const { receipt, payment } = entry;
    const bad = (field: string, message: string) =>
      new TributaryError('bad_payment', `Entry ${index}: ${message}`, { param: `entries.${index}.${field}` });
    if (payment.from !== from) throw gap(spoke, payment.from);
    if (receipt.price === 0n || payment.to - payment.from !== receipt.price) {
      throw bad(
        'payment.to',
        `the interval is ${payment.to - payment.from} long, the receipt's price ${receipt.price}.`,
      );
    }
    if (!sameHex(payment.channelId, spoke.id)) throw bad('payment.channelId', 'it is for another channel.');
    if (!sameHex(receipt.service, spoke.config.receiver)) throw bad('receipt.service', 'it is for another service.');
    if (!sameHex(receipt.token, spoke.config.token)) throw bad('receipt.token', 'it is in another token.');
    const digest = receiptDigests.receipt(receipt);
    const receiptHash = hex32(digest);
    if (!sameHex(payment.receiptHash, receiptHash)) throw bad('payment.receiptHash', 'it is not the receipt’s hash.');
    const known = requests.get(receipt.requestId) ?? lost.get(receipt.requestId);
    if (known?.receiptHash !== receiptHash) {
      const signedBy = curve.recover(digest, entry.signature);
      if (signedBy === null || !sameHex(signedBy, signer)) throw bad('signature', 'the receipt is not ours.');
    }
    if (!sameHex(hashAttribution(entry.attribution), receipt.attributionHash)) {
      throw bad('attribution', 'it is not what the receipt’s attributionHash commits to.');
    }
  }

  function gap(spoke: Spoke, from: bigint): TributaryError {
    return new TributaryError('gap', `Payments start at ${from}, expected ${spoke.coveredTo}.`, {
      status: 409,
      hint: 'Send everything after coveredTo, in order.',
    });
  }

  function applyPayments(record: Extract<EarningsRecord, { kind: 'earnings.payments' }>): void {
    const spoke = find(record.channelId);
    for (const { receipt, payment, attribution } of record.entries) {
      if (payment.to <= spoke.coveredTo) continue;
      if (payment.from !== spoke.coveredTo) {
        throw new TributaryError('journal_damaged', `Payment at ${payment.from} does not follow ${spoke.coveredTo}.`, {
          status: 500,
        });
      }
      credit.pay(spoke.credit, payment.to - spoke.coveredTo);
      spoke.coveredTo = payment.to;
      const leaf = { receiptHash: payment.receiptHash, amount: receipt.price, attribution };
      spoke.entries.push({ to: payment.to, leaf });
      forget(receipt.requestId);
      regain(receipt.requestId);
    }
    if (!spoke.voucher || record.voucher.maxClaimableAmount > spoke.voucher.maxClaimableAmount) {
      spoke.voucher = record.voucher;
    }
  }

  return {
    learn(config, onChain) {
      const service = services().find((s) => sameHex(s, config.receiver));
      const terms = { receiver: service ?? ZERO_ADDRESS, receiverAuthorizer: spokeAuthorizer, token };
      checkTerms(config, terms);
      const known = spokes.get(channelDigests.channelId(config));
      const spoke = known ?? add(config, onChain.totalClaimed);
      spoke.onChain = { ...onChain };
      return known ? [] : [{ kind: 'earnings.channel', config, coveredTo: onChain.totalClaimed }];
    },
    refresh(channelId, onChain) {
      const spoke = spokes.get(channelId);
      if (spoke?.onChain) spoke.onChain = { ...spoke.onChain, ...onChain };
    },
    channel(channelId) {
      const spoke = spokes.get(channelId);
      if (!spoke) return undefined;
      expire();
      return view(spoke);
    },
    channels() {
      expire();
      return [...spokes.values()].map(view);
    },
    begin,
    signed(requestId, receipt, receiptHash = hex32(receiptDigests.receipt(receipt))) {
      const request = requests.get(requestId);
      if (!request) return;
      if (receipt.price === 0n) {
        forget(requestId);
        return;
      }
      credit.change(request.spoke.credit, receipt.price - request.amount);
      request.amount = receipt.price;
      request.receiptHash = receiptHash;
      request.openUntil = now() + openSeconds;
    },
    abandon(requestId) {
      if (requests.get(requestId)?.receiptHash === null) forget(requestId);
    },
    accept(body) {
      const parsed = PaymentsBody.safeParse(body);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const param = issue?.path.join('.') ?? '';
        throw new TributaryError(
          'bad_payments',
          `The payments are malformed at ${param || 'the top'}: ${issue?.message}`,
          {
            param,
          },
        );
      }
      const { channelId, voucher } = parsed.data;
      const spoke = find(channelId);
      const entries = parsed.data.entries.filter((e) => e.payment.to > spoke.coveredTo);
      const raises = voucher.maxClaimableAmount > (spoke.voucher?.maxClaimableAmount ?? 0n);
      if (entries.length === 0 && !raises) return null;
      if (raises) {
        checkVoucherSignature({ digests: channelDigests, curve }, channelId, spoke.config, { channelId, ...voucher });
        if (spoke.onChain && voucher.maxClaimableAmount > spoke.onChain.balance) {
          throw refuse(
            'cumulative_exceeds_balance',
            `The voucher promises ${voucher.maxClaimableAmount}, the channel holds ${spoke.onChain.balance}.`,
          );
        }
      }
      let from = spoke.coveredTo;
      entries.forEach((entry, i) => {
        checkEntry(spoke, entry, from, i);
        from = entry.payment.to;
      });
      const ceiling = raises ? voucher.maxClaimableAmount : (spoke.voucher?.maxClaimableAmount ?? 0n);
      if (from > ceiling) {
        throw refuse('charge_exceeds_signed_cumulative', `The payments reach ${from}, the voucher only ${ceiling}.`);
      }
      return { kind: 'earnings.payments', channelId, voucher, entries };
    },
    apply(record) {
      if (record.kind === 'earnings.channel') add(record.config, record.coveredTo);
      else if (record.kind === 'earnings.payments') applyPayments(record);
      else {
        const spoke = find(record.channelId);
        if (record.to <= spoke.claimedTo) return;
        spoke.claimedTo = record.to;
        spoke.entries = spoke.entries.filter((e) => e.to > record.to);
      }
    },
    claims() {
      return [...spokes.values()].flatMap((s): EarningsClaim[] => {
        const { id, config, voucher, claimedTo, coveredTo, entries } = s;
        if (!voucher || !s.onChain) return [];
        if (coveredTo <= claimedTo && voucher.maxClaimableAmount <= s.onChain.totalClaimed) return [];
        const leaves = entries.map((e) => e.leaf);
        return [{ channelId: id, config, voucher, from: claimedTo, to: coveredTo, leaves }];
      });
    },
  };
}
