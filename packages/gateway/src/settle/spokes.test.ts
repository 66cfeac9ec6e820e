import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { channels, tokens } from '@tributary/chain';
import { createSpokeBook, curve } from '@tributary/payments';
import { type Address, channelDigests, fromHex, type Hex32, receiptDigests, sameHex, toHex } from '@tributary/protocol';
import { type DevnetFixture, devnetFixture, testKey } from '@tributary/testing';
import { pino } from 'pino';
import { random32 } from '../random.ts';
import { createSpokes, sessionKeyOf } from './spokes.ts';

const DEPOSIT = 1_000_000n;
const DAY = 86_400;
const KEY = fromHex(testKey(1));

let net: DevnetFixture;
before(async () => {
  net = await devnetFixture({ wallets: 2 });
});
after(() => net.stop());

/** The spokes of a gateway in front of services that are `present` or gone. */
function gatewayOf() {
  const writer = net.wallets[1]!;
  const digests = channelDigests(net.chainId, net.contracts.channels);
  const sessionKey = sessionKeyOf(KEY);
  const book = createSpokeBook({
    channelDigests: digests,
    receiptDigests: receiptDigests(net.chainId, net.contracts.receiptLog),
    curve,
    sessionKey,
    spokeAuthorizer: net.contracts.spokeAuthorizer,
    token: net.contracts.dollar,
  });
  const present = new Set<Address>();
  const lastAnswers = new Map<Address, number>();
  const spokes = createSpokes({
    writer,
    key: KEY,
    sessionAddress: curve.addressOf(sessionKey),
    digests,
    curve,
    books: {
      spokes: book,
      async keep(records) {
        for (const r of records) if (r.kind === 'spoke.channel') book.apply(r);
      },
    },
    deposit: DEPOSIT,
    reclaim: {
      afterSeconds: 7 * DAY,
      minimum: 1_000n,
      isGone: (service) => !present.has(service),
      lastAnswer: (service) => lastAnswers.get(service),
    },
    log: pino({ level: 'silent' }),
  });
  const service: Address = toHex(crypto.getRandomValues(new Uint8Array(20)));
  const spokeOf = () => book.channelOf(service)!;
  return {
    service,
    book,
    spokes,
    present,
    lastAnswers,
    spokeOf,
    state: () => channels.state(net.reader, spokeOf().channelId),
    held: () => tokens.balanceOf(net.reader, writer.account.address),
    now: async () => Number((await net.reader.client.getBlock()).timestamp),
    /** Answers that the service is promised `amount` for. */
    use(amount: bigint) {
      const { channelId } = spokeOf();
      book.hold(channelId, random32(), 0n);
      return book.number(channelId, amount);
    },
  };
}

test('attack: anybody registers a service and has a whole deposit locked for it', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  assert.equal((await g.state()).balance, DEPOSIT / 20n);
  await g.spokes.open(g.service);
  await g.spokes.topUpLow();
  assert.equal((await g.state()).balance, DEPOSIT / 20n, 'asking again brings nothing more');
});

test('a channel is filled up to what its service has earned, at most to a whole deposit', async () => {
  const g = gatewayOf();
  g.present.add(g.service);
  await g.spokes.open(g.service);
  g.use(40_000n);
  await g.spokes.topUpLow();
  assert.equal(g.spokeOf().left, 50_000n, 'little was earned yet: as much as at first');
  g.use(50_000n);
  await g.spokes.topUpLow();
  assert.equal(g.spokeOf().left, 90_000n);
  for (let n = 0; n < 20; n++) {
    g.use(g.spokeOf().left);
    await g.spokes.topUpLow();
  }
  assert.equal(g.spokeOf().left, DEPOSIT);
  await g.spokes.topUp(g.service, 3n * DEPOSIT);
  assert.equal(g.spokeOf().left, DEPOSIT, 'whatever one answer may cost');
});

test('attack: a hundred services that nobody asks keep money; the next one gets none', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  const { config } = g.spokeOf();
  for (let n = 1; n < 100; n++) {
    const receiver: Address = toHex(Uint8Array.from({ length: 20 }, (_, i) => (i < 2 ? n : 7)));
    const onChain = { balance: 50_000n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };
    for (const r of g.book.learn({ ...config, receiver }, onChain)) g.book.apply(r);
  }
  const stranger: Address = toHex(new Uint8Array(20).fill(9));
  await assert.rejects(g.spokes.open(stranger), { code: 'too_many_untried', status: 503 });
});

test('services whose deposit came back close the market to nobody', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  const { config } = g.spokeOf();
  for (let n = 1; n < 100; n++) {
    const receiver: Address = toHex(Uint8Array.from({ length: 20 }, (_, i) => (i < 2 ? n : 5)));
    const onChain = { balance: 0n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };
    for (const r of g.book.learn({ ...config, receiver }, onChain)) g.book.apply(r);
  }
  const next: Address = toHex(crypto.getRandomValues(new Uint8Array(20)));
  await g.spokes.open(next);
  assert.equal(g.book.channelOf(next)?.left, DEPOSIT / 20n);
});

test('a withdrawal that is done already on the chain closes a service no longer', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  await net.increaseTime(8 * DAY);
  await g.spokes.reclaim();
  await net.increaseTime(DAY + 1);
  await channels.finalizeWithdraw(net.wallets[1]!, g.spokeOf().config);
  await g.spokes.reclaim();
  assert.equal(g.spokeOf().onChain?.withdrawRequestedAt, 0);
  await g.spokes.topUp(g.service, 1n);
  assert.equal(g.spokeOf().left, DEPOSIT / 20n);
});

test('attack: a hundred services that are there, but never asked, close the market for ever', async () => {
  const g = gatewayOf();
  g.present.add(g.service);
  await g.spokes.open(g.service);
  await net.increaseTime(8 * DAY);
  await g.spokes.reclaim();
  assert.equal((await g.state()).withdrawRequestedAt, 0, 'while there is room, nobody loses a deposit');
  const { config } = g.spokeOf();
  for (let n = 1; n < 100; n++) {
    const receiver: Address = toHex(Uint8Array.from({ length: 20 }, (_, i) => (i < 2 ? n : 3)));
    g.present.add(receiver);
    const onChain = { balance: 50_000n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };
    for (const r of g.book.learn({ ...config, receiver }, onChain)) g.book.apply(r);
  }
  await g.spokes.reclaim();
  assert.notEqual((await g.state()).withdrawRequestedAt, 0);
  const next: Address = toHex(crypto.getRandomValues(new Uint8Array(20)));
  await g.spokes.open(next);
  assert.equal(g.book.channelOf(next)?.left, DEPOSIT / 20n);
});

test('attack: one dear question to a service that never answered locks no more than its price', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  await g.spokes.topUp(g.service, DEPOSIT / 4n);
  assert.equal(g.spokeOf().left, DEPOSIT / 4n);
  g.use(1n);
  await g.spokes.topUp(g.service, DEPOSIT / 4n);
  assert.equal(g.spokeOf().left, DEPOSIT / 2n);
});

test('the deposit of a service that went away comes back, except what it was promised', async () => {
  const g = gatewayOf();
  g.present.add(g.service);
  await g.spokes.open(g.service);
  g.use(20_000n);
  g.lastAnswers.set(g.service, await g.now());
  await g.spokes.reclaim();
  g.present.delete(g.service);
  await net.increaseTime(6 * DAY);
  await g.spokes.reclaim();
  assert.equal((await g.state()).withdrawRequestedAt, 0, 'a service may be away for some days');

  await net.increaseTime(2 * DAY);
  await g.spokes.reclaim();
  assert.notEqual((await g.state()).withdrawRequestedAt, 0);
  assert.equal(g.spokeOf().left, 0n, 'nobody is asked on a channel that is being emptied');
  await g.spokes.topUpLow();
  assert.equal((await g.state()).balance, DEPOSIT / 20n, 'it is not filled up meanwhile');
  g.present.add(g.service);
  await assert.rejects(g.spokes.open(g.service), { code: 'withdrawal_pending' });
  g.present.delete(g.service);

  const before = await g.held();
  await g.spokes.reclaim();
  assert.equal(await g.held(), before, 'services have a day to claim');
  await net.increaseTime(DAY + 1);
  await g.spokes.reclaim();
  assert.equal(await g.held(), before + 30_000n);
  const { balance, withdrawRequestedAt } = await g.state();
  assert.deepEqual([balance, withdrawRequestedAt], [20_000n, 0]);
  await g.spokes.reclaim();
  assert.equal((await g.state()).withdrawRequestedAt, 0, 'what is promised stays');

  g.present.add(g.service);
  await g.spokes.open(g.service);
  assert.equal(g.spokeOf().left, 50_000n, 'who comes back is served again');
});

test('a service that was never asked is as old as its channel', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  await g.spokes.reclaim();
  assert.equal((await g.state()).withdrawRequestedAt, 0);
  await net.increaseTime(8 * DAY);
  await g.spokes.reclaim();
  assert.notEqual((await g.state()).withdrawRequestedAt, 0);
});

test('one channel that cannot be emptied holds up no other', async () => {
  const g = gatewayOf();
  await g.spokes.open(g.service);
  const { config } = g.spokeOf();
  const ghost: Hex32 = random32();
  const onChain = { balance: 50_000n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };
  for (const r of g.book.learn({ ...config, salt: ghost, receiver: toHex(new Uint8Array(20).fill(8)) }, onChain))
    g.book.apply(r);
  assert.ok(g.book.channels().some((s) => sameHex(s.config.salt, ghost)));
  await net.increaseTime(8 * DAY);
  await g.spokes.reclaim();
  assert.notEqual((await g.state()).withdrawRequestedAt, 0);
});
