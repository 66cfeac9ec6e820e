import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CreditAccount, createCredit } from './credit.ts';

const UNCOVERED = 100n;
const POOL = 500n;

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function creditOf() {
  const clock = { now: 1_000 };
  const credit = createCredit({ uncoveredLimit: UNCOVERED, unpaidLimit: POOL, now: () => clock.now });
  /** Answers as much as is allowed, at most `wanted`, and is never paid for it. */
  function cheat(account: CreditAccount, wanted: bigint): bigint {
    const taken = min(credit.room(account).amount, wanted);
    credit.change(account, taken);
    credit.lose(account, taken);
    return taken;
  }
  /** Is answered and pays, as far as it is let. */
  function payFor(account: CreditAccount, price: bigint): void {
    for (let left = price; left > 0n; ) {
      const part = min(left, credit.room(account).amount);
      if (part === 0n) return;
      credit.change(account, part);
      credit.change(account, -part);
      credit.pay(account, part);
      left -= part;
    }
  }
  return { clock, credit, cheat, payFor };
}

test('attack: a stranger opens a thousand channels and pays on none of them', () => {
  const { clock, credit, cheat } = creditOf();
  let gained = 0n;
  for (let n = 0; n < 1_000; n++) gained += cheat(credit.open(0n), 1_000n);
  assert.equal(gained, POOL);
  clock.now += 86_400;
  for (let n = 0; n < 1_000; n++) gained += cheat(credit.open(0n), 1_000n);
  assert.equal(gained, 2n * POOL);
});

test('who has paid is served while strangers have used up the pool', () => {
  const { credit, cheat, payFor } = creditOf();
  const honest = credit.open(0n);
  payFor(honest, 300n);
  while (cheat(credit.open(0n), 1_000n) > 0n);
  assert.equal(credit.room(credit.open(0n)).amount, 0n);
  assert.equal(credit.room(honest).amount, 30n);
});

test('an unpaid answer costs ten times its price in credit, and what comes late restores it', () => {
  const { credit } = creditOf();
  const account = credit.open(1_000n);
  credit.change(account, 60n);
  const borne = credit.lose(account, 60n);
  assert.equal(borne, 0n, 'its own credit bears it');
  assert.equal(credit.room(account).amount, UNCOVERED, 'forty of its own, the rest from the pool');
  credit.change(account, 50n);
  assert.equal(account.drawn, 10n);
  credit.regain(account, 60n, borne);
  assert.equal(account.drawn, 0n);
});

test('whatever strangers do, unpaid answers stay below the pool, its growth, and a tenth of what was paid', () => {
  const step = fc.record({
    channel: fc.nat(5),
    act: fc.constantFrom('open' as const, 'lose' as const, 'pay' as const, 'regain' as const, 'fresh' as const),
    amount: fc.bigInt(0n, 200n),
    waitSeconds: fc.nat(20_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { clock, credit } = creditOf();
      const channels = Array.from({ length: 6 }, () => ({ account: credit.open(0n), lost: [] as [bigint, bigint][] }));
      const start = clock.now;
      let paid = 0n;
      let unpaid = 0n;
      for (const { channel, act, amount, waitSeconds } of steps) {
        clock.now += waitSeconds;
        const c = channels[channel]!;
        if (act === 'open' && amount <= credit.room(c.account).amount) {
          credit.change(c.account, amount);
        } else if (act === 'lose' && c.account.open > 0n) {
          const part = min(amount, c.account.open);
          c.lost.push([part, credit.lose(c.account, part)]);
          unpaid += part;
        } else if (act === 'pay' && c.account.open > 0n) {
          const part = min(amount, c.account.open);
          credit.change(c.account, -part);
          credit.pay(c.account, part);
          paid += part;
        } else if (act === 'regain') {
          const late = c.lost.pop();
          if (!late) continue;
          credit.pay(c.account, late[0]);
          credit.regain(c.account, ...late);
          paid += late[0];
          unpaid -= late[0];
        } else if (act === 'fresh' && c.account.open === 0n) {
          channels[channel] = { account: credit.open(0n), lost: [] };
        }
        const open = channels.reduce((sum, { account }) => sum + account.open, 0n);
        const most = POOL + (POOL * BigInt(clock.now - start)) / 86_400n + paid / 10n;
        assert.ok(unpaid + open <= most, `${unpaid} unpaid and ${open} open, at most ${most}`);
      }
    }),
    { numRuns: 500 },
  );
});
