import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assets, channels, identity, testDollarAbi, tokens } from '@tributary/chain';
import { type ApiKey, authorizerOf, curve, decodePaymentResponse, encodeHeader, newApiKey } from '@tributary/payments';
import {
  type Address,
  type ChannelConfig,
  channelDigests,
  digestOf,
  domainSeparator,
  fromHex,
  HALF_ORDER,
  type Hex32,
  sha256Hex,
  structHash,
  textHash,
  toWire,
  withFee,
  ZERO_32,
} from '@tributary/protocol';
import { type DevnetFixture, devnetFixture, testKey } from '@tributary/testing';
import { x402Client } from '@x402/core/client';
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { wrapFetchWithPayment } from '@x402/fetch';
import { pino } from 'pino';
import { privateKeyToAccount } from 'viem/accounts';
import { parseGatewayConfig } from './config.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { random32 } from './random.ts';
import { FEE_PPM, startFakeNode } from './test-support.ts';

/** The daemon on a real chain, in front of a scripted node. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

const GATEWAY_KEY = testKey(3);
const PAYER_KEY = testKey(4);
const gatewayAddress = curve.addressOf(fromHex(GATEWAY_KEY));
const hello = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two three' }] };

let net: DevnetFixture;
let gateway: Gateway;
let home: string;
let echo: Awaited<ReturnType<typeof startFakeNode>>;
const cleanups: (() => unknown)[] = [];
const scope = { after: (work: () => unknown) => cleanups.push(work) } as never;

function config() {
  return parseGatewayConfig({
    home,
    rpc: net.url,
    chainId: net.chainId,
    contracts: net.contracts,
    key: { privateKey: GATEWAY_KEY },
    port: 0,
    allowPrivateEndpoints: true,
    watchSeconds: 1,
    discoverSeconds: 1,
    // Answers of the test cost little.
    claim: { dust: '1' },
    logLevel: 'silent',
  });
}

const start = () =>
  createGateway(config(), {
    log: pino({ level: 'silent' }),
    env: {},
    onFatal: (error) => {
      throw error;
    },
  });

/** Registers a service with the given upstream, and starts its node. */
async function register(options: { upstreamIsModel: boolean; provider: string }) {
  const owner = net.wallets[1]!;
  const { agentId } = await identity.register(owner, `data:,${options.provider}`);
  const plan = (kind: 'model' | 'device', name: string) =>
    assets.register(owner, { kind, uri: `data:,${name} of ${options.provider}` });
  const model = await plan('model', 'model');
  const device = await plan('device', 'device');
  const upstream = [{ account: options.upstreamIsModel ? model.account : device.account, weightPpm: 200_000 }];
  const service = await assets.register(owner, {
    kind: 'service',
    uri: `data:,service of ${options.provider}`,
    upstream,
  });
  const fake = await startFakeNode(scope, {
    provider: options.provider,
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
  return fake;
}

/** Opens a channel to the gateway. */
async function openChannel(
  payerAuthorizer: Address,
  deposit: bigint,
): Promise<{ config: ChannelConfig; channelId: Hex32 }> {
  const payer = net.wallets[4]!;
  const channel: ChannelConfig = {
    payer: payer.account.address.toLowerCase() as Address,
    payerAuthorizer,
    receiver: gatewayAddress,
    receiverAuthorizer: gatewayAddress,
    token: net.contracts.dollar,
    withdrawDelay: 3600,
    salt: random32(),
  };
  const channelId = channelDigests(net.chainId, net.contracts.channels).channelId(channel);
  const authorization = { validAfter: 0n, validBefore: 1n << 40n, salt: random32() };
  const digest = channels.depositDigest(await tokens.tokenDomain(payer), {
    payer: channel.payer,
    collector: net.contracts.erc3009Collector,
    amount: deposit,
    channelId,
    ...authorization,
  });
  const signature = curve.sign(digest, fromHex(PAYER_KEY));
  await channels.deposit(payer, channel, deposit, channels.erc3009CollectorData({ ...authorization, signature }));
  return { config: channel, channelId };
}

async function newKey(deposit = 1_000_000n): Promise<ApiKey> {
  const apiKey = newApiKey();
  await openChannel(authorizerOf(apiKey, curve), deposit);
  return apiKey;
}

function post(body: unknown, headers: Record<string, string>): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const bearer = (apiKey: ApiKey) => ({ authorization: `Bearer ${apiKey}` });

before(async () => {
  net = await devnetFixture({ wallets: 6 });
  home = await mkdtemp(join(tmpdir(), 'tributary-gateway-'));
  echo = await register({ upstreamIsModel: true, provider: 'Honest' });
  await register({ upstreamIsModel: false, provider: 'Shell' });
  gateway = await start();
});

after(async () => {
  await gateway?.close();
  for (const work of cleanups) await work();
  await net?.stop();
  await rm(home, { recursive: true, force: true });
});

test('services are found on chain; one whose model is not upstream of it is refused', async () => {
  const { data } = (await (await fetch(`${gateway.url}/v1/models`)).json()) as Json;
  assert.deepEqual(
    data.find((m: Json) => m.id === 'tributary/echo').providers.map((p: Json) => p.name),
    ['Honest'],
  );
});

test('an API key opened a moment ago pays, and what is claimed is what was charged', async () => {
  const response = await post(hello, bearer(await newKey()));
  const body = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(body));
  const { payment, receipt } = body.tributary.receipt;
  assert.equal(payment.payerTo, String(withFee(BigInt(receipt.price), FEE_PPM)));
  const before = await tokens.balanceOf(net.reader, gatewayAddress);
  const report = (await gateway.settle()) as { amount: bigint };
  assert.equal(await tokens.balanceOf(net.reader, gatewayAddress), before + report.amount);
  const { totalClaimed } = await channels.state(net.reader, payment.payerChannelId);
  assert.equal(String(totalClaimed), payment.payerTo);
});

/** Cuts the gateway's journal to a length while it is down. */
async function restartWith(cut: (file: string) => Promise<void>): Promise<void> {
  await gateway.close();
  const folder = join(home, 'journal');
  await cut(join(folder, (await readdir(folder)).sort().at(-1)!));
  gateway = await start();
}

const receiptOf = async (response: Response) => ((await response.json()) as Json).tributary.receipt;

test('a restart keeps every charge, every promise and every receipt', async () => {
  const apiKey = await newKey();
  const first = await receiptOf(await post(hello, bearer(apiKey)));
  await restartWith(async (file) => truncate(file, (await stat(file)).size));
  const second = await receiptOf(await post(hello, bearer(apiKey)));
  assert.equal(second.payment.payerFrom, first.payment.payerTo);
  assert.equal(second.payment.from, first.payment.to);
  const id = first.receipt.requestId;
  assert.deepEqual(await (await fetch(`${gateway.url}/tributary/receipts/${id}`)).json(), { ...first, salt: ZERO_32 });
});

test('answers that the journal lost come back from the node that was paid for them', async () => {
  const apiKey = await newKey();
  const first = await receiptOf(await post(hello, bearer(apiKey)));
  const length = async (file: string) => (await stat(file)).size;
  const folder = join(home, 'journal');
  const file = join(folder, (await readdir(folder)).sort().at(-1)!);
  const size = await length(file);
  const second = await receiptOf(await post(hello, bearer(apiKey)));
  while (echo.node.coveredTo < BigInt(second.payment.to)) await fetch(`${gateway.url}/health`);
  await restartWith((path) => truncate(path, size + 10));
  const third = await receiptOf(await post(hello, bearer(apiKey)));
  assert.equal(third.payment.from, second.payment.to);
  assert.equal(third.payment.payerFrom, second.payment.payerTo);
  assert.equal(second.payment.payerFrom, first.payment.payerTo);
  const again = await fetch(`${gateway.url}/tributary/receipts/${second.receipt.requestId}`);
  assert.deepEqual(await again.json(), { ...second, salt: ZERO_32 });
});

function officialFetch(schemes: 'exact' | 'batch', key = PAYER_KEY, through: typeof fetch = fetch): typeof fetch {
  const account = privateKeyToAccount(key);
  const signer = Object.assign(account, { readContract: net.reader.client.readContract });
  const client = new x402Client();
  client.setSpendControls({ allowedAssets: true });
  const scheme =
    schemes === 'exact'
      ? new ExactEvmScheme(signer)
      : new BatchSettlementEvmScheme(signer, { voucherSigner: privateKeyToAccount(testKey(5)) });
  client.register(`eip155:${net.chainId}`, scheme);
  return wrapFetchWithPayment(through, client);
}

function ask(payingFetch: typeof fetch, body: unknown): Promise<Response> {
  return payingFetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

test('the official exact client pays one transfer, whole and streamed', async () => {
  const pay = officialFetch('exact');
  for (const stream of [false, true]) {
    const before = await tokens.balanceOf(net.reader, gatewayAddress);
    const response = await ask(pay, { ...hello, stream });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const settled = decodePaymentResponse(response.headers.get('PAYMENT-RESPONSE')!);
    assert.match(settled!.transaction, /^0x[0-9a-f]{64}$/);
    const paid = (await tokens.balanceOf(net.reader, gatewayAddress)) - before;
    assert.ok(paid > 0n);
    assert.ok(text.includes(`"payerTo":"${paid}"`), text);
  }
});

test('an exact stream that fails after its payment is paid back', async () => {
  const payer = privateKeyToAccount(PAYER_KEY).address;
  const before = await tokens.balanceOf(net.reader, payer);
  echo.node.fault = 'break-midway';
  const text = await (await ask(officialFetch('exact'), { ...hello, stream: true })).text();
  echo.node.fault = 'none';
  assert.match(text, /"error":\{/);
  for (;;) {
    if ((await tokens.balanceOf(net.reader, payer)) === before) break;
    await net.mine();
  }
});

test('an exact payment whose answer fails is paid back', async () => {
  const payer = privateKeyToAccount(PAYER_KEY).address;
  const before = await tokens.balanceOf(net.reader, payer);
  echo.node.fault = 'status-500';
  const response = await ask(officialFetch('exact'), hello);
  echo.node.fault = 'none';
  assert.equal(response.status, 502);
  for (;;) {
    if ((await tokens.balanceOf(net.reader, payer)) === before) break;
    await net.mine();
  }
});

test('attack: an exact payer cancels its transfer while the answer is made, and the node that signed it goes unpaid', async () => {
  const account = privateKeyToAccount(PAYER_KEY);
  let nonce: Hex32 | undefined;
  const paying = (async (input, init) => {
    const request = new Request(input, init);
    const header = request.headers.get('PAYMENT-SIGNATURE');
    if (header) nonce = JSON.parse(Buffer.from(header, 'base64').toString()).payload.authorization.nonce;
    return fetch(request);
  }) as typeof fetch;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const asked = echo.node.asked;
  echo.node.gate = gate;
  const answering = ask(officialFetch('exact', PAYER_KEY, paying), hello);
  while (echo.node.asked === asked) await net.mine();
  const domain = await tokens.tokenDomain(net.reader);
  const separator = domainSeparator(domain.name, domain.version, domain.chainId, domain.token);
  const cancel = textHash('CancelAuthorization(address authorizer,bytes32 nonce)');
  const payer = account.address.toLowerCase() as Address;
  const signature = curve.sign(digestOf(separator, structHash(cancel, [payer, nonce!])), fromHex(PAYER_KEY));
  const cancelling = net.wallets[4]!.client.simulateContract({
    address: net.contracts.dollar,
    abi: testDollarAbi,
    functionName: 'cancelAuthorization',
    args: [payer, nonce!, signature],
  });
  const [cancelled] = await Promise.allSettled([cancelling]);
  open();
  echo.node.gate = Promise.resolve();
  const response = await answering;
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(cancelled.status, 'rejected', 'the money moved before anybody was asked');
  const { payment } = JSON.parse(text).tributary.receipt;
  while (echo.node.coveredTo < BigInt(payment.to)) await fetch(`${gateway.url}/health`);
});

test('the official batch-settlement client deposits, pays by voucher, streams, and gets its money back', async () => {
  const account = privateKeyToAccount(PAYER_KEY);
  const signer = Object.assign(account, { readContract: net.reader.client.readContract });
  const scheme = new BatchSettlementEvmScheme(signer, { voucherSigner: privateKeyToAccount(testKey(5)) });
  const client = new x402Client();
  client.setSpendControls({ allowedAssets: true });
  client.register(`eip155:${net.chainId}`, scheme);
  const pay = wrapFetchWithPayment(fetch, client);
  const before = await tokens.balanceOf(net.reader, account.address);
  let charged = 0n;
  for (const stream of [false, false, true, false, true]) {
    const response = await ask(pay, { ...hello, stream });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const [, from, to] = /"payerFrom":"(\d+)","payerTo":"(\d+)"/.exec(text)!;
    assert.equal(BigInt(from!), charged);
    charged = BigInt(to!);
  }
  const refund = await scheme.refund(`${gateway.url}/v1/chat/completions`);
  assert.equal(refund.success, true);
  assert.equal(await tokens.balanceOf(net.reader, account.address), before - charged);
});

test('attack: a stranger without money sends payment after payment, each of which makes us read the chain', async () => {
  const key = fromHex(random32());
  const payer = curve.addressOf(key);
  const domain = await tokens.tokenDomain(net.reader);
  const offered = await post(hello, {});
  const required = JSON.parse(Buffer.from(offered.headers.get('PAYMENT-REQUIRED')!, 'base64').toString());
  const accepted = required.accepts.find((o: Json) => o.scheme === 'exact');
  const value = BigInt(accepted.amount);
  let response: Response;
  for (let n = 0; ; n++) {
    const terms = { from: payer, to: gatewayAddress, value, validAfter: 0n, validBefore: 1n << 40n, nonce: random32() };
    const signature = curve.sign(tokens.authorizationDigest('transfer', domain, terms), key);
    const payload = { authorization: JSON.parse(toWire(terms)), signature };
    const header = encodeHeader({ x402Version: 2, resource: required.resource, accepted, payload });
    response = await post(hello, { 'PAYMENT-SIGNATURE': header, 'x-forwarded-for': '203.0.113.7' });
    if (response.status !== 402 || n > 100) break;
  }
  assert.equal(response.status, 429);
  assert.ok(Number(response.headers.get('retry-after')) > 0);
  assert.equal(((await response.json()) as Json).error.code, 'too_many_requests');
  assert.equal((await ask(officialFetch('exact'), hello)).status, 200, 'others are served');
});

/** Signed requests of our SDK's kind, made by hand so that each can be spoilt. */
async function sdkChannel() {
  const key = fromHex(random32());
  const { config: channelConfig, channelId } = await openChannel(curve.addressOf(key), 1_000_000n);
  const digests = channelDigests(net.chainId, net.contracts.channels);
  const body = JSON.stringify(hello);
  const offered = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  assert.equal(offered.status, 402);
  const required = JSON.parse(Buffer.from(offered.headers.get('PAYMENT-REQUIRED')!, 'base64').toString());
  const accepted = required.accepts[0];
  const amount = BigInt(accepted.amount);
  let ceiling = 0n;
  return {
    channelId,
    amount,
    sign(
      changes: {
        key?: Uint8Array;
        ceiling?: bigint;
        chainId?: number;
        malleable?: boolean;
        bodyHash?: Hex32;
        requestId?: Hex32;
      } = {},
    ) {
      const by = changes.key ?? key;
      const used = changes.chainId ? channelDigests(changes.chainId, net.contracts.channels) : digests;
      ceiling = changes.ceiling ?? ceiling + amount;
      const unsigned = {
        requestId: changes.requestId ?? random32(),
        bodyHash: changes.bodyHash ?? sha256Hex(body),
        amount,
        expiresAt: Math.floor(Date.now() / 1000) + 300,
      };
      let signature = curve.sign(used.voucher(channelId, ceiling), by);
      if (changes.malleable) {
        const s = BigInt(`0x${signature.slice(66, 130)}`);
        const high = (2n * HALF_ORDER + 1n - s).toString(16).padStart(64, '0');
        signature = `${signature.slice(0, 66)}${high}${signature.endsWith('1b') ? '1c' : '1b'}` as typeof signature;
      }
      return encodeHeader({
        x402Version: 2,
        resource: required.resource,
        accepted,
        payload: { type: 'voucher', channelConfig, voucher: { channelId, maxClaimableAmount: ceiling, signature } },
        extensions: {
          tributary: {
            reservation: { ...unsigned, signature: curve.sign(used.reservation({ ...unsigned, channelId }), by) },
          },
        },
      });
    },
    send: async (header: string) => {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'PAYMENT-SIGNATURE': header },
        body,
      });
      return {
        status: response.status,
        offer: response.headers.get('PAYMENT-REQUIRED'),
        body: (await response.json()) as Json,
      };
    },
  };
}

test('a signed reservation pays; spoilt vouchers are refused with an offer, and cost nothing', async () => {
  const channel = await sdkChannel();
  const good = channel.sign();
  const paid = await channel.send(good);
  assert.equal(paid.status, 200, JSON.stringify(paid.body));
  const charged = BigInt(paid.body.tributary.receipt.payment.payerTo);
  const ceiling = charged + channel.amount;
  const spoilt: [string, string, string][] = [
    ['replayed', good, 'request_replayed'],
    ['another signer', channel.sign({ ceiling, key: fromHex(random32()) }), 'voucher_signature'],
    ['another chain', channel.sign({ ceiling, chainId: 1 }), 'voucher_signature'],
    ['malleable', channel.sign({ ceiling, malleable: true }), 'voucher_signature'],
    ['stale', channel.sign({ ceiling: 1n }), 'cumulative_amount_mismatch'],
    ['another body', channel.sign({ ceiling, bodyHash: ZERO_32 }), 'reservation_body'],
    ['beyond the deposit', channel.sign({ ceiling: 1n << 100n }), 'cumulative_exceeds_balance'],
  ];
  for (const [name, header, code] of spoilt) {
    const refused = await channel.send(header);
    assert.deepEqual(
      [refused.status, refused.body.error.code],
      [402, code],
      `${name}: ${JSON.stringify(refused.body)}`,
    );
    assert.ok(refused.offer, name);
  }
  const next = await channel.send(channel.sign({ ceiling }));
  assert.equal(next.status, 200, JSON.stringify(next.body));
  assert.equal(next.body.tributary.receipt.payment.payerFrom, String(charged));
});

test('a channel whose payer announced a withdrawal is not served, and is claimed at once', async () => {
  const apiKey = newApiKey();
  const { config: channel, channelId } = await openChannel(authorizerOf(apiKey, curve), 1_000_000n);
  const paid = (await (await post(hello, bearer(apiKey))).json()) as Json;
  await channels.initiateWithdraw(net.wallets[4]!, channel, 500_000n);
  for (;;) {
    const { totalClaimed } = await channels.state(net.reader, channelId);
    if (String(totalClaimed) === paid.tributary.receipt.payment.payerTo) break;
    await net.mine();
  }
  const refused = await post(hello, bearer(apiKey));
  assert.equal(refused.status, 402);
  assert.equal(((await refused.json()) as Json).error.code, 'withdrawal_pending');
});

test('the explorer shows assets, receipts and claims from its tables', async () => {
  const get = async (path: string) => (await (await fetch(`${gateway.url}/tributary/${path}`)).json()) as Json;
  const service = await get(`assets/${echo.node.account}`);
  assert.equal(service.kind, 'service');
  assert.equal(service.uri, `${echo.node.url}/services/${echo.node.account}`);
  const { receipts } = await get('receipts?limit=200');
  assert.ok(receipts.length >= 10);
  const sum = receipts.reduce((s: bigint, r: Json) => s + BigInt(r.receipt.receipt.price), 0n);
  assert.ok(sum >= echo.node.coveredTo);
  const { claims } = await get('claims');
  assert.ok(claims.length >= 2);
  assert.match(claims[0].place.txHash, /^0x[0-9a-f]{64}$/);
});

test('what the node was promised is in its hands, in order', async () => {
  const url = `${gateway.url}/metrics`;
  for (;;) {
    if (/tributary_undelivered_payments 0\n/.test(await (await fetch(url)).text())) break;
  }
  let to = 0n;
  for (const { payment } of echo.node.entries) {
    assert.equal(payment.from, to);
    to = payment.to;
  }
  assert.equal(to, echo.node.coveredTo);
});
