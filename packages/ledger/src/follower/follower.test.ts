import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assets as assetActions, identity, tokens } from '@tributary/chain';
import type { Address } from '@tributary/protocol';
import fc from 'fast-check';
import { listAssets } from '../queries/assets.ts';
import { listHolders } from '../queries/holders.ts';
import { chainTables, tokenTransfers } from '../store/schema.ts';
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
      rows.map(({ account, kind, owner, uri, duesPpm, upstream: up, shares }) => ({
        account,
        kind,
        owner,
        uri,
        duesPpm,
        up: up.map((u) => ({ account: u.account, weightPpm: u.weightPpm })),
        shares,
      })),
      [
        {
          account: dataset.account,
          kind: 'dataset',
          owner: address(alice),
          uri: 'one',
          duesPpm: 50_000,
          up: [],
          shares: 10n * SHARE,
        },
        {
          account: model.account,
          kind: 'model',
          owner: address(bob),
          uri: 'three',
          duesPpm: 0,
          up: upstream,
          shares: 0n,
        },
      ],
    );
    assert.deepEqual(
      (await listHolders(store.db, dataset.account, { limit: 9 })).rows.map((h) => [h.holder, h.shares]),
      [
        [address(alice), 6n * SHARE],
        [address(bob), 4n * SHARE],
      ],
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

    await tokens.mint(alice, alice.account.address, 1_000_000n);
    const { agentId } = await identity.register(bob, 'rated');
    const acts = [
      'register',
      'uri',
      'shares',
      'agent',
      'ahead',
      'pay',
      'flush',
      'rate',
      'mine',
      'snapshot',
      'revert',
      'poll',
    ];
    const act = fc.constantFrom(...acts);
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 16 }), async (acts) => {
        const snapshots: unknown[] = [await network.rpc('evm_snapshot')];
        const accounts: { account: Address; at: number }[] = [];
        const plan = () => ({
          kind: 'dataset' as const,
          uri: `uri ${uris}`,
          upstream: accounts.slice(-1).map(({ account }) => ({ account, weightPpm: 10_000 })),
          holders: [{ holder: alice.account.address, shares: SHARE }],
        });
        const take = async () => {
          const { account } = await assetActions.register(alice, plan());
          uris++;
          return account;
        };
        const pay = (to: Address) => tokens.transfer(alice, to, 1_000n);
        for (const a of acts) {
          const last = accounts.at(-1)?.account;
          if (a === 'register') accounts.push({ account: await take(), at: snapshots.length });
          if (a === 'uri' && last) await assetActions.setURI(alice, last, `changed ${uris++}`);
          if (a === 'shares' && last) await assetActions.transferShares(alice, last, bob.account.address, 1_000n);
          if (a === 'agent') await identity.register(bob, `agent ${uris++}`);
          if (a === 'ahead') await pay(await assetActions.predict(alice, alice.account.address, plan()));
          if (a === 'pay' && last) await pay(last);
          if (a === 'flush' && last) await assetActions.flush(alice, last);
          if (a === 'rate')
            await identity.giveFeedback(alice, { agentId, value: -5n, valueDecimals: 1, tag1: 'starred' });
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

test('money that came before its asset is found with the registration, and forgotten with it', async (t) => {
  const network = await networkFor(t);
  const store = await databases[0]!.open(t);
  const [alice] = network.writers;
  const follower = await startFollower({ reader: alice, store, intervalMs: 0, maxRange: 2 });
  const facts = { kind: 'dataset', uri: 'paid ahead' } as const;
  await tokens.mint(alice, alice.account.address, 1_000n);
  await tokens.transfer(alice, await assetActions.predict(alice, alice.account.address, facts), 700n);
  await network.rpc('anvil_mine', 7);
  await follower.poll();
  const before = await network.rpc('evm_snapshot');
  for (let i = 0; i < 2; i++) {
    const { account } = await assetActions.register(alice, facts);
    await follower.poll();
    const [asset] = await listAssets(store.db, [account]);
    assert.equal(asset?.flows[0]?.received, 700n);
    if (i === 1) break;
    await network.revert(before);
    await network.rpc('anvil_mine', 3);
    await follower.poll();
    assert.deepEqual(await store.db.select().from(tokenTransfers), []);
  }
  await follower.stop();
});

test('attack: a NUL in what a stranger writes does not stop the follower', async (t) => {
  const network = await networkFor(t);
  const store = await databases[0]!.open(t);
  const [alice] = network.writers;
  const follower = await startFollower({ reader: alice, store, intervalMs: 0 });
  const { account } = await assetActions.register(alice, { kind: 'dataset', uri: 'a\0b' });
  await identity.register(alice, '\0', { 'key\0': new Uint8Array(1) });
  await follower.poll();
  assert.equal((await listAssets(store.db, [account]))[0]?.uri, 'a\u{fffd}b');
  await follower.stop();
});

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
