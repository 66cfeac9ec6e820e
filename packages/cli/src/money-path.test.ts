import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assets, channels, createReader, decodeLogs, identity, type Writer } from '@tributary/chain';
import { leavesOf } from '@tributary/payments';
import {
  type Address,
  type ChannelConfig,
  channelDigests,
  fromHex,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hashRequest,
  hex32,
  noble,
  receiptDigests,
  type SignedReceipt,
  toHex,
  toWire,
  ZERO_32,
} from '@tributary/protocol';
import { createChannelLife, trace, type Verification, verifyReceipt } from '@tributary/sdk';
import { type DevnetFixture, devnetFixture, testKey } from '@tributary/testing';
import { discoverContracts } from './discover-contracts.ts';
import { createShell } from './test-support.ts';

const ENDPOINT = 'http://node.test';
const SALT: Hex32 = `0x${'5a'.repeat(32)}`;
const ANSWER = { content: 'Two.' };
const REQUEST = { messages: [{ role: 'user', content: '1 + 1?' }] };
const VOUCHER_KEY = fromHex(testKey(9));
const PROVIDER_KEY = fromHex(testKey(2));
const random32 = (): Hex32 => toHex(crypto.getRandomValues(new Uint8Array(32)));
const addressOf = (w: Writer) => w.account.address.toLowerCase() as Address;

let net: DevnetFixture;
let gateway: Writer;
let provider: Writer;
let contributor: Writer;
let agentId: bigint;
let service: Address;
let dataset: Address;
let spoke: ChannelConfig;
let spokeId: Hex32;

before(async () => {
  net = await devnetFixture({ wallets: 5 });
  [, gateway, provider, contributor] = net.wallets as [Writer, Writer, Writer, Writer];
  const holders = [
    { holder: addressOf(contributor), shares: 75n * assets.SHARE },
    { holder: addressOf(gateway), shares: 25n * assets.SHARE },
  ];
  dataset = (await assets.register(contributor, { kind: 'dataset', uri: 'test:dataset', holders })).account;
  const made = [{ account: dataset, weightPpm: 400_000 }];
  const model = (await assets.register(contributor, { kind: 'model', uri: 'test:model', upstream: made })).account;
  const upstream = [{ account: model, weightPpm: 500_000 }];
  service = (await assets.register(provider, { kind: 'service', uri: 'test:service', upstream })).account;
  await assets.setURI(provider, service, `${ENDPOINT}/services/${service}`);
  agentId = (await identity.register(provider, 'test:agent')).agentId;
  spoke = {
    payer: addressOf(gateway),
    payerAuthorizer: noble.addressOf(VOUCHER_KEY),
    receiver: service,
    receiverAuthorizer: net.contracts.spokeAuthorizer,
    token: net.contracts.dollar,
    withdrawDelay: 900,
    salt: ZERO_32,
  };
  spokeId = channelDigests(net.chainId, net.contracts.channels).channelId(spoke);
  await createChannelLife(gateway).deposit(spoke, 1_000_000n);
});
after(() => net.stop());

/** A true receipt for [from, from + price) of the spoke, unless told otherwise. */
function receiptAt(
  from: bigint,
  price: bigint,
  keys: { provider?: Uint8Array; gateway?: Uint8Array } = {},
): SignedReceipt {
  const digests = receiptDigests(net.chainId, net.contracts.receiptLog);
  const receipt = {
    requestId: random32(),
    service,
    agentId,
    requestHash: hashRequest(SALT, REQUEST),
    responseHash: hashAnswer(SALT, ANSWER),
    modelDigest: SALT,
    promptTokens: 1,
    completionTokens: 1,
    token: net.contracts.dollar,
    price,
    attributionHash: hashAttribution([]),
    issuedAt: Math.floor(Date.now() / 1000),
  };
  const digest = digests.receipt(receipt);
  const payment = {
    receiptHash: hex32(digest),
    channelId: spokeId,
    from,
    to: from + price,
    payerChannelId: ZERO_32,
    payerFrom: 0n,
    payerTo: price,
  };
  return {
    chainId: net.chainId,
    receiptLog: net.contracts.receiptLog,
    receipt,
    signature: noble.sign(digest, keys.provider ?? PROVIDER_KEY),
    salt: SALT,
    attribution: [],
    payment,
    paymentSignature: noble.sign(digests.payment(payment), keys.gateway ?? VOUCHER_KEY),
  };
}

/** Claims the receipts' interval, logs their root and passes the money on. Returns the leaves file's content. */
async function claim(receipts: SignedReceipt[]): Promise<{ content: string; root: Hex32 }> {
  const from = receipts[0]!.payment.from;
  const to = receipts.at(-1)!.payment.to;
  const digests = channelDigests(net.chainId, net.contracts.channels);
  const row = {
    config: spoke,
    maxClaimableAmount: to,
    totalClaimed: to,
    signature: noble.sign(digests.voucher(spokeId, to), VOUCHER_KEY),
  };
  const leaves = receipts.map((r) => ({
    receiptHash: r.payment.receiptHash,
    amount: r.receipt.price,
    attribution: r.attribution,
  }));
  const { root, leavesHash, content } = leavesOf({ channelId: spokeId, from, to, leaves });
  const payouts = [{ receiver: service, token: spoke.token, flushGas: 500_000n }];
  await channels.spokeClaim(provider, [row], [{ channelId: spokeId, from, to, root, leavesHash }], payouts);
  return { content, root };
}

const failedChecks = (v: Verification) => v.checks.filter((c) => c.ok === false).map((c) => c.name);
const openChecks = (v: Verification) => v.checks.filter((c) => c.ok === null).map((c) => c.name);

describe('verify and trace on a chain', { concurrency: false }, () => {
  let first: SignedReceipt;
  let second: SignedReceipt;
  let published: Awaited<ReturnType<typeof claim>>;

  test('a fresh receipt holds, and is promised, not yet claimed', async () => {
    first = receiptAt(0n, 700n);
    second = receiptAt(700n, 300n);
    const found = await verifyReceipt(net.reader, first, { request: REQUEST, answer: ANSWER });
    assert.deepEqual(failedChecks(found), []);
    assert.deepEqual(openChecks(found), ['claim covers the interval', 'receipt is in the claim’s tree']);
    assert.deepEqual({ valid: found.valid, claimed: found.claimed }, { valid: true, claimed: false });
    const path = await trace(net.reader, first);
    assert.equal(path.spoke?.state, 'promised');
    assert.equal(path.account, null);
  });

  test('after the claim it is covered, and in the tree at its own place', async () => {
    published = await claim([first, second]);
    for (const receipt of [first, second]) {
      const urls: string[] = [];
      const fetchLeaves = async (url: string) => {
        urls.push(url);
        return published.content;
      };
      const found = await verifyReceipt(net.reader, receipt, { fetchLeaves });
      assert.deepEqual([failedChecks(found), openChecks(found), found.claimed], [[], [], true]);
      assert.deepEqual(urls, [`${ENDPOINT}/leaves/${published.root}`]);
    }
  });

  test('another leaves file than the logged one is found out', async () => {
    const found = await verifyReceipt(net.reader, first, { fetchLeaves: async () => `${published.content} ` });
    assert.deepEqual(failedChecks(found), ['receipt is in the claim’s tree']);
  });

  test('two receipts at one place: only the one in the tree holds', async () => {
    const twin = receiptAt(0n, 700n);
    const found = await verifyReceipt(net.reader, twin, { fetchLeaves: async () => published.content });
    assert.deepEqual(failedChecks(found), ['receipt is in the claim’s tree']);
  });

  test('signers without the right to sign are found out', async () => {
    const byStranger = await verifyReceipt(net.reader, receiptAt(0n, 700n, { provider: VOUCHER_KEY }));
    assert.deepEqual(failedChecks(byStranger), ['provider had the right to sign']);
    const unpaid = await verifyReceipt(net.reader, receiptAt(0n, 700n, { gateway: PROVIDER_KEY }));
    assert.deepEqual(failedChecks(unpaid), ['gateway had the right to sign']);
    await assert.rejects(trace(net.reader, receiptAt(0n, 700n, { provider: VOUCHER_KEY })), {
      code: 'receipt_invalid',
    });
  });

  test('trace shows claim, settlement, and each share down to those who gave the data', async () => {
    const path = await trace(net.reader, first);
    assert.equal(path.spoke?.state, 'settled');
    assert.equal(path.account?.account, service);
    const [model] = path.account?.upstream ?? [];
    assert.deepEqual([path.account?.microAmount, model?.microAmount], [700_000_000n, 350_000_000n]);
    assert.ok(model?.arrived, 'the claim flushed the service');
    const [data] = model?.upstream ?? [];
    assert.deepEqual([data?.account, data?.microAmount, data?.arrived], [dataset, 140_000_000n, null]);

    await assets.flushMany(provider, [service, model?.account ?? service]);
    await assets.claim(provider, dataset, addressOf(contributor));
    const later = (await trace(net.reader, first)).account?.upstream[0]?.upstream[0];
    assert.ok(later?.arrived);
    assert.deepEqual(
      later.holders.map((h) => [h.holder, h.sharePpm, h.microAmount, h.paid !== null]),
      [
        [addressOf(contributor), 750_000, 105_000_000n, true],
        [addressOf(gateway), 250_000, 35_000_000n, false],
      ],
    );
  });

  test('a receipt holds after its provider changed the key', async () => {
    const { privateKeyToAccount } = await import('viem/accounts');
    await identity.setAgentWallet(provider, agentId, privateKeyToAccount(testKey(8)));
    const found = await verifyReceipt(net.reader, first);
    assert.deepEqual(failedChecks(found), []);
  });

  test('the contracts are found from the receipt alone, and only by their code', async () => {
    const found = await discoverContracts(net.url, first);
    const { dollar, trib, assetRegistry, channels: own, spokeAuthorizer, receiptLog, identityRegistry } = net.contracts;
    assert.partialDeepStrictEqual(found, {
      dollar,
      trib,
      assetRegistry,
      channels: own,
      spokeAuthorizer,
      receiptLog,
      identityRegistry,
    });
    const reader = createReader({ rpc: net.url, chainId: net.chainId, contracts: found });
    assert.equal((await verifyReceipt(reader, first)).valid, true);
    await assert.rejects(discoverContracts(net.url, { ...first, receiptLog: net.contracts.dollar }), {
      code: 'foreign_contract',
    });
  });

  test('the command needs only receipt, answer and RPC URL', async (t) => {
    const shell = await createShell(t);
    await writeFile(join(shell.home, 'r.json'), toWire(first));
    const good = await shell.runWith(
      'Two.',
      'verify',
      'r.json',
      '--answer',
      '-',
      '--rpc',
      net.url,
      '--offline',
      '--json',
    );
    assert.deepEqual([good.code, good.stderr], [0, '']);
    assert.equal(JSON.parse(good.stdout).claimed, true);
    const bad = await shell.runWith('Three.', 'verify', 'r.json', '--answer', '-', '--rpc', net.url, '--offline');
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /✗ {2}answer hash/);
    const path = await shell.run('trace', 'r.json', '--rpc', net.url);
    assert.equal(path.code, 0);
    assert.match(path.stdout, /holder of 75 % .* 0\.000105 dollars/);
  });

  test('publish and earnings: a fresh wallet is funded on the devnet and owns what it registered', async (t) => {
    const shell = await createShell(t);
    const file = join(shell.home, 'contracts.json');
    await writeFile(file, JSON.stringify(net.contracts));
    const chain = ['--rpc', net.url, '--contracts', file, '--json'];
    const made = await shell.run('publish', 'model', '--name', 'M', '--upstream', `${dataset}=30%`, ...chain);
    assert.deepEqual([made.code, made.stderr], [0, '']);
    const { account, owner, created } = JSON.parse(made.stdout);
    assert.equal(created, true);
    assert.deepEqual(await assets.upstream(net.reader, account), [{ account: dataset, weightPpm: 300_000 }]);
    const again = JSON.parse(
      (await shell.run('publish', 'model', '--name', 'M', '--upstream', `${dataset}=30%`, ...chain)).stdout,
    );
    assert.deepEqual([again.account, again.created], [account, false]);

    await net.mint(account, 1_000_000n);
    const before = JSON.parse((await shell.run('earnings', ...chain)).stdout);
    assert.deepEqual([before.address, before.claimableBaseUnits], [owner, '700000']);
    const claimed = JSON.parse((await shell.run('earnings', '--claim', ...chain)).stdout);
    assert.deepEqual(
      claimed.claims.map((c: { dollars: string }) => c.dollars),
      ['700000'],
    );
    assert.equal(JSON.parse((await shell.run('earnings', ...chain)).stdout).claimableBaseUnits, '0');
    assert.match(await readFile(join(shell.home, 'wallet.json'), 'utf8'), /privateKey/);
  });

  test('a channel is withdrawn after its delay, and not before', async () => {
    const life = createChannelLife(gateway);
    const config = { ...spoke, receiver: addressOf(provider), receiverAuthorizer: addressOf(provider) };
    await life.deposit(config, 5_000n);
    const started = await life.startWithdrawal(config);
    assert.equal(started.amount, 5_000n);
    await assert.rejects(life.finishWithdrawal(config), { code: 'withdraw_delay_not_elapsed' });
    await net.increaseTime(901);
    await life.finishWithdrawal(config);
    assert.equal((await life.state(config)).balance, 0n);
  });

  test('every event of the network is decoded under the contract that speaks', async () => {
    const logs = await net.reader.client.getLogs({ fromBlock: 0n, toBlock: 'latest' });
    const events = decodeLogs(net.contracts, logs);
    const names = new Set(events.map((e) => `${e.source}.${e.eventName}`));
    for (const name of [
      'assetRegistry.Registered',
      'identityRegistry.MetadataSet',
      'channels.ChannelCreated',
      'channels.Claimed',
      'channels.Settled',
      'receiptLog.ReceiptsLogged',
      'dollar.Transfer',
      'account.Claimed',
    ]) {
      assert.ok(names.has(name), `${name} is missing among ${[...names].join(', ')}`);
    }
    const [logged] = events.flatMap((e) =>
      e.source === 'receiptLog' && e.eventName === 'ReceiptsLogged' ? [e.args] : [],
    );
    assert.deepEqual([logged?.channelId, logged?.from, logged?.to], [spokeId, 0n, 1_000n]);
    assert.equal(
      decodeLogs(net.contracts, logs, () => false).some((e) => e.source === 'account'),
      false,
    );
  });

  test('custom errors come back with their numbers', async () => {
    const upstream = [
      { account: dataset, weightPpm: 600_000 },
      { account: service, weightPpm: 500_000 },
    ];
    await assert.rejects(
      assets.register(provider, { kind: 'model', uri: 'x', upstream }),
      (e: Error & { code?: string }) => {
        assert.equal(e.code, 'weights_exceed_all');
        assert.match(e.message, /1100000/);
        return true;
      },
    );
  });
});
