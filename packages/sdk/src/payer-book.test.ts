import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hex32 } from '@tributary/protocol';
import fc from 'fast-check';
import { createPayerBook, type PayerBookOptions } from './payer-book.ts';

const DEPOSIT = 10_000n;
const MAX_OPEN = 500n;
const NOW = 1_000;
const id = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}`;
const book = (options: Partial<PayerBookOptions> = {}) =>
  createPayerBook({ deposit: DEPOSIT, maxOpenAmount: MAX_OPEN, ...options });

/** The gateway's rule: charged + reserved ≤ the best ceiling it ever saw, and ≤ the deposit. */
function createGateway() {
  let charged = 0n;
  let ceiling = 0n;
  const reserved = new Map<number, bigint>();
  const sum = () => [...reserved.values()].reduce((a, b) => a + b, 0n);
  return {
    get charged() {
      return charged;
    },
    get ceiling() {
      return ceiling;
    },
    arrive(n: number, amount: bigint, voucher: bigint): boolean {
      const best = voucher > ceiling ? voucher : ceiling;
      if (charged + sum() + amount > best) return false;
      ceiling = best;
      reserved.set(n, amount);
      return true;
    },
    charge(n: number, amount: bigint): bigint {
      reserved.delete(n);
      charged += amount;
      return charged;
    },
  };
}

type Step = {
  kind: 'send' | 'answer' | 'fail' | 'loseAnswer' | 'loseRequest';
  amount: bigint;
  pick: number;
  delay: boolean;
};
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind'][]>(
      'send',
      'send',
      'send',
      'answer',
      'answer',
      'fail',
      'loseAnswer',
      'loseRequest',
    ),
    amount: fc.bigInt(0n, 200n),
    pick: fc.nat(),
    delay: fc.boolean(),
  }),
  { maxLength: 120 },
);

/** Plays steps against the simulated gateway; requests may be overtaken by later ones. Returns what to check. */
function play(script: Step[]) {
  const payer = book();
  const gateway = createGateway();
  const onTheWay: { n: number; amount: bigint; ceiling: bigint }[] = [];
  const serving: { n: number; amount: bigint }[] = [];
  const take = <T>(list: T[], pick: number): T | undefined => list.splice(pick % Math.max(list.length, 1), 1)[0];
  const deliver = (pick: number) => {
    const r = take(onTheWay, pick);
    if (!r) return;
    assert.ok(gateway.arrive(r.n, r.amount, r.ceiling), `honest request ${r.n} refused`);
    serving.push(r);
  };
  script.forEach((step, n) => {
    if (step.kind === 'send') {
      const { open } = payer.state();
      if (open + step.amount > MAX_OPEN) {
        assert.throws(() => payer.reserve(id(n), step.amount, NOW), { code: 'open_limit' });
      } else {
        onTheWay.push({ n, amount: step.amount, ceiling: payer.reserve(id(n), step.amount, NOW) });
        if (!step.delay) deliver(onTheWay.length - 1);
      }
    } else if (step.kind === 'loseRequest') {
      const r = take(onTheWay, step.pick);
      if (r) payer.lose(id(r.n), NOW + 600);
    } else {
      if (serving.length === 0) deliver(step.pick);
      const r = take(serving, step.pick);
      if (r && step.kind === 'fail') {
        gateway.charge(r.n, 0n);
        payer.release(id(r.n));
      } else if (r) {
        const charge = (r.amount * step.amount) / 200n;
        const total = gateway.charge(r.n, charge);
        if (step.kind === 'answer') payer.settle(id(r.n), charge, total);
        else payer.lose(id(r.n), NOW + 600);
      }
    }
    assert.ok(payer.state().signed <= gateway.charged + MAX_OPEN, 'more signed than charged + maxOpenAmount');
    assert.ok(gateway.charged <= payer.state().charged + payer.state().open, 'a charge the book cannot explain');
  });
  return { payer, gateway };
}

test('an honest gateway is never refused nor accused, and never holds more than maxOpenAmount beyond its charges', () => {
  fc.assert(
    fc.property(steps, (script) => {
      play(script);
    }),
    { numRuns: 500 },
  );
});

test('when all is answered, the book agrees with the gateway, lost answers included', () => {
  fc.assert(
    fc.property(steps, fc.bigInt(0n, 100n), (script, amount) => {
      const { payer, gateway } = play(script);
      const state = payer.state();
      for (const r of state.reservations) if (r.lostUntil === null) payer.release(r.requestId);
      // After their time lost requests cannot be charged any more.
      payer.reserve(id(9_999), amount, NOW + 601);
      payer.settle(id(9_999), 0n, gateway.charged);
      assert.deepEqual(
        { charged: payer.state().charged, open: payer.state().open },
        { charged: gateway.charged, open: 0n },
      );
    }),
    { numRuns: 200 },
  );
});

test('a charge above its reservation stops the book for good', () => {
  const payer = book();
  payer.reserve(id(1), 100n, NOW);
  assert.throws(() => payer.settle(id(1), 101n), { code: 'gateway_overcharged' });
  assert.throws(() => payer.reserve(id(2), 1n, NOW), { code: 'gateway_overcharged' });
});

test('a total above all known charges and open reservations stops the book', () => {
  const payer = book();
  payer.reserve(id(1), 100n, NOW);
  payer.reserve(id(2), 100n, NOW);
  assert.throws(() => payer.settle(id(1), 50n, 151n), { code: 'gateway_overcharged' });
});

test('the deposit bounds every ceiling', () => {
  const payer = book({ deposit: 150n });
  assert.equal(payer.reserve(id(1), 100n, NOW), 100n);
  assert.throws(() => payer.reserve(id(2), 51n, NOW), { code: 'deposit_exhausted' });
  payer.setDeposit(151n);
  assert.equal(payer.reserve(id(2), 51n, NOW), 151n);
});

test('adopt takes a total that our own vouchers explain, and nothing else', () => {
  const payer = book({ charged: 10n });
  payer.adopt(40n, 60n, 10n);
  assert.deepEqual({ charged: payer.state().charged, signed: payer.state().signed }, { charged: 40n, signed: 60n });
  assert.equal(payer.reserve(id(1), 5n, NOW), 60n);
  assert.throws(() => payer.adopt(61n, 60n, 10n), { code: 'gateway_overcharged' });
});
