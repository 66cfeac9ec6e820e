import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelConfig, Hex } from '@tributary/protocol';
import type { ClaimRow } from './claim.ts';
import { CLAIM_OUTCOMES, decodeOutcomes, encodeCompactClaims } from './compact.ts';

const address = (byte: string): Hex => `0x${byte.repeat(20)}`;
const salt = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;

function row(changes: Partial<ChannelConfig> & Partial<ClaimRow> = {}): ClaimRow {
  const { maxClaimableAmount = 1_000n, totalClaimed = 1_000n, signature, ...config } = changes;
  return {
    config: {
      payer: address('a1'),
      payerAuthorizer: address('a2'),
      receiver: address('a3'),
      receiverAuthorizer: address('a4'),
      token: address('a5'),
      withdrawDelay: 900,
      salt: salt(7),
      ...config,
    },
    maxClaimableAmount,
    totalClaimed,
    signature: signature ?? `0x${'11'.repeat(32)}${'22'.repeat(32)}1b`,
  };
}

test('a row at its ceiling is packed as the contract’s manual says', () => {
  const { groups, order } = encodeCompactClaims([row()], { settle: true });
  assert.deepEqual(order, [0]);
  assert.equal(
    groups,
    [
      '0x',
      'a3'.repeat(20),
      'a4'.repeat(20),
      'a5'.repeat(20),
      '0000000384', // withdrawDelay
      '03', // total is the ceiling, settle
      '01', // bytes of a salt
      '02', // bytes of an amount
      '0001', // rows
      'a1'.repeat(20),
      'a2'.repeat(20),
      '07',
      '03e8',
      '11'.repeat(32),
      '22'.repeat(32),
    ].join(''),
  );
});

test('v 28 is the highest bit of s, and a total below the ceiling is written out', () => {
  const signature: Hex = `0x${'11'.repeat(32)}${'22'.repeat(32)}1c`;
  const { groups } = encodeCompactClaims([row({ totalClaimed: 5n, signature, salt: salt(0) })]);
  assert.ok(groups.endsWith(`${'a2'.repeat(20)}03e80005${'11'.repeat(32)}a2${'22'.repeat(31)}`));
});

test('rows are sorted into groups and their outcomes come back in the given order', () => {
  const rows = [row(), row({ receiver: address('b3') }), row({ salt: salt(300) })];
  const { groups, order } = encodeCompactClaims(rows);
  assert.deepEqual(order, [0, 2, 1]);
  // Two headers; three rows, of which two have salts of two bytes.
  assert.equal((groups.length - 2) / 2, 2 * 70 + 2 * (104 + 2 + 2) + (104 + 1 + 2));
  assert.deepEqual(decodeOutcomes('0x000105', order), [CLAIM_OUTCOMES[0], CLAIM_OUTCOMES[5], CLAIM_OUTCOMES[1]]);
  assert.throws(() => decodeOutcomes('0x00', order), { code: 'chain_error' });
});

test('a hundred claims at their ceiling take less than 135 bytes each', () => {
  const rows = Array.from({ length: 100 }, (_, i) =>
    row({ salt: salt(i), maxClaimableAmount: 10n ** 12n, totalClaimed: 10n ** 12n }),
  );
  assert.ok((encodeCompactClaims(rows).groups.length - 2) / 2 / 100 < 135);
});

test('signatures that the contract would not take are refused', () => {
  const high = `0x${'11'.repeat(32)}ff${'22'.repeat(31)}1b` as const;
  for (const signature of [high, `0x${'11'.repeat(64)}00`, '0x'] as Hex[]) {
    assert.throws(() => encodeCompactClaims([row({ signature })]), { code: 'bad_signature' });
  }
  assert.throws(() => encodeCompactClaims([]), RangeError);
});
