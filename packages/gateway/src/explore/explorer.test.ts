import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assets as assetActions, tokens } from '@tributary/chain';
import { toWire, withFee, ZERO_32 } from '@tributary/protocol';
import { type ExplorerApi, type ExplorerName, explorerApi, explorerPath } from '@tributary/protocol/explorer';
import { trace } from '@tributary/sdk';
import fc from 'fast-check';
import type { z } from 'zod';
import { operations } from '../openapi/operations.ts';
import { type MoneyFixture, moneyFixture } from './money-fixture.ts';

/** The explorer API over a real chain, on which answers were asked, paid, claimed and passed on. */

let f: MoneyFixture;
before(async () => {
  f = await moneyFixture();
});
after(() => f?.stop());

type Query = Record<string, string | number | undefined>;

/** An answer, which must be exactly of its schema's form: nothing missing, nothing more. */
async function get<N extends ExplorerName>(
  name: N,
  params: Record<string, string> = {},
  query: Query = {},
): Promise<z.output<ExplorerApi[N]['answer']>> {
  const call = explorerApi[name];
  const response = await fetch(f.gateway.url + explorerPath(call, params, query));
  const body: unknown = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  const parsed = call.answer.parse(body);
  assert.deepEqual(JSON.parse(toWire(parsed)), body);
  return parsed as z.output<ExplorerApi[N]['answer']>;
}

async function problem(path: string): Promise<[number, string, string | undefined]> {
  const response = await fetch(f.gateway.url + path);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const { type, status, param } = (await response.json()) as { type: string; status: number; param?: string };
  assert.equal(status, response.status);
  return [status, type.replace('urn:tributary:error:', ''), param];
}

test('the network says what its tokens are', async () => {
  const facts = await get('network');
  assert.equal(facts.chainId, f.net.chainId);
  assert.deepEqual(
    facts.tokens.map((t) => [t.address, t.decimals]),
    [
      [f.net.contracts.dollar, 6],
      [f.net.contracts.trib, 18],
    ],
  );
});

test('the graph shows every asset, who feeds whom and how much flowed, equal to what the chain says', async () => {
  const graph = await get('graph');
  assert.equal(graph.reset, true);
  assert.deepEqual(
    new Map(graph.nodes.map((n) => [n.account, n.kind])),
    new Map([
      [f.dataset, 'dataset'],
      [f.model, 'model'],
      [f.device, 'device'],
      [f.service, 'service'],
    ]),
  );
  for (const node of graph.nodes) {
    const [dollars] = node.earnings;
    assert.equal(dollars?.waiting, await tokens.balanceOf(f.net.reader, node.account), node.name);
    assert.equal(dollars?.received, await assetActions.received(f.net.reader, node.account, f.net.contracts.dollar));
  }
  const edge = graph.edges.find((e) => e.from === f.model && e.to === f.dataset);
  const dataset = graph.nodes.find((n) => n.account === f.dataset);
  assert.deepEqual(edge?.flowed, [{ token: f.net.contracts.dollar, amount: dataset?.earnings[0]?.received }]);
  assert.equal(edge?.last?.txHash, f.passedOn);
  assert.equal(graph.edges.length, 3);
});

test('a graph asked again with a cursor says only what changed', async () => {
  const whole = await get('graph');
  const nothing = await get('graph', {}, { since: whole.next });
  assert.deepEqual([nothing.nodes, nothing.edges, nothing.reset], [[], [], false]);
  await tokens.transfer(f.net.wallets[0]!, f.device, 5n);
  const changed = await get('graph', {}, { since: nothing.next });
  assert.deepEqual(
    changed.nodes.map((n) => n.account),
    [f.device],
  );
  assert.deepEqual([changed.edges, changed.reset], [[], false]);
  assert.equal((await get('graph', {}, { since: 'another.9' })).reset, true);
});

test('assets are listed newest first, by kind, owner and upstream, page by page', async () => {
  const all = await get('assets');
  assert.deepEqual(
    all.assets.map((a) => a.account),
    [f.service, f.device, f.model, f.dataset],
  );
  const first = await get('assets', {}, { limit: 3 });
  const second = await get('assets', {}, { limit: 3, cursor: first.next! });
  assert.deepEqual([...first.assets, ...second.assets], all.assets);
  assert.equal(second.next, null);
  const names = async (query: Query) => (await get('assets', {}, query)).assets.map((a) => a.account);
  assert.deepEqual(await names({ kind: 'model' }), [f.model]);
  assert.deepEqual(await names({ upstream: f.dataset }), [f.model]);
  assert.deepEqual(await names({ owner: f.owner }), [f.service, f.device, f.model]);
});

test('one asset shows its card, neighbours, dues, party and service', async () => {
  const dataset = await get('asset', { account: f.dataset });
  assert.equal(dataset.name, 'Words');
  assert.deepEqual(dataset.card, { name: 'Words', description: 'Words that were collected.' });
  assert.deepEqual(
    dataset.downstream.map((d) => [d.asset.name, d.weightPpm, d.last?.txHash]),
    [['Echo model', 400_000, f.passedOn]],
  );
  assert.deepEqual([dataset.duesPpm, dataset.holders, dataset.downstreamCount, dataset.party], [100_000, 2, 1, null]);
  const service = await get('asset', { account: f.service });
  assert.deepEqual(
    service.upstream.map((u) => [u.asset.account, u.weightPpm]),
    [
      [f.model, 500_000],
      [f.device, 200_000],
    ],
  );
  assert.deepEqual(
    service.obligations?.map((o) => [o.asset.account, o.duePpm, o.flowPpm]),
    [[f.dataset, 100_000, 200_000]],
  );
  assert.deepEqual(service.party, { agentId: f.agentId, name: 'Echo & Sons' });
  assert.equal(service.service?.model, 'tributary/echo');
});

test('holders show what each can claim and was paid, equal to what the contract says', async () => {
  const { holders } = await get('holders', { account: f.dataset });
  const at = new Map(holders.map((h) => [h.holder, h]));
  const paid = at.get(f.holder)!;
  assert.deepEqual([paid.role, paid.sharePpm, paid.claimable], ['holder', 250_000, []]);
  assert.ok(paid.claimed[0]!.amount > 0n);
  const other = holders.find((h) => h.holder !== f.holder)!;
  const claimable = await assetActions.claimable(f.net.reader, f.dataset, other.holder, f.net.contracts.dollar);
  assert.deepEqual(other.claimable, [{ token: f.net.contracts.dollar, amount: claimable }]);
  const first = await get('holders', { account: f.dataset }, { limit: 1 });
  const second = await get('holders', { account: f.dataset }, { limit: 1, cursor: first.next! });
  assert.deepEqual([...first.holders, ...second.holders], holders);
  const [owner] = (await get('holders', { account: f.model })).holders;
  assert.deepEqual([owner?.holder, owner?.role, owner?.sharePpm], [f.owner, 'owner', 1_000_000]);
  assert.ok(owner!.claimable![0]!.amount > 0n);
});

test('revenue over time adds up to what was received', async () => {
  const { buckets, bucketSeconds } = await get('revenue', { account: f.model }, { bucket: 'day' });
  assert.equal(bucketSeconds, 86_400);
  const { earnings } = await get('asset', { account: f.model });
  assert.equal(
    buckets.reduce((sum, b) => sum + b.received, 0n),
    earnings[0]!.received,
  );
  assert.deepEqual((await get('revenue', { account: f.model }, { from: 4_000_000_000 })).buckets, []);
});

test('services show price, latency, success, earnings and quality', async () => {
  const { services } = await get('services', {}, { model: 'tributary/echo', sort: 'latency' });
  const [echo] = services;
  assert.equal(services.length, 1);
  assert.equal(echo?.price.perRequest, withFee(echo!.card.price.perRequest, 50_000n));
  assert.deepEqual([echo?.observed.calls, echo?.observed.failed, echo?.observed.successPpm], [3, 0, 1_000_000]);
  assert.equal(echo?.observed.latencyMs?.samples, 3);
  assert.ok(echo!.observed.latencyMs!.p50 <= echo!.observed.latencyMs!.p95);
  assert.deepEqual(
    echo?.madeFrom.map((a) => a.name),
    ['Echo model', 'A small computer'],
  );
  assert.deepEqual(echo?.quality?.byTag, [{ tag: 'starred', count: 1, average: '87' }]);
  assert.deepEqual(echo?.party, { agentId: f.agentId, name: 'Echo & Sons' });
  assert.deepEqual((await get('services', {}, { model: 'no/such' })).services, []);
  assert.equal((await get('service', { account: f.service })).available, true);
});

test('a party shows its ERC-8004 record, services, devices and ratings', async () => {
  const { parties } = await get('parties');
  assert.deepEqual(
    parties.map((p) => [p.agentId, p.name, p.owner, p.wallet]),
    [[f.agentId, 'Echo & Sons', f.owner, f.owner]],
  );
  const party = await get('party', { agentId: String(f.agentId) });
  assert.deepEqual(party.file, { name: 'Echo & Sons', description: 'They repeat what you say.' });
  assert.deepEqual(
    [party.services, party.devices, party.assets].map((list) => list.map((a) => a.account)),
    [[f.service], [f.device], [f.model]],
  );
  assert.deepEqual(
    party.latestFeedback.map((r) => [r.value, r.tag1, r.revoked]),
    [['87', 'starred', false]],
  );
});

test('receipts come newest and oldest first, without salts, with the claim that covers them', async () => {
  const newest = await get('receipts');
  assert.deepEqual(
    newest.receipts.map((r) => r.receipt.receipt.requestId),
    f.requests.toReversed(),
  );
  assert.deepEqual(
    newest.receipts.map((r) => [r.state, r.claim?.txHash ?? null, r.receipt.salt]),
    [
      ['promised', null, ZERO_32],
      ['claimed', f.claim, ZERO_32],
      ['claimed', f.claim, ZERO_32],
    ],
  );
  const pages = [];
  let cursor: string | undefined;
  do {
    const page = await get('receipts', {}, { limit: 2, cursor, service: f.service });
    pages.push(...page.receipts);
    cursor = page.next ?? undefined;
  } while (cursor);
  assert.deepEqual(pages, newest.receipts);
  const oldest = await get('receipts', {}, { order: 'oldest' });
  assert.deepEqual(oldest.receipts, newest.receipts.toReversed());
  const later = await get('receipts', {}, { order: 'oldest', cursor: oldest.next! });
  assert.deepEqual([later.receipts, later.next], [[], oldest.next]);
  f.requests.push(await f.ask());
  const found = await get('receipts', {}, { order: 'oldest', cursor: oldest.next! });
  assert.deepEqual(
    found.receipts.map((r) => r.receipt.receipt.requestId),
    f.requests.slice(-1),
  );
  assert.deepEqual((await get('receipts', {}, { service: f.model })).receipts, []);
});

/** A step of a trace and one of the API, in the same few words. */
type Step = { microAmount: bigint; weightPpm: number; upstream: Step[]; holders: { microAmount: bigint }[] };
const outline = (step: Step): unknown => [
  step.microAmount,
  step.weightPpm,
  step.holders.map((h) => h.microAmount),
  step.upstream.map(outline),
];

test('the money path of a receipt is what a trace of the chain finds', async () => {
  const path = await get('moneyPath', { id: f.requests[0]! });
  const found = await trace(f.net.reader, await get('receipt', { id: f.requests[0]! }));
  assert.deepEqual(outline(path.account!), outline(found.account!));
  assert.deepEqual(
    [path.charged, path.price, path.account?.arrived?.txHash, path.hub?.settlement?.txHash],
    [found.charged, found.price, found.account?.arrived?.transactionHash, found.hub?.settlement?.transactionHash],
  );
  assert.deepEqual([path.spoke?.state, path.spoke?.claim?.txHash, path.planned], ['settled', f.claim, null]);
  assert.equal(path.hub?.state, 'settled');
  const model = path.account!.upstream.find((u) => u.asset.account === f.model)!;
  assert.equal(model.arrived?.txHash, f.claim);
  const dataset = model.upstream[0]!;
  assert.deepEqual([dataset.asset.name, dataset.arrived?.txHash], ['Words', f.passedOn]);
  assert.equal(dataset.microAmount, (((path.price * 1_000_000n) / 2n) * 4n) / 10n);
  assert.deepEqual(
    dataset.holders.map((h) => [h.sharePpm, h.paid?.txHash ?? null]),
    [
      [750_000, null],
      [250_000, f.paidOut],
    ],
  );
});

test('a receipt that is only promised shows how its money will be divided', async () => {
  const path = await get('moneyPath', { id: f.requests[2]! });
  assert.deepEqual([path.spoke?.state, path.account], ['promised', null]);
  assert.deepEqual(
    path.planned?.upstream.map((u) => [u.asset.kind, u.weightPpm, u.arrived]),
    [
      ['model', 500_000, null],
      ['device', 200_000, null],
    ],
  );
});

test('claims name payer, receiver, what they added and the root of their receipts', async () => {
  const { claims } = await get('claims', {}, { receiver: f.service });
  assert.equal(claims.length, 1);
  const [claim] = claims;
  assert.deepEqual([claim?.channelId, claim?.asset?.account, claim?.place.txHash], [f.spoke, f.service, f.claim]);
  assert.equal(claim?.claimed, claim?.totalClaimed);
  assert.equal(claim?.receipts?.to, claim?.totalClaimed);
  const hub = await get('claims', {}, { limit: 1 });
  assert.equal(hub.claims[0]?.asset, null);
  assert.equal(hub.claims[0]?.payer, f.payer);
});

test('events tell what happened, and one transaction tells all it did, in order', async () => {
  const { events, next } = await get('events', {}, { asset: f.dataset, limit: 2 });
  assert.deepEqual(
    events.map((e) => [e.kind, e.place.txHash]),
    [
      ['paid_out', f.paidOut],
      ['passed_on', f.passedOn],
    ],
  );
  const older = await get('events', {}, { asset: f.dataset, cursor: next! });
  assert.deepEqual(
    older.events.map((e) => e.kind),
    ['registered', 'shares_moved', 'shares_moved'].toReversed(),
  );
  const claim = await get('transaction', { id: f.claim });
  assert.deepEqual(
    claim.events.map((e) => e.kind),
    ['claimed', 'receipts_logged', 'settled', 'passed_on', 'passed_on'],
  );
});

test('an address shows what it owns and holds, what it can claim and was paid', async () => {
  const holder = await get('address', { address: f.holder });
  assert.deepEqual(
    holder.positions.map((p) => [p.asset.name, p.owns, p.sharePpm, p.claimable]),
    [['Words', false, 250_000, []]],
  );
  assert.deepEqual(holder.claimed, holder.positions[0]?.claimed);
  const owner = await get('address', { address: f.owner });
  assert.deepEqual(
    owner.positions.map((p) => [p.asset.kind, p.owns]),
    [
      ['service', true],
      ['device', true],
      ['model', true],
    ],
  );
  let open = 0n;
  for (const { asset } of owner.positions)
    open += await assetActions.claimableOwner(f.net.reader, asset.account, f.net.contracts.dollar);
  assert.deepEqual(owner.claimable, [{ token: f.net.contracts.dollar, amount: open }]);
  assert.deepEqual(owner.parties, [{ agentId: f.agentId, name: 'Echo & Sons' }]);
  const first = await get('address', { address: f.owner }, { limit: 2 });
  const second = await get('address', { address: f.owner }, { limit: 2, cursor: first.next! });
  assert.deepEqual([...first.positions, ...second.positions], owner.positions);
  const payer = await get('address', { address: f.payer });
  assert.equal(payer.channels[0]?.deposited, 5_000_000n);
  assert.ok(payer.channels[0]!.claimed > 0n);
});

test('everything can be searched for, by words or by id', async () => {
  const search = async (q: string) => (await get('search', {}, { q })).results.map((r) => [r.type, r.id]);
  assert.deepEqual(await search('words'), [
    ['asset', f.dataset],
    ['asset', f.model],
  ]);
  assert.deepEqual((await search('echo'))[0], ['service', f.service]);
  assert.deepEqual(await search('echo & sons'), [['party', String(f.agentId)]]);
  assert.deepEqual((await search(String(f.agentId)))[0], ['party', String(f.agentId)]);
  assert.deepEqual(await search(f.dataset.slice(0, 12)), [['asset', f.dataset]]);
  assert.deepEqual(await search(f.model.toUpperCase().replace('0X', '0x')), [
    ['asset', f.model],
    ['address', f.model],
  ]);
  assert.deepEqual(await search(f.paidOut), [['transaction', f.paidOut]]);
  const [receipt] = await search(f.requests[0]!);
  assert.equal(receipt?.[0], 'receipt');
  assert.equal((await get('receipt', { id: receipt![1]! })).receipt.requestId, f.requests[0]);
  assert.deepEqual(await search('nobody has heard of this'), []);
  assert.deepEqual(await search('100%_\\'), []);
});

test('totals count assets, receipts, claims and money', async () => {
  const totals = await get('totals');
  assert.equal(totals.assets.service, 1);
  assert.equal(totals.parties, 1);
  assert.equal(totals.receipts, f.requests.length);
  assert.equal(totals.claims, 2);
  assert.equal(totals.earned.length, 1);
  assert.ok(totals.earned[0]!.amount > totals.paidOut[0]!.amount);
});

test('answers are packed for those who can unpack them', async () => {
  const url = `${f.gateway.url}/tributary/graph`;
  const packed = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  const plain = await fetch(url, { headers: { 'accept-encoding': 'gzip;q=0, identity' } });
  assert.deepEqual([packed.headers.get('content-encoding'), plain.headers.get('content-encoding')], ['gzip', null]);
  assert.equal(await packed.text(), await plain.text());
});

test('what there is not, and what nobody understands, is a problem that names its parameter', async () => {
  const nobody = `0x${'12'.repeat(20)}`;
  const nothing = `0x${'12'.repeat(32)}`;
  const cases: [string, [number, string, string | undefined]][] = [
    [`/tributary/assets/${nobody}`, [404, 'asset_not_found', undefined]],
    [`/tributary/assets/${nobody}/holders`, [404, 'asset_not_found', undefined]],
    [`/tributary/services/${nobody}`, [404, 'service_not_found', undefined]],
    [`/tributary/receipts/${nothing}`, [404, 'receipt_not_found', undefined]],
    [`/tributary/receipts/${nothing}/trace`, [404, 'receipt_not_found', undefined]],
    [`/tributary/transactions/${nothing}`, [404, 'transaction_not_found', undefined]],
    ['/tributary/parties/77', [404, 'party_not_found', undefined]],
    ['/tributary/parties/x', [400, 'invalid_value', 'agentId']],
    ['/tributary/assets/0x12', [400, 'invalid_value', 'account']],
    ['/tributary/assets?limit=0', [400, 'invalid_value', 'limit']],
    ['/tributary/assets?limit=1001', [400, 'invalid_value', 'limit']],
    ['/tributary/assets?kind=king', [400, 'invalid_value', 'kind']],
    ['/tributary/assets?cursor=zz', [400, 'invalid_cursor', 'cursor']],
    [`/tributary/assets?cursor=${nobody}`, [400, 'invalid_cursor', 'cursor']],
    ['/tributary/events?cursor=1.2', [400, 'invalid_cursor', 'cursor']],
    ['/tributary/events?cursor=99999999999999999.1.1', [400, 'invalid_cursor', 'cursor']],
    ['/tributary/receipts?order=up', [400, 'invalid_value', 'order']],
    ['/tributary/receipts?limit=5&limit=6', [400, 'repeated_parameter', 'limit']],
    ['/tributary/receipts?sinse=5', [400, 'unknown_parameter', 'sinse']],
    ['/tributary/network?x=1', [400, 'unknown_parameter', 'x']],
    ['/tributary/search', [400, 'invalid_value', 'q']],
    ['/tributary/search?q=', [400, 'invalid_value', 'q']],
    [`/tributary/search?q=${'a'.repeat(129)}`, [400, 'invalid_value', 'q']],
    ['/tributary/nothing', [404, 'not_found', undefined]],
  ];
  for (const [path, expected] of cases) assert.deepEqual(await problem(path), expected, path);
});

test('every operation that the document describes is there', async () => {
  const samples: Record<string, string> = {
    account: f.service,
    agentId: String(f.agentId),
    address: f.owner,
    id: f.requests[0]!,
    model: 'tributary/echo',
  };
  for (const { method, path, id } of operations) {
    const given = id === 'transaction' ? { id: f.claim } : samples;
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name as 'id']!);
    const init = { method: method.toUpperCase(), headers: { accept: 'application/json' } };
    const response = await fetch(f.gateway.url + filled + (id === 'search' ? '?q=a' : ''), init);
    const body = await response.text();
    assert.notEqual(response.status, 405, id);
    assert.doesNotMatch(body, /not_found|not found/, `${id}: ${body}`);
  }
});

test('whatever is asked, the answer is of its form or a problem, never a failure inside', async () => {
  const names = fc.constantFrom(...(Object.keys(explorerApi) as ExplorerName[]));
  const word = fc.oneof(
    fc.string({ maxLength: 40, unit: 'binary' }),
    fc.constantFrom(f.service, f.dataset, f.owner, f.requests[0]!, f.claim, '0', '1', '-1', '1.1.1', 'newest', 'hour'),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    fc.bigInt({ min: 0n, max: 1n << 300n }).map(String),
  );
  const keys = [
    'cursor',
    'limit',
    'since',
    'kind',
    'owner',
    'asset',
    'address',
    'q',
    'sort',
    'order',
    'bucket',
    'from',
  ];
  const query = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 8 })), word, { maxKeys: 3 });
  await fc.assert(
    fc.asyncProperty(names, word, query, async (name, param, given) => {
      const call = explorerApi[name];
      const path = call.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(param.toWellFormed()) || '-');
      const response = await fetch(`${f.gateway.url}${path}?${new URLSearchParams(given)}`);
      const body = (await response.json()) as { status?: number; title?: string };
      if (response.status === 200) call.answer.parse(body);
      else {
        assert.ok([400, 404].includes(response.status), `${path} ${JSON.stringify(given)}: ${JSON.stringify(body)}`);
        assert.equal(body.status, response.status);
      }
    }),
    { numRuns: 300 },
  );
});
