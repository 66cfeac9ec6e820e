import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTests } from './count-tests.ts';

const HARDHAT = `
Running Solidity tests

  test/Coin.t.sol:CoinTest
    ✔ test_moves()
    1) test_burns()
    - test_later()

  181 passing
  2 failing
  1 skipped

  1) 3 passing lines in a message do not count
`;

const NODE = `
✔ adds up (1.2ms)
ℹ tests 12
ℹ suites 0
ℹ pass 5
ℹ fail 3
ℹ cancelled 1
ℹ skipped 2
ℹ todo 1
ℹ duration_ms 507.425135
`;

test("both runners' closing lines are added up", () => {
  assert.deepEqual(countTests(HARDHAT), { passed: 181, failed: 2, skipped: 1 });
  assert.deepEqual(countTests(NODE), { passed: 5, failed: 4, skipped: 3 });
  assert.deepEqual(countTests(HARDHAT + NODE), { passed: 186, failed: 6, skipped: 4 });
});

test('colours and other output change nothing', () => {
  assert.deepEqual(countTests('\u001b[34mℹ pass 4\u001b[39m\n  \u001b[32m7 passing\u001b[39m\n'), {
    passed: 11,
    failed: 0,
    skipped: 0,
  });
  assert.deepEqual(countTests('Found 0 errors.\n3 failing is a word\n'), { passed: 0, failed: 0, skipped: 0 });
});
