import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupChecks, verdict } from './receipt-state.ts';

const check = (name: string, ok: boolean | null) => ({ name, ok, detail: '' });

test('checks are grouped in plain words, and none is lost', () => {
  const checks = [
    check('provider signature', true),
    check('provider had the right to sign', true),
    check('answer hash', false),
    check('claim covers the interval', null),
    check('a check of tomorrow', true),
  ];
  const groups = groupChecks(checks);
  assert.deepEqual(
    groups.map((g) => [g.title, g.state]),
    [
      ['Signed by the service that answered', 'holds'],
      ['Belongs to this question and this answer', 'fails'],
      ['Collected on the chain', 'open'],
      ['Made for this network', 'holds'],
    ],
  );
  assert.equal(groups.flatMap((g) => g.checks).length, checks.length);
});

test('one failed check spoils the receipt, whatever else holds', () => {
  const facts = { claimed: true, free: false };
  assert.equal(verdict([check('a', true), check('b', false)], facts).state, 'fails');
  assert.match(verdict([check('a', true)], facts).text, /collected/);
  assert.match(verdict([check('a', true), check('b', null)], { claimed: false, free: false }).text, /promised/);
  assert.match(verdict([check('a', true)], { claimed: false, free: true }).text, /nothing was charged/);
});
