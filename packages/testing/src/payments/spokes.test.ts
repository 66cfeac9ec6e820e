import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assets, channels, identity, tokens, type Writer } from '@tributary/chain';
import {
  createEarningsBook,
  createSpokeBook,
  createSpokeClaimer,
  createWatchTower,
  curve,
  EarningsRecord,
  type Leaves,
  leavesOf,
  readLeaves,
  watchEarnings,
} from '@tributary/payments';
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
  type Receipt,
  receiptDigests,
  type SignedReceipt,
  toHex,
  toWire,
} from '@tributary/protocol';
import { type Verification, type VerifyOptions, verifyReceipt } from '@tributary/sdk';
import { type DevnetFixture, devnetFixture, testKey } from '../devnet-fixture.ts';

let net: DevnetFixture;
let gateway: Writer;
let provider: Writer;
let service: Address;
let model: Address;
let dataset: Address;
let agentId: bigint;
const gatewayKey = fromHex(testKey(1));
const providerKey = fromHex(testKey(2));
const address = (w: Writer) => w.account.address.toLowerCase() as Address;
const random32 = (): Hex32 => toHex(crypto.getRandomValues(new Uint8Array(32)));
const SALT: Hex32 = `0x${'5a'.repeat(32)}`;
const ANSWER = { content: 'Two.' };
const REQUEST = { messages: [{ role: 'user', content: '1 + 1?' }] };

before(async () => {
  net = await devnetFixture({ wallets: 4 });
  gateway = net.wallets[1]!;
  provider = net.wallets[2]!;
  const builder = net.wallets[3]!;
  dataset = (await assets.register(builder, { kind: 'dataset', uri: 'test:dataset' })).account;
  const upstream = [{ account: dataset, weightPpm: 400_000 }];
  model = (await assets.register(builder, { kind: 'model', uri: 'test:model', upstream })).account;
  const of = [{ account: model, weightPpm: 500_000 }];
  service = (await assets.register(provider, { kind: 'service', uri: 'test:service', upstream: of })).account;
  await assets.setURI(provider, service, `https://node.test/services/${service}`);
  agentId = (await identity.register(provider, 'test:agent')).agentId;
});
after(() => net.stop());

async function deposit(config: ChannelConfig, channelId: Hex32, amount: bigint) {
  const terms = { validAfter: 0n, validBefore: 4_102_444_800n, salt: random32() };
  const digest = channels.depositDigest(await tokens.tokenDomain(net.reader), {
    payer: config.payer,
    collector: net.contracts.erc3009Collector,
    amount,
    channelId,
    ...terms,
  });
  const signature = curve.sign(digest, gatewayKey);
  await channels.deposit(gateway, config, amount, channels.erc3009CollectorData({ ...terms, signature }));
}

/** Whether verification found the receipt in a claim's tree. */
function inTree({ checks }: Verification): boolean | null | undefined {
  return checks.find((c) => c.name.includes('tree'))?.ok;
}

/** A funded spoke with both books and a claimer. */
async function spoke(amount = 10_000n) {
  const channelDigest = channelDigests(net.chainId, net.contracts.channels);
  const receiptDigest = receiptDigests(net.chainId, net.contracts.receiptLog);
  const config: ChannelConfig = {
    payer: address(gateway),
    payerAuthorizer: address(gateway),
    receiver: service,
    receiverAuthorizer: net.contracts.spokeAuthorizer,
    token: net.contracts.dollar,
    withdrawDelay: 900,
    salt: random32(),
  };
  const channelId = channelDigest.channelId(config);
  await deposit(config, channelId, amount);
  const common = {
    channelDigests: channelDigest,
    receiptDigests: receiptDigest,
    curve,
    spokeAuthorizer: net.contracts.spokeAuthorizer,
    token: net.contracts.dollar,
  };
  const state = await channels.state(net.reader, channelId);
  const spokes = createSpokeBook({ ...common, sessionKey: gatewayKey });
  for (const r of spokes.learn(config, state)) spokes.apply(r);

  const disk: string[] = [];
  const files = new Map<Hex32, Leaves>();
  const makeEarnings = () =>
    createEarningsBook({
      ...common,
      signer: address(provider),
      services: () => [service],
      uncoveredLimit: 1_000_000n,
      unpaidLimit: 1_000_000n,
    });
  const earnings = makeEarnings();
  async function record(r: EarningsRecord) {
    disk.push(toWire(r));
    earnings.apply(r);
  }
  for (const r of earnings.learn(config, state)) await record(r);
  const claimerOf = (book: typeof earnings, write: typeof record) =>
    createSpokeClaimer({
      writer: provider,
      earnings: book,
      record: write,
      async publish(leaves) {
        files.set(leaves.root, leaves);
      },
    });

  function answer(price: bigint, changes: Partial<Receipt> = {}): SignedReceipt {
    const receipt: Receipt = {
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
      issuedAt: 1_800_000_000,
      ...changes,
    };
    const signature = curve.sign(receiptDigest.receipt(receipt), providerKey);
    const paid = spokes.pay({ channelId, receipt, payerChannelId: random32(), payerFrom: 0n, payerTo: price });
    const entry = { receipt, signature, salt: SALT, attribution: [], ...paid };
    spokes.apply({ kind: 'spoke.payment', entry });
    return { chainId: net.chainId, receiptLog: net.contracts.receiptLog, ...entry };
  }
  async function deliver() {
    const body = spokes.delivery(channelId);
    const r = earnings.accept(JSON.parse(toWire(body)));
    if (r) await record(r);
    spokes.apply(spokes.ack(channelId, earnings.channel(channelId)!.coveredTo)!);
  }
  return {
    config,
    channelId,
    earnings,
    /** The node's own door for leaves. */
    async fetchLeaves(url: string) {
      const [, root] = /^https:\/\/node\.test\/leaves\/(0x[0-9a-f]{64})$/.exec(url) ?? [];
      return files.get(root as Hex32)?.content ?? null;
    },
    makeEarnings,
    disk,
    files,
    record,
    claimer: claimerOf(earnings, record),
    claimerOf,
    answer,
    deliver,
  };
}

describe('spokes on a chain', () => {
  test('a claim takes exactly what was promised, posts its receipts and passes the money on along the graph', async () => {
    const s = await spoke();
    const first = s.answer(101n);
    s.answer(0n);
    const last = s.answer(900n);
    await s.deliver();
    const evidence = { answer: ANSWER, request: REQUEST, fetchLeaves: s.fetchLeaves };
    const promised = await verifyReceipt(net.reader, last, evidence);
    assert.deepEqual([promised.valid, promised.claimed, inTree(promised)], [true, false, null]);

    const report = await s.claimer.claimNow();
    assert.deepEqual(report.claimed, [{ channelId: s.channelId, amount: 1_001n, totalClaimed: 1_001n }]);
    assert.deepEqual(report.skipped, []);
    const claimed = await verifyReceipt(net.reader, last, evidence);
    assert.deepEqual([claimed.valid, claimed.claimed, inTree(claimed)], [true, true, true]);

    // 1001 at the service: 500 go to the model, of which 200 go to the dataset.
    const held = async (a: Address) => tokens.balanceOf(net.reader, a);
    assert.deepEqual([await held(service), await held(model), await held(dataset)], [501n, 300n, 200n]);

    const [logged] = await channels.loggedReceipts(net.reader, { channelId: s.channelId });
    assert.deepEqual(
      [logged!.from, logged!.to, logged!.poster.toLowerCase()],
      [0n, 1_001n, net.contracts.spokeAuthorizer],
    );
    const file = readLeaves(s.files.get(logged!.root)!.content, logged!);
    const digests = receiptDigests(net.chainId, net.contracts.receiptLog);
    assert.deepEqual(
      file.leaves.map((l) => [l.receiptHash, l.amount]),
      [
        [hex32(digests.receipt(first.receipt)), 101n],
        [hex32(digests.receipt(last.receipt)), 900n],
      ],
    );
    assert.deepEqual((await s.claimer.claimNow()).transactions, []);
  });

  test('a crash after sending and before writing posts nothing twice', async () => {
    const s = await spoke();
    s.answer(50n);
    await s.deliver();
    await s.claimerOf(s.earnings, async () => undefined).claimNow();

    const again = s.makeEarnings();
    for (const line of s.disk) again.apply(EarningsRecord.parse(JSON.parse(line)));
    again.learn(s.config, await channels.state(net.reader, s.channelId));
    const written: EarningsRecord[] = [];
    const report = await s
      .claimerOf(again, async (r) => {
        written.push(r);
        again.apply(r);
      })
      .claimNow();
    assert.deepEqual([report.transactions, report.amount], [[], 0n]);
    assert.equal(written.length, 1);
    assert.equal((await channels.loggedReceipts(net.reader, { channelId: s.channelId })).length, 1);
    assert.deepEqual(again.claims(), []);
  });

  test('when somebody else claims the ceiling, the receipts are posted all the same', async () => {
    const s = await spoke();
    s.answer(50n);
    await s.deliver();
    const { config, voucher } = s.earnings.claims()[0]!;
    await channels.spokeClaimCompact(
      gateway,
      [{ config, ...voucher, totalClaimed: voucher.maxClaimableAmount }],
      [],
      [],
    );
    const report = await s.claimer.claimNow();
    assert.equal(report.amount, 0n);
    assert.equal((await channels.loggedReceipts(net.reader, { channelId: s.channelId })).length, 1);
  });

  test('attack: a gateway claims first and posts the right root with the hash of no file', async () => {
    const s = await spoke();
    s.answer(50n);
    await s.deliver();
    const claim = s.earnings.claims()[0]!;
    const { config, voucher, channelId, from, to } = claim;
    const { root } = leavesOf(claim);
    await channels.spokeClaimCompact(
      gateway,
      [{ config, ...voucher, totalClaimed: voucher.maxClaimableAmount }],
      [{ channelId, from, to, root, leavesHash: SALT }],
      [],
    );
    await s.claimer.claimNow();
    const posted = await channels.loggedReceipts(net.reader, { channelId });
    assert.equal(posted.length, 2);
    readLeaves(s.files.get(root)!.content, posted[1]!);
  });

  test('a gateway that wants to leave is claimed first', async () => {
    const s = await spoke();
    s.answer(50n);
    await s.deliver();
    await channels.initiateWithdraw(gateway, s.config, 10_000n);
    const watch = createWatchTower({
      reader: net.reader,
      book: watchEarnings({
        earnings: s.earnings,
        claimer: s.claimer,
        async record(records) {
          for (const r of records) await s.record(r);
        },
      }),
    });
    await watch.catchUp();
    assert.equal((await channels.state(net.reader, s.channelId)).totalClaimed, 50n);
    assert.throws(() => s.earnings.begin(s.channelId, random32(), 1n), { code: 'withdrawal_pending' });
  });
});

describe('receipts that are not to be believed', () => {
  const forge: [string, string, (r: SignedReceipt) => SignedReceipt, VerifyOptions?][] = [
    ['another chain', 'chain', (r) => ({ ...r, chainId: 1 })],
    ['another log', 'receipt log', (r) => ({ ...r, receiptLog: net.contracts.channels })],
    ['a changed price', 'payment is for this receipt', (r) => ({ ...r, receipt: { ...r.receipt, price: 1n } })],
    ['an interval of another length', 'interval equals price', (r) => ({ ...r, payment: { ...r.payment, to: 99n } })],
    ['another signature', 'provider had the right to sign', (r) => ({ ...r, signature: r.paymentSignature })],
    ['another payment signature', 'gateway had the right to sign', (r) => ({ ...r, paymentSignature: r.signature })],
    ['an unknown channel', 'paying channel', (r) => ({ ...r, payment: { ...r.payment, channelId: SALT } })],
    [
      'another attribution',
      'attribution hash',
      (r) => ({
        ...r,
        attribution: [{ dataset, document: 'a', documentHash: SALT, contributor: dataset, weightPpm: 1 }],
      }),
    ],
    ['another answer', 'answer hash', (r) => r, { answer: { content: 'Three.' } }],
    ['another question', 'request hash', (r) => r, { request: { messages: [] } }],
  ];

  async function assertRefused(signed: SignedReceipt, check: string, options?: VerifyOptions): Promise<void> {
    const { valid, checks } = await verifyReceipt(net.reader, signed, options);
    const wrong = checks.filter((c) => c.ok === false).map((c) => c.name);
    assert.ok(!valid && wrong.includes(check), `wrong are: ${wrong.join(', ')}`);
  }

  test('each is told apart', async (t) => {
    const s = await spoke();
    const good = s.answer(10n);
    await s.deliver();
    await s.claimer.claimNow();
    for (const [name, check, change, options] of forge) {
      await t.test(name, () => assertRefused(change(good), check, options));
    }
    await t.test('an agent of another owner', async () => {
      const { agentId: stranger } = await identity.register(gateway, 'test:stranger');
      await assertRefused(s.answer(10n, { agentId: stranger }), 'identity belongs to the service');
    });
    await t.test('an agent that does not exist', () =>
      assertRefused(s.answer(10n, { agentId: 999n }), 'provider had the right to sign'),
    );
    await t.test('an account that is no asset', () => {
      const of = (r: SignedReceipt) => ({ ...r, receipt: { ...r.receipt, service: net.contracts.dollar } });
      return assertRefused(of(good), 'service is registered', { fetchLeaves: s.fetchLeaves });
    });
    await t.test('a free answer is neither promised nor claimed', async () => {
      const free = await verifyReceipt(net.reader, s.answer(0n));
      assert.deepEqual([free.valid, free.claimed], [true, true]);
    });
  });
});

describe('roots of strangers', () => {
  /** A claim of one answer with its root, and a second answer that a stranger claims. */
  async function claimedByAStranger() {
    const s = await spoke();
    s.answer(50n);
    await s.deliver();
    await s.claimer.claimNow();
    const [own] = await channels.loggedReceipts(net.reader, { channelId: s.channelId });
    const good = s.answer(30n);
    await s.deliver();
    const claim = s.earnings.claims()[0]!;
    const { config, voucher, channelId } = claim;
    const rows = [{ config, ...voucher, totalClaimed: voucher.maxClaimableAmount }];
    const claimWith = (entry: { from: bigint; to: bigint; root: Hex32; leavesHash: Hex32 }) =>
      channels.spokeClaimCompact(gateway, rows, [{ channelId, ...entry }], []);
    return { s, good, own: own!, claim, claimWith };
  }

  test('attack: a root over the same interval, whose leaves the node does serve, makes a good receipt fail', async () => {
    const { s, good, own, claimWith } = await claimedByAStranger();
    await claimWith({ from: 0n, to: 80n, root: own.root, leavesHash: own.leavesHash });
    const options = { fetchLeaves: s.fetchLeaves };
    const before = await verifyReceipt(net.reader, good, options);
    assert.deepEqual([before.valid, before.claimed, inTree(before)], [true, true, null]);
    await s.claimer.claimNow();
    const after = await verifyReceipt(net.reader, good, options);
    assert.deepEqual([after.valid, inTree(after)], [true, true]);
  });

  test('attack: the right root in a stranger’s name leaves the node without a root of its own', async () => {
    const { s, good, claim, claimWith } = await claimedByAStranger();
    const { from, to } = claim;
    const { root, leavesHash } = leavesOf(claim);
    await claimWith({ from, to, root, leavesHash });
    const options = { fetchLeaves: s.fetchLeaves };
    assert.equal(inTree(await verifyReceipt(net.reader, good, options)), null);
    await s.claimer.claimNow();
    assert.equal(inTree(await verifyReceipt(net.reader, good, options)), true);
  });

  test('a root of the service itself that leaves an answer out is a lie', async () => {
    const { s, good, own, claim } = await claimedByAStranger();
    const { config, voucher, channelId } = claim;
    const rows = [{ config, ...voucher, totalClaimed: voucher.maxClaimableAmount }];
    const entry = { channelId, from: 0n, to: 80n, root: own.root, leavesHash: own.leavesHash };
    await channels.spokeClaimCompact(provider, rows, [entry], []);
    const found = await verifyReceipt(net.reader, good, { fetchLeaves: s.fetchLeaves });
    assert.deepEqual([found.valid, inTree(found)], [false, false]);
  });
});
