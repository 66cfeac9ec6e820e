/** What a channel owes without a voucher, and what it has earned by paying. Base units. */
export interface CreditAccount {
  /** Covered by vouchers over its life. */
  paid: bigint;
  /** Answers under way or just given. */
  open: bigint;
  /** Answers of its whole life that were never paid. */
  unpaid: bigint;
  /** The part of `open` that its own credit does not secure. */
  drawn: bigint;
}

export interface CreditOptions {
  /** Most that may be open on one channel. */
  uncoveredLimit: bigint;
  /** Most that all channels together may have beyond their own credit, open or lost; what is lost of it grows back in a day. */
  unpaidLimit: bigint;
  /** Unix seconds. */
  now: () => number;
}

/**
 * How much a node answers before it is paid. A channel's own credit is a tenth of what it paid, less what it never paid; beyond
 * that all channels share one pool, because strangers can open as many as they like. So however many there are, unpaid answers
 * come to at most `unpaidLimit · (1 + days) + paid / 10`.
 */
export interface Credit {
  open(paid: bigint): CreditAccount;
  /** What more may be open on a channel now, and whether only lost answers stand in the way. */
  room(account: CreditAccount): { amount: bigint; lost: bigint };
  /** Changes what is open. */
  change(account: CreditAccount, by: bigint): void;
  pay(account: CreditAccount, amount: bigint): void;
  /** An open answer counts as never paid from now on. Returns what of it the pool bears. */
  lose(account: CreditAccount, amount: bigint): bigint;
  /** It was paid after all. */
  regain(account: CreditAccount, amount: bigint, borne: bigint): void;
}

const PAID_FOR_CREDIT = 10n;
const DAY_SECONDS = 86_400n;

export function createCredit({ uncoveredLimit, unpaidLimit, now }: CreditOptions): Credit {
  const pool = { drawn: 0n, lost: 0n, at: BigInt(now()) };

  function ownCredit({ paid, unpaid }: CreditAccount): bigint {
    return max(0n, min(uncoveredLimit, paid / PAID_FOR_CREDIT - unpaid));
  }

  function redraw(account: CreditAccount): void {
    const drawn = max(0n, account.open - ownCredit(account));
    pool.drawn += drawn - account.drawn;
    account.drawn = drawn;
  }

  function growBack(): void {
    const time = BigInt(now());
    const back = (unpaidLimit * (time - pool.at)) / DAY_SECONDS;
    // Less than a unit waits for more time.
    if (back === 0n && pool.lost > 0n) return;
    pool.lost = max(0n, pool.lost - back);
    pool.at = time;
  }

  return {
    open: (paid) => ({ paid, open: 0n, unpaid: 0n, drawn: 0n }),
    room(account) {
      growBack();
      const own = max(0n, ownCredit(account) - account.open);
      const shared = max(0n, unpaidLimit - pool.lost - pool.drawn);
      return { amount: max(0n, min(uncoveredLimit - account.open, own + shared)), lost: pool.lost };
    },
    change(account, by) {
      account.open += by;
      redraw(account);
    },
    pay(account, amount) {
      account.paid += amount;
      redraw(account);
    },
    lose(account, amount) {
      growBack();
      const borne = max(0n, amount - ownCredit(account));
      pool.lost += borne;
      account.open -= amount;
      account.unpaid += amount;
      redraw(account);
      return borne;
    },
    regain(account, amount, borne) {
      growBack();
      pool.lost = max(0n, pool.lost - borne);
      account.unpaid -= amount;
      redraw(account);
    },
  };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
