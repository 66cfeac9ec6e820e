/**
 * What every balance must be, worked out a second time. It imports nothing of the project and reads only what everybody can read:
 * registrations (events of the registry and of the accounts) and receipts (amounts and services). The rules are those of the
 * design: upstream i of an account has a right to ⌊R·wᵢ/10⁶⌋ of everything R that ever arrived, its holders together to
 * R − ⌈R·Σw/10⁶⌉, each holder to its shares' part of that rounded down; without shares the part is the owner's.
 */

export interface Registration {
  account: string;
  owner: string;
  upstream: readonly { account: string; weightPpm: bigint }[];
  holders: readonly { holder: string; shares: bigint }[];
}

export interface PaidReceipt {
  service: string;
  price: bigint;
  charged: bigint;
}

export interface Prediction {
  /** Base units that lie on each account for ever, after everyone took theirs. */
  dust: Map<string, bigint>;
  /** Base units that each holder or owner took in all. */
  earned: Map<string, bigint>;
  /** What payers were charged, and what services were promised. */
  charged: bigint;
  promised: bigint;
}

const PPM = 1_000_000n;
const add = (map: Map<string, bigint>, key: string, amount: bigint) => map.set(key, (map.get(key) ?? 0n) + amount);

/** The state after all is claimed, passed on and taken. Registrations may come in any order. */
export function predict(registrations: readonly Registration[], receipts: readonly PaidReceipt[]): Prediction {
  const byAccount = new Map(registrations.map((r) => [r.account, r]));
  const arrived = new Map<string, bigint>();
  for (const { service, price } of receipts) add(arrived, service, price);

  const payers = new Map<string, number>();
  for (const r of registrations) for (const u of r.upstream) payers.set(u.account, (payers.get(u.account) ?? 0) + 1);
  const ready = registrations.map((r) => r.account).filter((a) => !payers.get(a));
  const dust = new Map<string, bigint>();
  const earned = new Map<string, bigint>();
  for (let account = ready.pop(); account !== undefined; account = ready.pop()) {
    const { owner, upstream, holders } = byAccount.get(account)!;
    const all = arrived.get(account) ?? 0n;
    let left = all;
    let weights = 0n;
    for (const u of upstream) {
      weights += u.weightPpm;
      const part = (all * u.weightPpm) / PPM;
      left -= part;
      add(arrived, u.account, part);
      const waiting = payers.get(u.account)! - 1;
      payers.set(u.account, waiting);
      if (waiting === 0) ready.push(u.account);
    }
    const holdersPart = all - (all * weights + PPM - 1n) / PPM;
    const supply = holders.reduce((n, h) => n + h.shares, 0n);
    const takes =
      supply === 0n
        ? [{ who: owner, amount: holdersPart }]
        : holders.map((h) => ({ who: h.holder, amount: (holdersPart * h.shares) / supply }));
    for (const { who, amount } of takes) {
      add(earned, who, amount);
      left -= amount;
    }
    dust.set(account, left);
  }
  return {
    dust,
    earned,
    charged: receipts.reduce((n, r) => n + r.charged, 0n),
    promised: receipts.reduce((n, r) => n + r.price, 0n),
  };
}
