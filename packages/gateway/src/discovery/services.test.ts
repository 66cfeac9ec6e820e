import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assets, identity } from '@tributary/chain';
import { curve } from '@tributary/payments';
import { type Address, fromHex } from '@tributary/protocol';
import { type DevnetFixture, devnetFixture, testKey } from '@tributary/testing';
import { createGuardedFetch, type GuardedFetch } from '@tributary/work';
import { pino } from 'pino';
import { createCatalog } from '../route/catalog.ts';
import { startFakeNode } from '../test-support.ts';
import { createDiscovery } from './services.ts';

const DEAD = 'http://dead.test';
const MINUTE_MS = 60_000;

let net: DevnetFixture;
let alive: Address;
let dead: Address;
const cleanups: (() => unknown)[] = [];

before(async () => {
  net = await devnetFixture({ wallets: 2 });
  const owner = net.wallets[1]!;
  const { agentId } = await identity.register(owner, 'data:,agent');
  const model = await assets.register(owner, { kind: 'model', uri: 'data:,model' });
  const upstream = [{ account: model.account, weightPpm: 200_000 }];
  // Registered first, so that it is looked at first.
  dead = (await assets.register(owner, { kind: 'service', uri: 'data:,dead', upstream })).account;
  await assets.setURI(owner, dead, `${DEAD}/services/${dead}`);
  alive = (await assets.register(owner, { kind: 'service', uri: 'data:,alive', upstream })).account;
  const node = await startFakeNode({ after: (work: () => unknown) => cleanups.push(work) } as never, {
    chain: {
      chainId: net.chainId,
      receiptLog: net.contracts.receiptLog,
      dollar: net.contracts.dollar,
      account: alive,
      modelAsset: model.account,
      agentId,
      key: fromHex(testKey(1)),
    },
  });
  await assets.setURI(owner, alive, `${node.node.url}/services/${alive}`);
});
after(async () => {
  for (const work of cleanups) await work();
  await net.stop();
});

/** Discovery over the real chain, whose dead service answers as it is told. */
function discoveryWith(dead: () => Promise<never>) {
  const catalog = createCatalog();
  const clock = { ms: 0 };
  const looks = { dead: 0, opened: [] as Address[] };
  const real = createGuardedFetch({ allowPrivate: true });
  cleanups.push(() => real.close());
  const fetch = Object.assign(
    ((url, request) => {
      if (!url.startsWith(DEAD)) return real(url, request);
      looks.dead++;
      return dead();
    }) as GuardedFetch,
    { close: real.close },
  );
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const discovery = createDiscovery({
    reader: net.reader,
    fetch,
    curve,
    catalog,
    async openSpoke(account) {
      looks.opened.push(account);
      resolve();
    },
    onNewCard: () => undefined,
    fromBlock: 0n,
    log: pino({ level: 'silent' }),
    nowMs: () => clock.ms,
  });
  return { catalog, clock, looks, discovery, opened };
}

test('attack: a service that takes the connection and says nothing holds up the others', async () => {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const { catalog, discovery, opened, looks } = discoveryWith(() => silence);
  const looking = discovery.look();
  await opened;
  while (catalog.get(alive)?.unavailable !== null) await new Promise(setImmediate);
  assert.equal(catalog.get(dead), undefined);
  assert.deepEqual(looks, { dead: 1, opened: [alive] });
  reject(new Error('timeout'));
  await looking;
  assert.equal(catalog.awaited, 1, 'it may still be starting');
});

test('a service that stays away is waited for a minute, then looked at less and less', async () => {
  const { catalog, clock, discovery, looks } = discoveryWith(() => Promise.reject(new Error('refused')));
  await discovery.look();
  assert.equal(catalog.awaited, 1);
  clock.ms = MINUTE_MS;
  await discovery.look();
  assert.equal(catalog.awaited, 0, 'nobody waits for it any more');
  looks.dead = 0;
  for (let n = 0; n < 90; n++) {
    clock.ms += 2 * MINUTE_MS;
    await discovery.look();
  }
  assert.ok(looks.dead > 15 && looks.dead < 40, `${looks.dead} looks in three hours`);
  assert.equal(catalog.get(alive)?.unavailable, null);
});

test('a service that moved is looked at again at once', async () => {
  const { clock, discovery, looks } = discoveryWith(() => Promise.reject(new Error('refused')));
  await discovery.look();
  clock.ms = 10 * MINUTE_MS;
  await discovery.look();
  looks.dead = 0;
  await discovery.look();
  assert.equal(looks.dead, 0);
  await assets.setURI(net.wallets[1]!, dead, `${DEAD}/elsewhere/services/${dead}`);
  await discovery.look();
  assert.equal(looks.dead, 1);
});
