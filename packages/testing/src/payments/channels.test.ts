import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { channels, tokens, type Writer } from '@tributary/chain';
import {
  apiKeyCurveKey,
  authorizerOf,
  type ClaimReport,
  createHubBook,
  createHubClaimer,
  createWatchTower,
  curve,
  type HubBook,
  newApiKey,
  watchHub,
} from '@tributary/payments';
import { type Address, type ChannelConfig, channelDigests, type Hex32, toHex } from '@tributary/protocol';
import { type DevnetFixture, devnetFixture, testKey } from '../devnet-fixture.ts';

let net: DevnetFixture;
let gateway: Writer;
let payer: Writer;
const address = (w: Writer) => w.account.address.toLowerCase() as Address;
const random32 = (): Hex32 => toHex(crypto.getRandomValues(new Uint8Array(32)));

before(async () => {
  net = await devnetFixture({ wallets: 3 });
  gateway = net.wallets[1]!;
  payer = net.wallets[2]!;
});
after(() => net.stop());

/** Opens a channel with an API key's voucher key by a deposit that the payer signs. */
async function open(amount: bigint, salt: Hex32 = random32()) {
  const apiKey = newApiKey();
  const config: ChannelConfig = {
    payer: address(payer),
    payerAuthorizer: authorizerOf(apiKey),
    receiver: address(gateway),
    receiverAuthorizer: address(gateway),
    token: net.contracts.dollar,
    withdrawDelay: 900,
    salt,
  };
  const digests = channelDigests(net.chainId, net.contracts.channels);
  const channelId = digests.channelId(config);
  await deposit(config, channelId, amount);
  return { apiKey, config, channelId, digests };
}

async function deposit(config: ChannelConfig, channelId: Hex32, amount: bigint) {
  const domain = await tokens.tokenDomain(net.reader);
  const terms = { validAfter: 0n, validBefore: 4_102_444_800n, salt: random32() };
  const digest = channels.depositDigest(domain, {
    payer: config.payer,
    collector: net.contracts.erc3009Collector,
    amount,
    channelId,
    ...terms,
  });
  const signature = curve.sign(digest, Buffer.from(testKey(2).slice(2), 'hex'));
  await channels.deposit(gateway, config, amount, channels.erc3009CollectorData({ ...terms, signature }));
}

function book(): HubBook {
  return createHubBook({
    digests: channelDigests(net.chainId, net.contracts.channels),
    curve,
    terms: { receiver: address(gateway), receiverAuthorizer: address(gateway), token: net.contracts.dollar },
  });
}

async function learn(hub: HubBook, config: ChannelConfig, channelId: Hex32) {
  for (const r of hub.learn(config, await channels.state(net.reader, channelId))) hub.apply(r);
}

function spend(hub: HubBook, c: { channelId: Hex32; apiKey: ReturnType<typeof newApiKey> }, amount: bigint) {
  const requestId = random32();
  hub.reserve({ channelId: c.channelId, requestId, amount, pay: { kind: 'apiKey', apiKey: c.apiKey } });
  hub.apply(hub.charge(requestId, amount));
}

describe('hub channels on a chain', () => {
  test('deposits are seen as the contract has them, and the config is found by id', async () => {
    const c = await open(1_000n);
    assert.deepEqual(await channels.state(net.reader, c.channelId), {
      balance: 1_000n,
      totalClaimed: 0n,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
    });
    assert.deepEqual(await channels.configOf(net.reader, c.channelId), c.config);
    const found = await channels.created(net.reader, { payerAuthorizer: c.config.payerAuthorizer });
    assert.deepEqual(
      found.map((f) => f.channelId),
      [c.channelId],
    );
  });

  for (const compact of [true, false]) {
    test(`charges are claimed and settled to the base unit, bad rows left out (${compact ? 'packed' : 'standard'})`, async () => {
      const hub = book();
      const good = await open(1_000n, `0x${'0'.repeat(63)}1`);
      const other = await open(500n);
      const emptied = await open(300n);
      for (const c of [good, other, emptied]) await learn(hub, c.config, c.channelId);
      spend(hub, good, 70n);
      spend(hub, good, 7n);
      spend(hub, other, 500n);
      spend(hub, emptied, 100n);
      // Its deposit went back behind the book's back: this row alone would fail.
      await channels.refund(gateway, emptied.config, 300n);
      const before = await tokens.balanceOf(net.reader, address(gateway));

      const claimer = createHubClaimer({ writer: gateway, hub, ...(compact ? {} : { compact }) });
      const report = await claimer.claimNow();
      assert.equal(report.amount, 577n);
      assert.deepEqual(report.skipped, [{ channelId: emptied.channelId, outcome: 'exceeds_balance' }]);
      assert.equal(report.transactions.length, compact ? 1 : 2);
      assert.equal(await tokens.balanceOf(net.reader, address(gateway)), before + 577n);
      assert.equal((await channels.state(net.reader, good.channelId)).totalClaimed, 77n);
      assert.deepEqual(
        hub.claims().map((c) => c.channelId),
        [emptied.channelId],
      );
      assert.equal((await claimer.claimNow()).amount, 0n);
    });
  }

  test('a thousand charges on one channel, 32 at a time, are one claim', async () => {
    const c = await open(100_000n);
    const hub = book();
    await learn(hub, c.config, c.channelId);
    const under: { requestId: Hex32; amount: bigint }[] = [];
    let sum = 0n;
    for (let i = 0; i < 1_000; i++) {
      const requestId = random32();
      const amount = BigInt(i % 97);
      hub.reserve({ channelId: c.channelId, requestId, amount, pay: { kind: 'apiKey', apiKey: c.apiKey } });
      under.push({ requestId, amount });
      sum += amount;
      if (under.length === 32 || i === 999) {
        for (const open of under.splice(0).reverse()) hub.apply(hub.charge(open.requestId, open.amount));
      }
    }
    const report = await createHubClaimer({ writer: gateway, hub }).claimNow();
    assert.deepEqual([report.amount, report.claimed.length, report.transactions.length], [sum, 1, 1]);
  });

  test('a claim that was sent before a crash is not sent again', async () => {
    const c = await open(1_000n);
    const hub = book();
    await learn(hub, c.config, c.channelId);
    spend(hub, c, 40n);
    const key = apiKeyCurveKey(c.apiKey);
    const signature = curve.sign(c.digests.voucher(c.channelId, 40n), key);
    await channels.claim(gateway, [{ config: c.config, maxClaimableAmount: 40n, signature, totalClaimed: 40n }]);
    const report = await createHubClaimer({ writer: gateway, hub }).claimNow();
    assert.deepEqual([report.transactions, report.claimed, report.skipped], [[], [], []]);
    assert.deepEqual(hub.claims(), []);
  });

  test('dust: the minimum counts for each channel, not for all together', async () => {
    const hub = book();
    const [large, small, smaller] = [await open(1_000n), await open(1_000n), await open(1_000n)];
    for (const c of [large, small, smaller]) await learn(hub, c.config, c.channelId);
    spend(hub, large, 100n);
    spend(hub, small, 99n);
    spend(hub, smaller, 1n);
    const claimer = createHubClaimer({ writer: gateway, hub });
    const report = await new Promise<ClaimReport>((resolve, reject) => {
      claimer.start({ intervalMs: 60_000, minAmount: 100n, onReport: resolve });
      setTimeout(() => reject(new Error('nothing was claimed')), 10_000).unref();
    });
    await claimer.stop();
    assert.deepEqual(report.claimed, [{ channelId: large.channelId, amount: 100n, totalClaimed: 100n }]);
    assert.equal((await claimer.claimNow()).amount, 100n, 'by hand everything is claimed');
  });

  test('our contract takes packed claims; an address without them does not', async () => {
    assert.equal(await channels.supportsCompact(net.reader), true);
    const canonicalLike = { ...net.reader, contracts: { ...net.contracts, channels: net.contracts.receiptLog } };
    assert.equal(await channels.supportsCompact(canonicalLike), false);
  });
});

describe('the watch-tower', () => {
  function tower(hub: HubBook, dust?: bigint) {
    const claimer = createHubClaimer({ writer: gateway, hub });
    const withdrawals: Hex32[] = [];
    const watch = createWatchTower({
      reader: net.reader,
      onWithdrawal: (id) => withdrawals.push(id),
      book: watchHub({
        hub,
        claimer,
        ...(dust === undefined ? {} : { dust }),
        receiver: address(gateway),
        token: net.contracts.dollar,
        async record(records) {
          for (const r of records) hub.apply(r);
        },
      }),
    });
    return { watch, withdrawals };
  }

  test('new channels and top-ups become known without a request', async () => {
    const hub = book();
    const { watch } = tower(hub);
    await watch.catchUp();
    const c = await open(100n);
    await watch.poll();
    assert.equal(hub.channelOfApiKey(c.apiKey), c.channelId);
    await deposit(c.config, c.channelId, 50n);
    await watch.poll();
    assert.equal(hub.channel(c.channelId)?.onChain?.balance, 150n);
  });

  test('a payer who wants to leave is claimed first and served no more', async () => {
    const hub = book();
    const { watch, withdrawals } = tower(hub);
    await watch.catchUp();
    const c = await open(100n);
    await watch.poll();
    spend(hub, c, 30n);
    await channels.initiateWithdraw(payer, c.config, 100n);
    await watch.poll();
    assert.deepEqual(withdrawals, [c.channelId]);
    assert.throws(() => spend(hub, c, 1n), { code: 'withdrawal_pending' });
    assert.equal((await channels.state(net.reader, c.channelId)).totalClaimed, 30n);

    await net.increaseTime(901);
    await channels.finalizeWithdraw(payer, c.config);
    await watch.poll();
    assert.deepEqual(hub.channel(c.channelId)?.onChain?.balance, 30n);
    assert.throws(() => spend(hub, c, 1n), { code: 'insufficient_balance' });
  });

  test('dust: who leaves owing less than its claim costs is let go', async () => {
    const hub = book();
    const { watch } = tower(hub, 31n);
    await watch.catchUp();
    const [small, large] = [await open(100n), await open(100n)];
    await watch.poll();
    spend(hub, small, 30n);
    spend(hub, large, 31n);
    for (const c of [small, large]) await channels.initiateWithdraw(payer, c.config, 100n);
    await watch.poll();
    const claimed = async (c: { channelId: Hex32 }) => (await channels.state(net.reader, c.channelId)).totalClaimed;
    assert.deepEqual([await claimed(small), await claimed(large)], [0n, 31n]);
  });

  test('a withdrawal announced while we were down is found at the start', async () => {
    const c = await open(100n);
    const hub = book();
    await learn(hub, c.config, c.channelId);
    spend(hub, c, 30n);
    await channels.initiateWithdraw(payer, c.config, 70n);
    const { watch, withdrawals } = tower(hub);
    await watch.catchUp();
    assert.ok(withdrawals.includes(c.channelId));
    assert.equal((await channels.state(net.reader, c.channelId)).totalClaimed, 30n);
  });

  test('a closed channel is dropped and found again when it is funded anew', async () => {
    const hub = book();
    const { watch } = tower(hub);
    const c = await open(100n);
    await watch.catchUp();
    await channels.initiateWithdraw(payer, c.config, 100n);
    await net.increaseTime(901);
    await channels.finalizeWithdraw(payer, c.config);
    await watch.poll();
    assert.equal(hub.channel(c.channelId), undefined);
    await deposit(c.config, c.channelId, 10n);
    await watch.poll();
    assert.equal(hub.channel(c.channelId)?.onChain?.balance, 10n);
  });
});
