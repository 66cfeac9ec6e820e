import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assets, channels, identity, tokens, type Writer } from '@tributary/chain';
import {
  chainReceiptReader,
  createEarningsBook,
  createSpokeBook,
  createSpokeClaimer,
  createWatchTower,
  curve,
  EarningsRecord,
  type Leaves,
  leavesOf,
  readLeaves,
  signReceipt,
  toSignedReceipt,
  verifySignedReceipt,
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
    const domain = { chainId: net.chainId, receiptLog: net.contracts.receiptLog };
    const { signature } = signReceipt(receipt, { ...domain, key: providerKey, curve });
    const paid = spokes.pay({ channelId, receipt, payerChannelId: random32(), payerFrom: 0n, payerTo: price });
    const entry = { receipt, signature, salt: SALT, attribution: [], ...paid };
    spokes.apply({ kind: 'spoke.payment', entry });
    return toSignedReceipt(domain, entry);
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
    const reader = chainReceiptReader(net.reader);
    const first = s.answer(101n);
    s.answer(0n);
    const last = s.answer(900n);
    await s.deliver();
    const evidence = { reader, curve, answer: ANSWER, request: REQUEST };
    assert.equal((await verifySignedReceipt(last, evidence)).status, 'promised');

    const report = await s.claimer.claimNow();
    assert.deepEqual(report.claimed, [{ channelId: s.channelId, amount: 1_001n, totalClaimed: 1_001n }]);
    assert.deepEqual(report.skipped, []);
    assert.equal((await verifySignedReceipt(last, evidence)).status, 'claimed');

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
  const forge: [string, string, (r: SignedReceipt) => SignedReceipt | Promise<SignedReceipt>, object?][] = [
    ['another chain', 'wrong_chain', (r) => ({ ...r, chainId: 1 })],
    ['another log', 'wrong_receipt_log', (r) => ({ ...r, receiptLog: net.contracts.channels })],
    ['a changed price', 'payment_receipt_mismatch', (r) => ({ ...r, receipt: { ...r.receipt, price: 1n } })],
    ['an interval of another length', 'payment_interval', (r) => ({ ...r, payment: { ...r.payment, to: 99n } })],
    ['another signature', 'receipt_signature', (r) => ({ ...r, signature: r.paymentSignature })],
    ['another payment signature', 'payment_signature', (r) => ({ ...r, paymentSignature: r.signature })],
    ['an unknown channel', 'unknown_channel', (r) => ({ ...r, payment: { ...r.payment, channelId: SALT } })],
    [
      'another attribution',
      'attribution_mismatch',
      (r) => ({
        ...r,
        attribution: [{ dataset, document: 'a', documentHash: SALT, contributor: dataset, weightPpm: 1 }],
      }),
    ],
    ['another answer', 'answer_mismatch', (r) => r, { answer: { content: 'Three.' } }],
    ['another question', 'request_mismatch', (r) => r, { request: { messages: [] } }],
  ];
  test('each is told apart', async (t) => {
    const s = await spoke();
    const good = s.answer(10n);
    const reader = chainReceiptReader(net.reader);
    for (const [name, fault, change, evidence] of forge) {
      await t.test(name, async () => {
        const verdict = await verifySignedReceipt(await change(good), { reader, curve, ...evidence });
        assert.deepEqual([verdict.status, 'fault' in verdict && verdict.fault], ['invalid', fault]);
      });
    }
    await t.test('an agent of another owner', async () => {
      const { agentId: stranger } = await identity.register(gateway, 'test:stranger');
      const verdict = await verifySignedReceipt(s.answer(10n, { agentId: stranger }), { reader, curve });
      assert.deepEqual([verdict.status, 'fault' in verdict && verdict.fault], ['invalid', 'receipt_signature']);
    });
    await t.test('an agent that does not exist', async () => {
      const verdict = await verifySignedReceipt(s.answer(10n, { agentId: 999n }), { reader, curve });
      assert.deepEqual([verdict.status, 'fault' in verdict && verdict.fault], ['invalid', 'unknown_agent']);
    });
    await t.test('a free answer is neither promised nor claimed', async () => {
      assert.equal((await verifySignedReceipt(s.answer(0n), { reader, curve })).status, 'free');
    });
  });
});
