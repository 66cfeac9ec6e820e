import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EarningsRecord, PaymentEntry } from '@tributary/payments';
import fc from 'fast-check';
import { createPaid } from './paid.ts';
import { id } from './test-support.ts';

/** A journal in memory that counts what is read of it. */
function journalOf(records: EarningsRecord[], maxMarks?: number) {
  const count = { read: 0 };
  const paid = createPaid(async function* (fromSeq) {
    for (const record of records.slice(fromSeq)) {
      count.read++;
      yield { record };
    }
  }, maxMarks);
  for (const [seq, record] of records.entries()) paid.note(seq, record);
  return { paid, count };
}

/** Records that pay channels by turns, `sizes[i]` payments of one unit each. */
function recordsOf(turns: readonly { channel: number; size: number }[]): EarningsRecord[] {
  const totals = new Map<number, bigint>();
  return turns.map(({ channel, size }) => {
    const entries = Array.from({ length: size }, () => {
      const from = totals.get(channel) ?? 0n;
      totals.set(channel, from + 1n);
      return { payment: { from, to: from + 1n } } as PaymentEntry;
    });
    const voucher = { maxClaimableAmount: totals.get(channel) ?? 0n, signature: '0x' } as const;
    return { kind: 'earnings.payments', channelId: id(channel), voucher, entries };
  });
}

const fromOf = (entries: PaymentEntry[]) => entries.map((e) => e.payment.from);

test('what comes back is what was paid, from any payment on, however sparse the marks are', async () => {
  const turn = fc.record({ channel: fc.nat(2), size: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { maxLength: 60 }),
      fc.integer({ min: 2, max: 8 }),
      fc.nat(80),
      async (turns, marks, from) => {
        const { paid } = journalOf(recordsOf(turns), marks);
        const total = turns.filter((t) => t.channel === 1).reduce((n, t) => n + t.size, 0);
        const wanted = Array.from({ length: Math.max(0, Math.min(10, total - from)) }, (_, i) => BigInt(from + i));
        assert.deepEqual(fromOf(await paid.from(id(1), BigInt(from), 10)), wanted);
      },
    ),
  );
});

test('attack: asking again and again for old payments reads the whole journal each time', async () => {
  const records = recordsOf(Array.from({ length: 20_000 }, (_, i) => ({ channel: i % 2, size: 1 })));
  const { paid, count } = journalOf(records);
  assert.deepEqual(fromOf(await paid.from(id(1), 9_000n, 3)), [9_000n, 9_001n, 9_002n]);
  assert.ok(count.read < 100, `${count.read} records were read`);
});

test('attack: nothing begins at what is asked for, so everything is searched', async () => {
  const records: EarningsRecord[] = recordsOf(Array.from({ length: 5_000 }, () => ({ channel: 1, size: 1 })));
  for (const r of records) {
    if (r.kind !== 'earnings.payments') continue;
    for (const { payment } of r.entries) {
      payment.from *= 2n;
      payment.to *= 2n;
    }
  }
  const { paid, count } = journalOf(records);
  assert.deepEqual(await paid.from(id(1), 3n, 10), []);
  assert.deepEqual(await paid.from(id(7), 0n, 10), []);
  assert.ok(count.read < 20, `${count.read} records were read`);
});

test('payments far apart come in part, and never none', async () => {
  const records = recordsOf(Array.from({ length: 60_000 }, (_, i) => ({ channel: i % 15_000 === 0 ? 1 : 2, size: 1 })));
  const { paid } = journalOf(records);
  assert.deepEqual(fromOf(await paid.from(id(1), 0n, 10)), [0n, 1n]);
  assert.deepEqual(fromOf(await paid.from(id(1), 2n, 10)), [2n, 3n]);
});
