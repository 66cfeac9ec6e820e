import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channels, tokens, type Writer } from '@tributary/chain';
import { curve } from '@tributary/payments';
import {
  type Address,
  type ChannelConfig,
  channelDigests,
  fromHex,
  type Hex,
  type Hex32,
  hex32,
  NODE_HEADERS,
  Receipt,
  receiptDigests,
  sessionDigest,
  toHex,
  toWire,
} from '@tributary/protocol';
import { type DevnetFixture, devnetFixture, testKey } from '@tributary/testing';
import { privateKeyToAccount } from 'viem/accounts';
import type { NodeConfigJson } from './config.ts';
import { ensureAsset, ensureGas, ensureIdentity, ensureService } from './provision.ts';

/** A devnet with one provisioned provider, and a gateway that opens spokes and pays over them. */

export const HOT_KEY: Hex = toHex(new Uint8Array(32).fill(0x77));
export const ENDPOINT = 'http://127.0.0.1:1';
const GATEWAY_KEY = testKey(1);

/** Everything that is on chain before the node starts. */
export interface TestNetwork extends AsyncDisposable {
  devnet: DevnetFixture;
  owner: Writer;
  gateway: Writer;
  agentId: bigint;
  device: Address;
  dataset: Address;
  model: Address;
  services: { library: Address; abacus: Address };
  /** A configuration for a node in a fresh folder. */
  config(changes?: Partial<NodeConfigJson>): Promise<NodeConfigJson>;
}

const OWNER = 2;

/** Registers the provider; running it again finds what is there. */
export async function provisionProvider(owner: Writer, endpoint: string) {
  const wallet = privateKeyToAccount(HOT_KEY);
  const agentId = await ensureIdentity(owner, wallet, { name: 'Ada', description: 'A provider.', endpoint });
  await ensureGas(owner, wallet.address.toLowerCase() as Address, 10n ** 18n);
  const asset = async (
    kind: 'device' | 'dataset' | 'model',
    name: string,
    upstream: { account: Address; weightPpm: number }[] = [],
  ) => (await ensureAsset(owner, { kind, name, description: `${name} of the test.`, upstream })).account;
  const device = await asset('device', 'machine');
  const dataset = await asset('dataset', 'handbook');
  const model = await asset('model', 'library', [{ account: dataset, weightPpm: 700_000 }]);
  const service = async (name: string) => {
    const upstream = [
      { account: device, weightPpm: 200_000 },
      { account: model, weightPpm: 500_000 },
    ];
    return (await ensureService(owner, { name, description: `${name} of the test.`, upstream }, endpoint)).account;
  };
  return {
    agentId,
    device,
    dataset,
    model,
    services: { library: await service('library'), abacus: await service('abacus') },
  };
}

export async function startNetwork(documents: string): Promise<TestNetwork> {
  const devnet = await devnetFixture({ wallets: 4 });
  const owner = devnet.wallets[OWNER]!;
  const provider = await provisionProvider(owner, ENDPOINT);
  const { agentId, model, dataset, services } = provider;
  const contributor = devnet.wallets[3]!.account.address;
  return {
    devnet,
    owner,
    gateway: devnet.wallets[1]!,
    ...provider,
    async config(changes = {}) {
      return {
        home: await mkdtemp(join(tmpdir(), 'node-test-')),
        rpc: devnet.url,
        chainId: devnet.chainId,
        contracts: devnet.contracts,
        agentId: String(agentId),
        provider: 'Ada',
        key: { privateKey: HOT_KEY },
        services: [
          {
            account: services.library,
            expert: 'library',
            model: { id: 'tributary/library', name: 'Library', description: 'Documents.', asset: model },
            price: { perRequest: '1000', perMillionPrompt: '500000', perMillionCompletion: '1000000' },
            documents: {
              folder: documents,
              asset: dataset,
              name: 'Handbook',
              contributors: [{ prefix: '', account: contributor }],
            },
          },
          {
            account: services.abacus,
            expert: 'abacus',
            model: { id: 'tributary/abacus', name: 'Abacus', description: 'Sums.', asset: model },
            price: { perRequest: '100', perMillionPrompt: '0', perMillionCompletion: '0' },
          },
        ],
        uncoveredLimit: '10000000',
        // Answers of the test cost little.
        claim: { dust: '1' },
        ...changes,
      };
    },
    [Symbol.asyncDispose]: () => devnet.stop(),
  };
}

interface Entry {
  receipt: Receipt;
  signature: Hex;
  attribution: unknown[];
}

export interface Answer {
  text: string;
  outcome: string;
  raw: string;
  entry: Entry;
}

export type TestGateway = ReturnType<typeof createTestGateway>;

/** The client side of spec/wire.md with as little as possible: what the node's tests speak through. */
export function createTestGateway(network: TestNetwork, service: Address, salt: number) {
  const { devnet, gateway } = network;
  const { chainId, contracts } = devnet;
  const key = fromHex(GATEWAY_KEY);
  const address = curve.addressOf(key);
  const digests = channelDigests(chainId, contracts.channels);
  const receipts = receiptDigests(chainId, contracts.receiptLog);
  const config: ChannelConfig = {
    payer: address,
    payerAuthorizer: address,
    receiver: service,
    receiverAuthorizer: contracts.spokeAuthorizer,
    token: contracts.dollar,
    withdrawDelay: 900,
    salt: hex32(fromHex(`0x${salt.toString(16).padStart(64, '0')}`)),
  };
  const channelId = digests.channelId(config);
  let token = '';
  let url = '';
  let requests = 0;
  const paid: (Entry & { from: bigint; to: bigint })[] = [];
  let promised = 0n;

  async function deposit(amount: bigint): Promise<void> {
    const validBefore = 2n ** 40n;
    const nonceSalt = toHex(crypto.getRandomValues(new Uint8Array(32)));
    const domain = await tokens.tokenDomain(gateway, contracts.dollar);
    const digest = channels.depositDigest(domain, {
      payer: address,
      collector: contracts.erc3009Collector,
      amount,
      channelId,
      validAfter: 0n,
      validBefore,
      salt: nonceSalt,
    });
    const data = channels.erc3009CollectorData({
      validAfter: 0n,
      validBefore,
      salt: nonceSalt,
      signature: curve.sign(digest, key),
    });
    await channels.deposit(gateway, config, amount, data);
  }

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: toWire(body),
    });

  async function openSession(at: string): Promise<Response> {
    url = at;
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    const signature = curve.sign(
      sessionDigest(chainId, contracts.receiptLog, { channelId, endpoint: at, expiresAt }),
      key,
    );
    const response = await post('/sessions', { config, expiresAt, signature });
    if (response.ok) token = ((await response.clone().json()) as { token: string }).token;
    return response;
  }

  async function send(model: string, content: string, requestId?: Hex32): Promise<Response> {
    const id = requestId ?? hex32(fromHex(`0x${(salt * 1_000_000 + ++requests).toString(16).padStart(64, '0')}`));
    return post(
      '/v1/chat/completions',
      { model, messages: [{ role: 'user', content }] },
      {
        [NODE_HEADERS.session]: token,
        [NODE_HEADERS.request]: id,
        [NODE_HEADERS.salt]: id,
        [NODE_HEADERS.service]: service,
        [NODE_HEADERS.maxPrice]: '1000000',
      },
    );
  }

  async function ask(model: string, content: string): Promise<Answer> {
    const response = await send(model, content);
    const raw = await response.text();
    if (!response.ok) throw new Error(raw);
    const { choices, tributary } = JSON.parse(raw) as {
      choices: { message: { content: string } }[];
      tributary: { receipt: unknown; signature: Hex; attribution: unknown[]; outcome: string };
    };
    const { signature, attribution, outcome } = tributary;
    const entry = { receipt: Receipt.parse(tributary.receipt), signature, attribution };
    return { text: choices[0]!.message.content, raw, outcome, entry };
  }

  /** Numbers answers; what is free is not numbered. */
  function number(entry: Entry): void {
    if (entry.receipt.price === 0n) return;
    paid.push({ ...entry, from: promised, to: promised + entry.receipt.price });
    promised += entry.receipt.price;
  }

  /** Sends what lies after `from`, as a gateway does after `coveredTo`. */
  async function deliver(from: bigint): Promise<bigint> {
    const entries = paid
      .filter((p) => p.from >= from)
      .map(({ from: start, to, ...entry }) => {
        const payment = {
          receiptHash: hex32(receipts.receipt(entry.receipt)),
          channelId,
          from: start,
          to,
          payerChannelId: channelId,
          payerFrom: 0n,
          payerTo: entry.receipt.price,
        };
        const paymentSignature = curve.sign(receipts.payment(payment), key);
        return { ...entry, salt: entry.receipt.requestId, payment, paymentSignature };
      });
    const voucher = { maxClaimableAmount: promised, signature: curve.sign(digests.voucher(channelId, promised), key) };
    const response = await post('/payments', { channelId, voucher, entries });
    const body = (await response.json()) as { coveredTo?: string };
    if (body.coveredTo === undefined) throw new Error(JSON.stringify(body));
    return BigInt(body.coveredTo);
  }

  return {
    config,
    channelId,
    deposit,
    openSession,
    send,
    ask,
    number,
    deliver,
    promised: () => promised,
    withdraw: (amount: bigint) => channels.initiateWithdraw(gateway, config, amount),
  };
}
