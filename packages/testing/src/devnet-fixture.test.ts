import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDollarAbi } from '@tributary/chain';
import { devnetFixture } from './devnet-fixture.ts';

test('a fixture has funded wallets, goes back to snapshots, and comes back after a restart on the same URL', async () => {
  await using net = await devnetFixture({ wallets: 2, dollars: 5_000_000n });
  const balance = (i: number) =>
    net.reader.client.readContract({
      address: net.contracts.dollar,
      abi: testDollarAbi,
      functionName: 'balanceOf',
      args: [net.wallets[i]!.account.address],
    });
  assert.deepEqual(await Promise.all([balance(0), balance(1)]), [5_000_000n, 5_000_000n]);
  const id = await net.snapshot();
  await net.mint(net.wallets[1]!.account.address, 1n);
  await net.revert(id);
  await net.mint(net.wallets[1]!.account.address, 2n);
  assert.equal(await balance(1), 5_000_002n);
  const before = await net.reader.client.getBlock();
  await net.increaseTime(86_400);
  assert.ok((await net.reader.client.getBlock()).timestamp >= before.timestamp + 86_400n);
  await net.restart();
  assert.equal(await balance(1), 5_000_002n);
});

test('two fixtures in one process do not disturb each other', async () => {
  await using a = await devnetFixture({ wallets: 1 });
  await using b = await devnetFixture({ wallets: 1 });
  for (let i = 0; i < 3; i++) await a.mint(a.wallet.account.address, 1n);
  await b.mint(b.wallet.account.address, 1n);
});
