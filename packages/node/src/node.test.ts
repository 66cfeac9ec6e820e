import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { assets, channels, identity } from '@tributary/chain';
import { curve, readLeaves } from '@tributary/payments';
import { cardDigest, type Hex, ServiceCard, sameHex } from '@tributary/protocol';
import { type NodeConfigJson, parseNodeConfig } from './config.ts';
import { createNode } from './node.ts';
import {
  type Answer,
  createTestGateway,
  ENDPOINT,
  provisionProvider,
  startNetwork,
  type TestGateway,
  type TestNetwork,
} from './test-network.ts';

let network: TestNetwork;
let documents: string;

before(async () => {
  documents = await mkdtemp(join(tmpdir(), 'node-documents-'));
  await writeFile(
    join(documents, 'bridges.md'),
    '# Bridges\n\nThe longest rope bridge of the valley is the Marlin bridge. It was built in 1931 by the village of Orth.\n',
  );
  await writeFile(
    join(documents, 'cheese.md'),
    '# Cheese\n\nThe valley makes a blue cheese called Tarn. It ripens for ninety days in caves of limestone.\n',
  );
  network = await startNetwork(documents);
});
after(() => network[Symbol.asyncDispose]());

let salts = 0;

/** Starts a node that ends with the test at the latest. */
async function start(t: TestContext, config: NodeConfigJson) {
  const node = await createNode(parseNodeConfig(config));
  t.after(() => node.close());
  return node;
}

/** A node with a gateway that has a funded spoke and a session. */
async function served(t: TestContext, service: 'library' | 'abacus' = 'abacus', changes: Partial<NodeConfigJson> = {}) {
  const config = await network.config(changes);
  const node = await start(t, config);
  const gateway = createTestGateway(network, network.services[service], ++salts);
  await gateway.deposit(10_000_000n);
  const session = await gateway.openSession(node.url);
  assert.equal(session.status, 200, await session.text());
  return { config, node, gateway };
}

async function askAll(gateway: TestGateway, model: string, questions: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) {
    const answer = await gateway.ask(model, question);
    gateway.number(answer.entry);
    answers.push(answer);
  }
  return answers;
}

async function post(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url, { method: 'POST' })).json()) as Record<string, unknown>;
}

async function cardOf(url: string, service: string): Promise<{ card: ServiceCard; raw: unknown; signature: Hex }> {
  const { card, signature } = (await (await fetch(`${url}/services/${service}`)).json()) as {
    card: unknown;
    signature: Hex;
  };
  return { card: ServiceCard.parse(card), raw: card, signature };
}

test('a card proves what spec/wire.md asks of it', async (t) => {
  const node = await start(t, await network.config());
  const { reader, contracts, chainId } = network.devnet;
  const { card, raw, signature } = await cardOf(node.url, network.services.library);
  const signer = curve.recover(cardDigest(raw, chainId, contracts.receiptLog), signature);
  assert.equal(signer, await identity.agentWallet(reader, card.agentId));
  assert.ok(sameHex(await identity.ownerOf(reader, card.agentId), await assets.ownerOf(reader, card.service)));
  assert.equal(await assets.kindOf(reader, card.service), 'service');
  assert.ok((await assets.upstream(reader, card.service)).some((u) => u.account === card.model.asset));
  assert.equal(card.price.token, contracts.dollar);
  assert.equal(card.endpoint, node.url);
  await node.close();
});

test('provisioning again finds everything and sends nothing', async () => {
  const { owner } = network;
  const sent = () => owner.client.getTransactionCount({ address: owner.account.address });
  const count = await sent();
  const again = await provisionProvider(owner, ENDPOINT);
  assert.equal(await sent(), count);
  assert.deepEqual(again.services, network.services);
  assert.equal(again.agentId, network.agentId);
});

test('the library answers with a citation, and the same question gives the same bytes, also after a restart', async (t) => {
  const { config, node, gateway } = await served(t, 'library');
  const question = 'Who built the Marlin bridge?';
  const first = await gateway.ask('tributary/library', question);
  assert.match(first.text, /Orth/);
  assert.equal(first.outcome, 'answered');
  const [line] = first.entry.attribution as { document: string; weightPpm: number }[];
  assert.equal(line!.document, 'bridges.md');
  const second = await gateway.ask('tributary/library', question);
  assert.equal(second.text, first.text);
  assert.deepEqual(second.entry.attribution, first.entry.attribution);
  await node.close();

  const restarted = await start(t, config);
  await gateway.openSession(restarted.url);
  const third = await gateway.ask('tributary/library', question);
  assert.equal(third.text, first.text);
  assert.equal(third.entry.receipt.modelDigest, first.entry.receipt.modelDigest);
  assert.equal(third.entry.receipt.price, first.entry.receipt.price);
  await restarted.close();
});

test('the abacus counts, and says honestly and for nothing what it does not know', async (t) => {
  const { node, gateway } = await served(t);
  const sum = await gateway.ask('tributary/abacus', 'What is 17 * 23?');
  assert.match(sum.text, /391/);
  assert.equal((await gateway.ask('tributary/abacus', 'What is 17 * 23?')).text, sum.text);
  assert.equal(sum.entry.receipt.price, 100n);
  const unknown = await gateway.ask('tributary/abacus', 'Who wrote the oldest poem of the valley?');
  assert.equal(unknown.outcome, 'unknown');
  assert.equal(unknown.entry.receipt.price, 0n);
  await node.close();
});

test('what is paid is claimed to the base unit, logged with its leaves and passed on along the graph', async (t) => {
  const { node, gateway } = await served(t);
  const { reader } = network.devnet;
  await askAll(gateway, 'tributary/abacus', ['1 + 1', '2 + 2', '3 + 3']);
  assert.equal(await gateway.deliver(0n), 300n);
  const { claims } = (await post(`${node.url}/tributary/claim`)) as {
    claims: { amount: string; transactions: string[] };
  };
  assert.equal(claims.amount, '300');

  assert.equal((await channels.state(reader, gateway.channelId)).totalClaimed, 300n);
  const [logged] = await channels.loggedReceipts(reader, { channelId: gateway.channelId });
  assert.equal(logged!.from, 0n);
  assert.equal(logged!.to, 300n);
  const content = await (await fetch(`${node.url}/leaves/${logged!.root}`)).text();
  assert.equal(readLeaves(content, logged!).leaves.length, 3);
  const { dollar } = reader.contracts;
  assert.equal(await assets.received(reader, network.services.abacus, dollar), 300n);
  assert.equal(await assets.received(reader, network.device, dollar), 60n);

  const earnings = (await (await fetch(`${node.url}/tributary/earnings`)).json()) as {
    services: { service: string; covered: string; claimed: string; lastClaim: { transaction: string } }[];
  };
  const line = earnings.services.find((s) => s.service === network.services.abacus)!;
  assert.equal(line.covered, '300');
  assert.equal(line.claimed, '300');
  assert.ok(claims.transactions.includes(line.lastClaim.transaction));
  assert.equal(((await post(`${node.url}/tributary/claim`)) as { claims: { amount: string } }).claims.amount, '0');
  await node.close();
});

test('a gateway that announces a withdrawal while the node runs is claimed at once and served no more', async (t) => {
  const { node, gateway } = await served(t, 'abacus', { watchSeconds: 1 });
  await askAll(gateway, 'tributary/abacus', ['1 + 1']);
  await gateway.deliver(0n);
  await gateway.withdraw(9_000_000n);
  let last: Response;
  do {
    last = await gateway.send('tributary/abacus', 'not a sum at all');
    await last.clone().arrayBuffer();
  } while (last.ok);
  assert.equal(((await last.json()) as { error: { code: string } }).error.code, 'withdrawal_pending');
  assert.equal((await gateway.openSession(node.url)).status, 402);
  while ((await channels.state(network.devnet.reader, gateway.channelId)).totalClaimed !== 100n);
  await node.close();
});

test('a withdrawal announced while the node was down is claimed before it serves again', async (t) => {
  const { config, node, gateway } = await served(t);
  await askAll(gateway, 'tributary/abacus', ['1 + 1', '2 + 2']);
  await gateway.deliver(0n);
  await node.close();
  await gateway.withdraw(9_000_000n);
  const restarted = await start(t, config);
  assert.equal((await channels.state(network.devnet.reader, gateway.channelId)).totalClaimed, 200n);
  assert.equal((await gateway.openSession(restarted.url)).status, 402);
  await restarted.close();
});

test('changed documents are taken in by a reload: the digest and the answers follow', async (t) => {
  const { node, gateway } = await served(t, 'library');
  const before = await cardOf(node.url, network.services.library);
  const question = 'How tall is the Quillon tower?';
  assert.equal((await gateway.ask('tributary/library', question)).outcome, 'unknown');
  assert.deepEqual(await post(`${node.url}/tributary/reload`), { changed: [] });

  await writeFile(
    join(documents, 'towers.md'),
    '# Towers\n\nThe Quillon tower is 88 metres tall and stands in the harbour.\n',
  );
  assert.deepEqual(await post(`${node.url}/tributary/reload`), { changed: [network.services.library] });
  const after = await cardOf(node.url, network.services.library);
  assert.notEqual(after.card.model.digest, before.card.model.digest);
  const answer = await gateway.ask('tributary/library', question);
  assert.match(answer.text, /88 metres/);
  assert.equal(answer.entry.receipt.modelDigest, after.card.model.digest);
  await node.close();
});

test('a node does not start on what cannot work, and says why', async (t) => {
  const config = await network.config();
  const [library] = config.services;
  const cases: [string, NodeConfigJson][] = [
    ['wrong_agent_wallet', { ...config, key: { privateKey: `0x${'12'.repeat(32)}` } }],
    ['wrong_chain', { ...config, chainId: 1 }],
    ['rpc_unreachable', { ...config, rpc: 'http://127.0.0.1:9' }],
    ['unknown_expert', { ...config, services: [{ ...library!, expert: 'oracle' }] }],
    ['bad_options', { ...config, services: [{ ...library!, options: { passages: 0 } }] }],
    [
      'documents_unreadable',
      { ...config, services: [{ ...library!, documents: { ...library!.documents!, folder: '/nowhere/at/all' } }] },
    ],
    ['no_password', { ...config, key: { keystore: '/nowhere' } }],
  ];
  for (const [code, bad] of cases) await assert.rejects(start(t, bad), { code });
  const node = await start(t, config);
  await assert.rejects(start(t, config), { code: 'folder_in_use' });
  const other = await network.config({ port: Number(new URL(node.url).port) });
  await assert.rejects(start(t, other), { code: 'port_taken' });
  await node.close();
  // Every failure above gave back what it had taken.
  await (await start(t, config)).close();
});
