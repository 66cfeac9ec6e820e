import { type Hex32, TributaryError } from '@tributary/protocol';

/**
 * The payer's side of one channel: what was charged, what is open, and how high a ceiling was ever signed. All amounts
 * are base units over the channel's life. Nothing here does I/O; see spec/payments.md for the gateway's side.
 *
 * A ceiling is never signed higher than: charged + every open reservation + the new one. What the gateway could take
 * without having answered is therefore at most `maxOpenAmount`.
 */
export interface PayerBook {
  /**
   * Sets money aside for one request and returns the ceiling that its voucher must carry.
   * Throws `open_limit` when too much would be open at once, `deposit_exhausted` when the deposit does not reach.
   */
  reserve(requestId: Hex32, amount: bigint, now: number): bigint;
  /**
   * The answer came and cost `charge`; `total` is the gateway's cumulative total, if it said one.
   * Throws `gateway_overcharged` when the charge exceeds the reservation, or the total what can have been charged; the
   * book then refuses every further reservation.
   */
  settle(requestId: Hex32, charge: bigint, total?: bigint): void;
  /** The gateway refused or failed: nothing was charged. */
  release(requestId: Hex32): void;
  /** Nobody knows what became of the request; it stays open until it can no longer be charged. */
  lose(requestId: Hex32, expiresAt: number): void;
  /**
   * Takes over the gateway's total after it refused a ceiling; `signed` is the highest of our vouchers that it showed.
   * Throws `gateway_overcharged` unless claimed ≤ total ≤ signed.
   */
  adopt(total: bigint, signed: bigint, claimed: bigint): void;
  /** The gateway was caught lying: every further reservation throws this error. */
  stop(error: TributaryError): void;
  /** The deposit changed: top-up, refund or withdrawal. */
  setDeposit(deposit: bigint): void;
  state(): PayerBookState;
}

/** A snapshot to show, or to keep for the next start. */
export interface PayerBookState {
  charged: bigint;
  /** Highest ceiling ever signed. */
  signed: bigint;
  /** Sum of the open reservations. */
  open: bigint;
  reservations: { requestId: Hex32; amount: bigint; lostUntil: number | null }[];
  deposit: bigint;
}

interface Open {
  amount: bigint;
  /** Unix seconds from which a lost request cannot be charged any more; null while it is under way. */
  lostUntil: number | null;
}

export interface PayerBookOptions {
  /** Balance of the channel on chain. */
  deposit: bigint;
  /** Total that was charged before; on-chain `totalClaimed` when nothing better is known. */
  charged?: bigint;
  /** Highest ceiling signed before. */
  signed?: bigint;
  maxOpenAmount: bigint;
}

export function createPayerBook(options: PayerBookOptions): PayerBook {
  let charged = options.charged ?? 0n;
  let signed = options.signed ?? charged;
  let deposit = options.deposit;
  let distrust: TributaryError | null = null;
  /** Lost requests whose time is over: they may have been charged, and the gateway's next total may show it. */
  let doubt = 0n;
  const reservations = new Map<Hex32, Open>();

  const openSum = () => [...reservations.values()].reduce((sum, r) => sum + r.amount, 0n);

  function forgetExpired(now: number): void {
    for (const [id, r] of reservations) {
      if (r.lostUntil === null || r.lostUntil > now) continue;
      reservations.delete(id);
      doubt += r.amount;
    }
  }

  function overcharged(message: string): TributaryError {
    distrust = new TributaryError('gateway_overcharged', message, {
      status: 502,
      hint: 'The SDK signs nothing more for this gateway. Withdraw the rest of the deposit.',
    });
    return distrust;
  }

  return {
    reserve(requestId, amount, now) {
      if (distrust) throw distrust;
      if (amount < 0n) throw new RangeError(`a reservation of ${amount}`);
      if (reservations.has(requestId)) throw new RangeError(`request ${requestId} is reserved already`);
      forgetExpired(now);
      const open = openSum();
      if (open + amount > options.maxOpenAmount) {
        throw new TributaryError(
          'open_limit',
          `Open reservations would be ${open + amount} base units, more than maxOpenAmount ${options.maxOpenAmount}.`,
          { status: 402, retryable: true, hint: 'Wait for answers under way, or raise maxOpenAmount.' },
        );
      }
      const needed = charged + open + amount;
      let ceiling = signed;
      if (needed > ceiling) ceiling = needed;
      if (ceiling > deposit) {
        throw new TributaryError(
          'deposit_exhausted',
          `The deposit of ${deposit} base units does not cover ${charged} charged, ${open} open and ${amount} for this request.`,
          { status: 402, hint: 'Call topUp, or open a new channel.' },
        );
      }
      reservations.set(requestId, { amount, lostUntil: null });
      signed = ceiling;
      return ceiling;
    },

    settle(requestId, charge, total) {
      const reservation = reservations.get(requestId);
      if (!reservation) throw new RangeError(`request ${requestId} has no reservation`);
      if (charge < 0n || charge > reservation.amount) {
        throw overcharged(`The gateway charged ${charge} base units for a request that allowed ${reservation.amount}.`);
      }
      reservations.delete(requestId);
      charged += charge;
      if (total === undefined) return;
      const most = charged + openSum() + doubt;
      if (total > most) {
        throw overcharged(`The gateway counts ${total} base units in total; at most ${most} can have been charged.`);
      }
      if ([...reservations.values()].some((r) => r.lostUntil === null)) return;
      // With nothing else under way the gateway's total is the whole truth. Lost requests stay open until their time is
      // over all the same: the gateway may still be answering one, and charge it later.
      charged = total;
      doubt = 0n;
    },

    release(requestId) {
      reservations.delete(requestId);
    },

    lose(requestId, expiresAt) {
      const reservation = reservations.get(requestId);
      if (reservation) reservation.lostUntil = expiresAt;
    },

    adopt(total, shown, claimed) {
      if (total < claimed || total > shown) {
        throw overcharged(`The gateway counts ${total} base units; our vouchers allow ${claimed} to ${shown}.`);
      }
      charged = total;
      doubt = 0n;
      if (shown > signed) signed = shown;
    },

    stop(error) {
      distrust ??= error;
    },

    setDeposit(value) {
      deposit = value;
    },

    state: () => ({
      charged,
      signed,
      open: openSum(),
      reservations: [...reservations].map(([requestId, r]) => ({ requestId, ...r })),
      deposit,
    }),
  };
}
