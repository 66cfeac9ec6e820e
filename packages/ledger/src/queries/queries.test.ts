import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assets, channels, identity, tokens, type Writer } from '@tributary/chain';
import { type Address, type ChannelConfig, channelDigests, type Hex32, noble, ZERO_32 } from '@tributary/protocol';
import { testAccount } from '../devnet/test-support.ts';
import { startFollower } from '../follower/follower.ts';
import { cardNames, cardOf, dueCards, nextRetry, saveCard } from '../store/cards.ts';
import { databases, networkFor } from '../test-support.ts';
import { listAssets } from './assets.ts';
import { timesOf } from './blocks.ts';
import { listChannels, payoutsAfter, settlementAfter, transfersAfter } from './channels.ts';
import { claimsCovering, listClaims } from './claims.ts';
import { type EventFilter, listEvents } from './events.ts';
import { listHolders, listOwnerPayouts, listPositions } from './holders.ts';
import { countParties, listFeedback, listParties, summarizeFeedback } from './parties.ts';
import { revenueOf } from './revenue.ts';
import { networkTotals } from './totals.ts';

/** What the tables say of a chain on which money went all the way: channel, service, model, dataset, holders. */

const SHARE = 10n ** 18n;
const addressOf = (w: Writer) => w.account.address.toLowerCase() as Address;
const keyOf = (index: number) => testAccount(index).getHdKey().privateKey!;
const WORD: Hex32 = `0x${'5a'.repeat(32)}`;

/** A channel from `payer` to `receiver`, claimed in two steps and settled; it was opened with 1,000. */
async function payByChannel(payer: Writer, receiver: Address, operator: Writer) {
  const { contracts, chainId } = payer;
  const config: ChannelConfig = {
    payer: addressOf(payer),
    payerAuthorizer: noble.addressOf(keyOf(5)),
    receiver,
    receiverAuthorizer: addressOf(operator),
    token: contracts.dollar,
    withdrawDelay: 3600,
    salt: ZERO_32,
  };
  const digests = channelDigests(chainId, contracts.channels);
  const channelId = digests.channelId(config);
  const authorization = { validAfter: 0n, validBefore: 1n << 40n, salt: WORD };
  const facts = { payer: config.payer, collector: contracts.erc3009Collector, amount: 1_000n, channelId };
  const digest = channels.depositDigest(await tokens.tokenDomain(payer), { ...facts, ...authorization });
  const signature = noble.sign(digest, keyOf(0));
  await channels.deposit(payer, config, 1_000n, channels.erc3009CollectorData({ ...authorization, signature }));
  const voucher = noble.sign(digests.voucher(channelId, 900n), keyOf(5));
  for (const totalClaimed of [300n, 900n])
    await channels.claim(operator, [{ config, maxClaimableAmount: 900n, signature: voucher, totalClaimed }]);
  const settled = await channels.settle(operator, receiver);
  await channels.logReceipts(operator, [{ channelId, from: 300n, to: 900n, root: WORD, leavesHash: WORD }]);
  return { channelId, settled };
}

for (const database of databases) {
  test(`every query over a chain where money moved (${database.name})`, { skip: database.skip }, async (t) => {
    const network = await networkFor(t);
    const { db } = await database.open(t);
    const [alice, bob] = network.writers;
    const { contracts } = network;
    const { dollar, trib } = contracts;
    await tokens.mint(alice, addressOf(alice), 1_000_000n);
    const follower = await startFollower({ reader: alice, store: { db }, intervalMs: 0, maxRange: 3 });

    const dataset = await assets.register(alice, {
      kind: 'dataset',
      uri: 'data:,words',
      duesPpm: 50_000,
      holders: [
        { holder: addressOf(alice), shares: 3n * SHARE },
        { holder: addressOf(bob), shares: SHARE },
      ],
    });
    const model = await assets.register(alice, {
      kind: 'model',
      uri: 'data:,model',
      upstream: [{ account: dataset.account, weightPpm: 400_000 }],
    });
    const service = {
      kind: 'service',
      uri: 'data:,service',
      upstream: [{ account: model.account, weightPpm: 500_000 }],
    } as const;
    // Paid before it exists, several blocks ahead and so in an earlier range.
    await tokens.transfer(alice, await assets.predict(bob, addressOf(bob), service), 100n);
    await follower.poll();
    await network.rpc('anvil_mine', 5);
    const { account } = await assets.register(bob, service);
    const agent = await identity.register(bob, `data:,${'\0'}nul`, { color: new Uint8Array([1]) });
    const { channelId, settled } = await payByChannel(alice, account, bob);
    await assets.flush(alice, account);
    const { receipt: passed } = await assets.flush(alice, model.account);
    const claimed = await assets.claim(alice, dataset.account, addressOf(bob));
    await assets.claimOwner(alice, model.account);
    await assets.transferShares(alice, dataset.account, addressOf(bob), SHARE);
    for (const [value, tag1] of [
      [90n, 'starred'],
      [45n, 'starred'],
      [9977n, 'uptime'],
    ] as const)
      await identity.giveFeedback(alice, {
        agentId: agent.agentId,
        value,
        valueDecimals: tag1 === 'uptime' ? 2 : 0,
        tag1,
      });
    await identity.revokeFeedback(alice, agent.agentId, 2n);
    await follower.poll();
    await follower.stop();

    await t.test('assets add up: received = passed on + paid out + what lies there', async () => {
      const rows = await listAssets(db);
      assert.deepEqual(
        rows.map((a) => [a.kind, a.flows, a.shares, a.holders]),
        [
          ['dataset', [{ token: dollar, received: 200n, passedOn: 0n, paidOut: 50n }], 4n * SHARE, 2],
          ['model', [{ token: dollar, received: 500n, passedOn: 200n, paidOut: 300n }], 0n, 0],
          ['service', [{ token: dollar, received: 1_000n, passedOn: 500n, paidOut: 0n }], 0n, 0],
        ],
      );
      for (const { account: a, flows } of rows) {
        const lies = await tokens.balanceOf(alice, a);
        assert.equal(flows[0]!.received - flows[0]!.passedOn - flows[0]!.paidOut, lies);
      }
      const [one] = await listAssets(db, [account]);
      assert.equal(one?.owner, addressOf(bob));
      assert.deepEqual(one?.upstream[0]?.flowed, [{ token: dollar, amount: 500n }]);
      const edge = rows[1]!.upstream[0]!;
      assert.deepEqual(
        [edge.account, edge.weightPpm, edge.last?.txHash],
        [dataset.account, 400_000, passed.transactionHash],
      );
      assert.deepEqual(await listAssets(db, []), []);
    });

    await t.test('holders come with what they were paid, page by page', async () => {
      const first = await listHolders(db, dataset.account, { limit: 1 });
      assert.equal(first.rows.length, 1);
      const second = await listHolders(db, dataset.account, { after: first.next!, limit: 1 });
      assert.equal(second.next, null);
      const found = [...first.rows, ...second.rows];
      assert.deepEqual(
        found.map((h) => [h.shares, h.dollars]).sort(),
        [
          [2n * SHARE, 0n],
          [2n * SHARE, 50n],
        ].sort(),
      );
      assert.deepEqual(await listOwnerPayouts(db, model.account), [
        { owner: addressOf(alice), dollars: 300n, tribs: 0n },
      ]);
      const positions = await listPositions(db, addressOf(bob));
      const at = new Map(positions.map((p) => [p.account, p]));
      assert.deepEqual(at.get(dataset.account), {
        account: dataset.account,
        owns: false,
        shares: 2n * SHARE,
        dollars: 50n,
        tribs: 0n,
      });
      assert.equal(at.get(account)?.owns, true);
      assert.equal(at.size, 2);
    });

    await t.test('revenue falls into buckets of time', async () => {
      const [bucket, ...more] = await revenueOf(db, model.account, { bucketSeconds: 604_800, most: 10 });
      assert.deepEqual(more, []);
      assert.deepEqual([bucket?.received, bucket?.passedOn, bucket?.paidOut], [500n, 200n, 300n]);
      assert.equal(bucket!.start % 604_800, 0);
      assert.deepEqual(
        await revenueOf(db, model.account, { bucketSeconds: 60, from: bucket!.start + 604_800, most: 9 }),
        [],
      );
    });

    await t.test('claims say what they added, and the root that was logged', async () => {
      const { rows, next } = await listClaims(db, { limit: 1 });
      assert.deepEqual([rows[0]?.claimed, rows[0]?.totalClaimed, rows[0]?.receipts?.root], [600n, 900n, WORD]);
      const older = await listClaims(db, { before: next!, limit: 5, channelId, receiver: account });
      assert.deepEqual([older.rows.length, older.rows[0]?.claimed, older.rows[0]?.receipts], [1, 300n, null]);
      const [low, high, none] = await claimsCovering(db, [
        { channelId, to: 300n },
        { channelId, to: 301n },
        { channelId, to: 901n },
      ]);
      assert.equal(low?.txHash, older.rows[0]?.place.txHash);
      assert.equal(high?.txHash, rows[0]?.place.txHash);
      assert.equal(none, null);
      assert.deepEqual(await claimsCovering(db, []), []);
    });

    await t.test('a channel knows its sums, and what came after a claim is found', async () => {
      const [channel] = await listChannels(db, { payer: addressOf(alice) }, 10);
      assert.deepEqual(
        [channel?.channelId, channel?.deposited, channel?.claimed, channel?.returned, channel?.receiver],
        [channelId, 1_000n, 900n, 0n, account],
      );
      assert.equal((await listChannels(db, { channelId }, 1)).length, 1);
      const { rows } = await listClaims(db, { limit: 1 });
      const settlement = await settlementAfter(db, { receiver: account, token: dollar }, rows[0]!.place);
      assert.equal(settlement?.txHash, settled.hash);
      assert.equal(await settlementAfter(db, { receiver: account, token: dollar }, settlement!), null);
      const sent = await transfersAfter(db, { payer: account, token: dollar }, settlement!);
      assert.deepEqual(
        sent.map((s) => s.to),
        [model.account],
      );
      const paid = await payoutsAfter(db, dataset.account, settlement!);
      assert.deepEqual(
        paid.map((p) => [p.to, p.place.txHash]),
        [[addressOf(bob), claimed.hash]],
      );
    });

    await t.test('events tell everything once, newest first, and page without loss', async () => {
      const ask = (filter: EventFilter, limit = 1_000) =>
        listEvents(db, { channels: contracts.channels, dollar, trib }, filter, limit);
      const { rows: all, next } = await ask({});
      assert.equal(next, null);
      const kinds = Object.entries(Object.groupBy(all, (e) => e.kind)).map(([kind, found]) => [kind, found.length]);
      assert.deepEqual(Object.fromEntries(kinds), {
        registered: 3,
        shares_moved: 3,
        paid_in: 1,
        party_registered: 1,
        channel_opened: 1,
        deposited: 1,
        claimed: 2,
        settled: 1,
        receipts_logged: 1,
        passed_on: 2,
        paid_out: 2,
        rated: 3,
      });
      const paged = [];
      for (let before: EventFilter['before']; ; ) {
        const page = await ask({ before }, 3);
        paged.push(...page.rows);
        if (!page.next) break;
        before = page.next;
      }
      assert.deepEqual(paged, all);
      const paid = (await ask({ kind: 'paid_out', account: dataset.account })).rows;
      assert.deepEqual(
        paid.map((e) => [e.from, e.to, e.money]),
        [[dataset.account, addressOf(bob), [{ token: dollar, amount: 50n }]]],
      );
      const ofModel = (await ask({ account: model.account })).rows.map((e) => e.kind);
      assert.deepEqual(ofModel, ['paid_out', 'passed_on', 'passed_on', 'registered']);
      const ofBob = (await ask({ party: addressOf(bob) })).rows.map((e) => e.kind);
      assert.deepEqual(ofBob, [
        'shares_moved',
        'paid_out',
        'receipts_logged',
        'party_registered',
        'registered',
        'shares_moved',
      ]);
      const transaction = { txHash: claimed.hash, blockNumber: Number(claimed.receipt.blockNumber) };
      assert.deepEqual(
        (await ask({ transaction })).rows.map((e) => e.kind),
        ['paid_out'],
      );
      assert.deepEqual((await ask({ kind: 'described', party: addressOf(bob) })).rows, []);
    });

    await t.test('parties come with owner, wallet and what raters say; revoked ratings do not count', async () => {
      const { rows } = await listParties(db, { limit: 10 });
      assert.deepEqual(
        rows.map((p) => [p.agentId, p.owner, p.wallet, p.uri]),
        [[agent.agentId, addressOf(bob), addressOf(bob), 'data:,\u{fffd}nul']],
      );
      assert.equal((await listParties(db, { owner: addressOf(alice), limit: 10 })).rows.length, 0);
      assert.equal((await listParties(db, { owner: addressOf(bob), limit: 10 })).rows.length, 1);
      assert.equal((await listParties(db, { agentIds: [agent.agentId + 1n], limit: 10 })).rows.length, 0);
      assert.equal((await listParties(db, { before: agent.agentId, limit: 10 })).rows.length, 0);
      assert.equal(await countParties(db), 1);
      const summary = (await summarizeFeedback(db, [agent.agentId])).get(agent.agentId);
      assert.deepEqual(summary, {
        count: 2,
        raters: 1,
        byTag: [
          { tag: 'starred', count: 1, average: '90' },
          { tag: 'uptime', count: 1, average: '99.77' },
        ],
      });
      const ratings = await listFeedback(db, agent.agentId, 2);
      assert.deepEqual(
        ratings.map((f) => [f.index, f.value, f.revoked]),
        [
          [3, '99.77', false],
          [2, '45', true],
        ],
      );
    });

    await t.test('totals count what came from outside once', async () => {
      const totals = await networkTotals(db);
      assert.equal(totals.head?.blockNumber, follower.head()?.number);
      assert.deepEqual(
        [totals.claims, totals.earned, totals.paidOut],
        [2, [{ token: dollar, amount: 1_000n }], { dollars: 350n, tribs: 0n }],
      );
      const times = await timesOf(db, [totals.head!.blockNumber, 10_000]);
      assert.deepEqual([...times], [[totals.head!.blockNumber, totals.head!.time]]);
    });

    await t.test('a card is due until it is read, again when its address moves, and later when it failed', async () => {
      const dueAt = (now: number) => dueCards(db, { remote: false, now, limit: 100 });
      const due = await dueAt(0);
      assert.deepEqual(due.map((d) => d.subject).sort(), [
        ...[dataset.account, model.account, account].map((a) => `asset:${a}`).sort(),
        `party:${agent.agentId}`,
      ]);
      const card = { name: 'words', description: '', model: '', content: '"w"', retryAt: null, failures: 0 };
      for (const { subject, uri } of due) await saveCard(db, { ...card, subject, uri });
      assert.deepEqual(await dueAt(0), []);
      await saveCard(db, { ...card, ...due[0]!, uri: 'data:,elsewhere' });
      assert.deepEqual(await dueAt(0), [due[0]]);
      await saveCard(db, { ...card, subject: due[0]!.subject, uri: due[0]!.uri });
      assert.deepEqual(await dueCards(db, { remote: true, now: 0, limit: 9 }), []);
      assert.equal(await nextRetry(db), null);
      const [first] = due;
      await saveCard(db, { ...card, ...first!, retryAt: 50, failures: 2 });
      assert.equal(await nextRetry(db), 50);
      assert.deepEqual(await dueAt(49), []);
      assert.deepEqual(await dueAt(50), [{ ...first, failures: 2 }]);
      assert.equal((await cardNames(db)).length, 4);
      assert.deepEqual(await cardNames(db, [first!.subject]), [
        { subject: first!.subject, name: 'words', description: '', model: '' },
      ]);
      assert.equal((await cardOf(db, first!.subject))?.content, '"w"');
      assert.equal(await cardOf(db, 'asset:none'), undefined);
    });
  });
}
