import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assets, channels, identity, tokens } from '@tributary/chain';
import { type ApiKey, authorizerOf, curve, leavesOf, newApiKey } from '@tributary/payments';
import { type Address, type ChannelConfig, channelDigests, fromHex, type Hex32 } from '@tributary/protocol';
import { type DevnetFixture, devnetFixture, testKey } from '@tributary/testing';
import { pino } from 'pino';
import { parseGatewayConfig } from '../config.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import { random32 } from '../random.ts';
import { startFakeNode } from '../test-support.ts';

/** A gateway on a real chain on which answers were paid all the way: payer, service, model, device, dataset, holders. */

const SHARE = 10n ** 18n;
const GATEWAY_KEY = testKey(3);
const PAYER_KEY = testKey(4);
const QUESTION = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two three' }] };

function card(name: string, description: string): string {
  return `data:application/json,${encodeURIComponent(JSON.stringify({ name, description }))}`;
}

export interface MoneyFixture {
  net: DevnetFixture;
  gateway: Gateway;
  apiKey: ApiKey;
  /** Addresses: the owner of the service, a share holder of the dataset, the payer. */
  owner: Address;
  holder: Address;
  payer: Address;
  agentId: bigint;
  service: Address;
  model: Address;
  device: Address;
  dataset: Address;
  /** Transactions that brought the money on. */
  claim: Hex32;
  passedOn: Hex32;
  paidOut: Hex32;
  /** The receipt's own request ids, oldest first; the first two were claimed, the third is only promised. */
  requests: Hex32[];
  spoke: Hex32;
  ask(): Promise<Hex32>;
  stop(): Promise<void>;
}

/** Opens a channel to the gateway for an API key. */
async function openChannel(net: DevnetFixture, apiKey: ApiKey, deposit: bigint): Promise<void> {
  const payer = net.wallets[4]!;
  const gateway = curve.addressOf(fromHex(GATEWAY_KEY));
  const config: ChannelConfig = {
    payer: payer.account.address.toLowerCase() as Address,
    payerAuthorizer: authorizerOf(apiKey, curve),
    receiver: gateway,
    receiverAuthorizer: gateway,
    token: net.contracts.dollar,
    withdrawDelay: 3600,
    salt: random32(),
  };
  const channelId = channelDigests(net.chainId, net.contracts.channels).channelId(config);
  const authorization = { validAfter: 0n, validBefore: 1n << 40n, salt: random32() };
  const facts = { payer: config.payer, collector: net.contracts.erc3009Collector, amount: deposit, channelId };
  const digest = channels.depositDigest(await tokens.tokenDomain(payer), { ...facts, ...authorization });
  const signature = curve.sign(digest, fromHex(PAYER_KEY));
  await channels.deposit(payer, config, deposit, channels.erc3009CollectorData({ ...authorization, signature }));
}

/** Starts everything and lets money flow. */
export async function moneyFixture(): Promise<MoneyFixture> {
  const cleanups: (() => unknown)[] = [];
  const scope = { after: (work: () => unknown) => cleanups.push(work) } as never;
  const net = await devnetFixture({ wallets: 6, dollars: 10_000_000_000n });
  const home = await mkdtemp(join(tmpdir(), 'tributary-explorer-'));
  cleanups.push(
    () => rm(home, { recursive: true, force: true }),
    () => net.stop(),
  );
  const stop = async () => {
    for (const work of cleanups.splice(0).toReversed()) await work();
  };
  const addressOf = (i: number) => net.wallets[i]!.account.address.toLowerCase() as Address;
  const owner = net.wallets[1]!;

  const file = { name: 'Echo & Sons', description: 'They repeat what you say.' };
  const fileUri = `data:application/json;base64,${Buffer.from(JSON.stringify(file)).toString('base64')}`;
  const { agentId } = await identity.register(owner, fileUri);
  const dataset = await assets.register(net.wallets[2]!, {
    kind: 'dataset',
    uri: card('Words', 'Words that were collected.'),
    duesPpm: 100_000,
    holders: [
      { holder: addressOf(2), shares: 3n * SHARE },
      { holder: addressOf(5), shares: SHARE },
    ],
  });
  const model = await assets.register(owner, {
    kind: 'model',
    uri: card('Echo model', 'Made from words.'),
    upstream: [{ account: dataset.account, weightPpm: 400_000 }],
  });
  const device = await assets.register(owner, { kind: 'device', uri: card('A small computer', '') });
  const service = await assets.register(owner, {
    kind: 'service',
    uri: card('Echo', 'Says it again.'),
    upstream: [
      { account: model.account, weightPpm: 500_000 },
      { account: device.account, weightPpm: 200_000 },
    ],
  });
  const fake = await startFakeNode(scope, {
    provider: 'Echo & Sons',
    chain: {
      chainId: net.chainId,
      receiptLog: net.contracts.receiptLog,
      dollar: net.contracts.dollar,
      account: service.account,
      modelAsset: model.account,
      agentId,
      key: fromHex(testKey(1)),
    },
  });
  await assets.setURI(owner, service.account, `${fake.node.url}/services/${service.account}`);
  await identity.giveFeedback(net.wallets[2]!, { agentId, value: 87n, valueDecimals: 0, tag1: 'starred' });

  const gateway = await createGateway(
    parseGatewayConfig({
      home,
      rpc: net.url,
      chainId: net.chainId,
      contracts: net.contracts,
      key: { privateKey: GATEWAY_KEY },
      port: 0,
      allowPrivateEndpoints: true,
      watchSeconds: 1,
      discoverSeconds: 1,
      logLevel: 'silent',
    }),
    {
      log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }, pino.destination(2)),
      env: {},
      onFatal: (error) => {
        throw error;
      },
    },
  );
  cleanups.push(() => gateway.close());
  const apiKey = newApiKey();
  await openChannel(net, apiKey, 5_000_000n);

  async function ask(): Promise<Hex32> {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify(QUESTION),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return response.headers.get('x-tributary-request') as Hex32;
  }

  const requests = [await ask(), await ask()];
  // What the node was handed is what it claims with.
  while (fake.node.entries.length < 2) await gateway.discover();
  const { spoke, voucher, entries } = fake.node;
  const channelId = channelDigests(net.chainId, net.contracts.channels).channelId(spoke!);
  const totalClaimed = voucher!.maxClaimableAmount;
  const leaves = leavesOf({
    channelId,
    from: 0n,
    to: totalClaimed,
    leaves: entries.map((e) => ({
      receiptHash: e.payment.receiptHash,
      amount: e.receipt.price,
      attribution: e.attribution,
    })),
  });
  const claimed = await channels.spokeClaim(
    owner,
    [{ config: spoke!, maxClaimableAmount: totalClaimed, signature: voucher!.signature, totalClaimed }],
    [{ channelId, from: 0n, to: totalClaimed, root: leaves.root, leavesHash: leaves.leavesHash }],
    [{ receiver: service.account, token: net.contracts.dollar, flushGas: 500_000n }],
  );
  const passedOn = await assets.flush(owner, model.account);
  const paidOut = await assets.claim(owner, dataset.account, addressOf(5));
  await gateway.settle();
  requests.push(await ask());
  return {
    net,
    gateway,
    apiKey,
    owner: addressOf(1),
    holder: addressOf(5),
    payer: addressOf(4),
    agentId,
    service: service.account,
    model: model.account,
    device: device.account,
    dataset: dataset.account,
    claim: claimed.hash,
    passedOn: passedOn.hash,
    paidOut: paidOut.hash,
    requests,
    spoke: channelId,
    ask,
    stop,
  };
}
