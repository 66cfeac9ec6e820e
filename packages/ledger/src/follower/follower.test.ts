import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assets as assetActions, identity } from '@tributary/chain';
import type { Address } from '@tributary/protocol';
import fc from 'fast-check';
import { listAssets } from '../store/chain-queries.ts';
import { chainTables } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { databases, networkFor } from '../test-support.ts';
import { type FollowedEvents, startFollower } from './follower.ts';
import { ensureSource } from './tables.ts';

const SHARE = 10n ** 18n;

/** All that the tables say, in the order of the chain. */
async function contents(db: Database): Promise<Record<string, unknown>[][]> {
  const out = [];
  for (const table of chainTables) {
    out.push(await db.select().from(table).orderBy(table.blockNumber, table.logIndex, table.row));
  }
  return out;
}

for (const database of databases) {
  test(`the follower brings assets, owners, shares and agents into the tables (${database.name})`, {
    skip: database.skip,
  }, async (t) => {
    const network = await networkFor(t);
    const store = await database.open(t);
    const [alice, bob] = network.writers;
    const follower = await startFollower({ reader: alice, store, intervalMs: 0 });
    const told: FollowedEvents[] = [];
    follower.onEvents((f) => told.push(f));

    const dataset = await assetActions.register(alice, {
      kind: 'dataset',
      uri: 'one',
      duesPpm: 50_000,
      holders: [{ holder: alice.account.address, shares: 10n * SHARE }],
    });
    const upstream = [{ account: dataset.account, weightPpm: 400_000 }];
    const model = await assetActions.register(bob, { kind: 'model', uri: 'two', upstream });
    await assetActions.setURI(bob, model.account, 'three');
    const { receipt } = await assetActions.transferShares(alice, dataset.account, bob.account.address, 4n * SHARE);
    await identity.register(bob, 'https://agent.example');
    const seen = follower.waitForBlock(receipt.blockNumber);
    await follower.poll();
    await seen;

    const address = (w: typeof alice) => w.account.address.toLowerCase() as Address;
    const rows = await listAssets(store.db);
    assert.deepEqual(
      rows.map(({ account, kind, owner, uri, duesPpm, upstream: up, holders }) => ({
        account,
        kind,
        owner,
        uri,
        duesPpm,
        up,
        holders,
      })),
      [
        {
          account: dataset.account,
          kind: 'dataset',
          owner: address(alice),
          uri: 'one',
          duesPpm: 50_000,
          up: [],
          holders: [
            { holder: address(alice), shares: 6n * SHARE },
            { holder: address(bob), shares: 4n * SHARE },
          ],
        },
        {
          account: model.account,
          kind: 'model',
          owner: address(bob),
          uri: 'three',
          duesPpm: 0,
          up: upstream,
          holders: [],
        },
      ],
    );
    assert.deepEqual(
      (await listAssets(store.db, { owner: address(bob) })).map((a) => a.account),
      [model.account],
    );
    const names = told.flatMap((f) => f.events.map((e) => `${e.source}.${e.eventName}`));
    for (const name of ['assetRegistry.Registered', 'account.Transfer', 'identityRegistry.Registered']) {
      assert.ok(names.includes(name), `${name} in ${names}`);
    }
    await follower.stop();
  });

  test(`after any reorganisations the tables equal those of a fresh follow (${database.name})`, {
    skip: database.skip,
  }, async (t) => {
    const network = await networkFor(t);
    const healed = await database.open(t);
    const fresh = await database.open(t);
    const [alice, bob] = network.writers;
    const follower = await startFollower({ reader: alice, store: healed, intervalMs: 0, maxRange: 7 });
    let uris = 0;

    const act = fc.constantFrom('register', 'uri', 'shares', 'agent', 'mine', 'snapshot', 'revert', 'poll');
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 16 }), async (acts) => {
        const snapshots: unknown[] = [await network.rpc('evm_snapshot')];
        const accounts: { account: Address; at: number }[] = [];
        const take = async () =>
          (
            await assetActions.register(alice, {
              kind: 'dataset',
              uri: `uri ${uris++}`,
              upstream: accounts.slice(-1).map(({ account }) => ({ account, weightPpm: 10_000 })),
              holders: [{ holder: alice.account.address, shares: SHARE }],
            })
          ).account;
        for (const a of acts) {
          const last = accounts.at(-1)?.account;
          if (a === 'register') accounts.push({ account: await take(), at: snapshots.length });
          if (a === 'uri' && last) await assetActions.setURI(alice, last, `changed ${uris++}`);
          if (a === 'shares' && last) await assetActions.transferShares(alice, last, bob.account.address, 1_000n);
          if (a === 'agent') await identity.register(bob, `agent ${uris++}`);
          if (a === 'mine') await network.rpc('anvil_mine', 3);
          if (a === 'snapshot') snapshots.push(await network.rpc('evm_snapshot'));
          if (a === 'revert') {
            const back = snapshots.pop() ?? (await network.rpc('evm_snapshot'));
            await network.revert(back);
            while ((accounts.at(-1)?.at ?? 0) > snapshots.length) accounts.pop();
          }
          if (a === 'poll') await follower.poll();
        }
        await follower.poll();
        await ensureSource(fresh.db, 'nothing yet');
        const second = await startFollower({ reader: alice, store: fresh, intervalMs: 0 });
        await second.poll();
        assert.deepEqual(await contents(healed.db), await contents(fresh.db));
        await second.stop();
      }),
      { numRuns: 8 },
    );
    await follower.stop();
  });
}

test('a listener hears how far blocks were taken back, and one that fails does not stop the others', async (t) => {
  const network = await networkFor(t);
  const store = await databases[0]!.open(t);
  const [alice] = network.writers;
  const follower = await startFollower({ reader: alice, store, intervalMs: 0 });
  await follower.poll();
  const before = follower.head()!.number;
  follower.onEvents(() => {
    throw new Error('listener');
  });
  const told: FollowedEvents[] = [];
  const off = follower.onEvents((f) => told.push(f));
  const id = await network.rpc('evm_snapshot');
  await identity.register(alice, 'gone');
  await follower.poll();
  await network.revert(id);
  await network.rpc('anvil_mine', 2);
  await follower.poll();
  assert.deepEqual(
    told.map((f) => [f.events.length > 0, f.rolledBackTo]),
    [
      [true, undefined],
      [false, before],
      [false, undefined],
    ],
  );
  off();
  await network.rpc('anvil_mine', 1);
  await follower.poll();
  assert.equal(told.length, 3);
  const waiting = follower.waitForBlock(1_000_000);
  await Promise.all([assert.rejects(waiting, { code: 'follower_stopped' }), follower.stop()]);
});

test('tables of another chain or of other contracts are emptied', async (t) => {
  const network = await networkFor(t);
  const store = await databases[0]!.open(t);
  const [alice] = network.writers;
  await identity.register(alice, 'agent');
  const first = await startFollower({ reader: alice, store, intervalMs: 0 });
  await first.poll();
  await first.stop();
  const other = { ...alice, contracts: { ...alice.contracts, trib: `0x${'1'.repeat(40)}` as Address } };
  const second = await startFollower({ reader: other, store, intervalMs: 0 });
  assert.equal(second.head(), null);
  await second.stop();
});
