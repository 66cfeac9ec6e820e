import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assets, createReader, createWriter, tokens } from '@tributary/chain';
import { fromHex, noble, parseUnits, SignedReceipt, sameHex } from '@tributary/protocol';
import { createTributary } from '@tributary/sdk';
import { testKey } from '@tributary/testing';
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { decodePaymentResponseHeader, wrapFetchWithPaymentFromConfig } from '@x402/fetch';
import OpenAI from 'openai';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startNetwork, type TestNetwork } from './support/network.ts';

/** Official clients and our own, each asking, streaming and paying against the network that `npm start` makes. */

let net: TestNetwork;
const question = [{ role: 'user' as const, content: 'What is 12 * 12?' }];
const MODEL = 'tributary/abacus';

before(async () => {
  net = await startNetwork();
});
after(() => net?.stop());

/** A payer with a hundred test dollars and no gas: x402 payers need none. */
async function payerWithDollars() {
  const key = generatePrivateKey();
  const { rpc, chainId, contracts } = net.network;
  const treasury = createWriter({ rpc, chainId, contracts, signer: testKey(0) });
  const account = privateKeyToAccount(key);
  await tokens.mint(treasury, account.address.toLowerCase() as `0x${string}`, parseUnits('100'));
  return { key, account, held: () => tokens.balanceOf(treasury, account.address.toLowerCase() as `0x${string}`) };
}

function reader() {
  const { rpc, chainId, contracts } = net.network;
  return createReader({ rpc, chainId, contracts });
}

test('network.json names contracts, assets with their upstream, and a working key', async () => {
  const { network } = net;
  const kinds = new Set(network.assets.map((a) => a.kind));
  for (const kind of ['dataset', 'model', 'device', 'service'] as const) assert.ok(kinds.has(kind), kind);
  const services = network.assets.filter((a) => a.kind === 'service');
  assert.ok(services.length >= 3);
  for (const a of network.assets) {
    assert.ok(await assets.isAsset(reader(), a.id), a.name);
    const upstream = (await assets.upstream(reader(), a.id)).map((u) => u.account.toLowerCase());
    assert.deepEqual(upstream.sort(), [...a.upstream].sort(), a.name);
  }
  const devices = network.assets.filter((a) => a.kind === 'device');
  const owners = await Promise.all(devices.map((d) => assets.ownerOf(reader(), d.id)));
  assert.equal(new Set(owners).size, 2, 'two devices of different owners');
});

test('openai: asks, streams with usage, and sees errors as its own classes', async () => {
  const openai = new OpenAI({ baseURL: `${net.network.gateway}/v1`, apiKey: net.network.apiKey, maxRetries: 0 });
  const whole = await openai.chat.completions.create({ model: MODEL, messages: question });
  assert.match(whole.choices[0]!.message.content!, /144/);
  assert.equal(whole.choices[0]!.finish_reason, 'stop');
  assert.ok((whole.usage as { cost?: number }).cost! > 0);

  const stream = await openai.chat.completions.create({
    model: 'auto',
    messages: question,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let last: OpenAI.ChatCompletionChunk | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    last = chunk;
  }
  assert.match(text, /144/);
  assert.equal(last?.choices.length, 0);
  assert.ok((last?.usage?.total_tokens ?? 0) > 0);
  const receipt = SignedReceipt.parse((last as unknown as { tributary: { receipt: unknown } }).tributary.receipt);
  assert.ok(receipt.payment.to > receipt.payment.from);

  const models = await openai.models.list();
  assert.ok(models.data.some((m) => m.id === 'auto'));
  await assert.rejects(openai.chat.completions.create({ model: 'no/such', messages: question }), OpenAI.NotFoundError);
  await assert.rejects(
    openai.chat.completions.create({ model: MODEL, messages: question, n: 2 }),
    (e) => e instanceof OpenAI.BadRequestError && e.param === 'n',
  );
  const ask = (apiKey: string) =>
    new OpenAI({ baseURL: `${net.network.gateway}/v1`, apiKey, maxRetries: 0 }).chat.completions.create({
      model: MODEL,
      messages: question,
    });
  await assert.rejects(ask(`${net.network.apiKey}x`), OpenAI.AuthenticationError);
  // A key of somebody else's is no key here; what is missing is a payment, and the answer says how.
  await assert.rejects(ask('sk-nothing'), (e) => e instanceof OpenAI.APIError && e.status === 402);
});

test('openai: a document question is answered with a citation that contains the answer', async () => {
  const openai = new OpenAI({ baseURL: `${net.network.gateway}/v1`, apiKey: net.network.apiKey, maxRetries: 0 });
  const answer = await openai.chat.completions.create({
    model: 'auto',
    messages: [{ role: 'user', content: 'Why does the payer number its own promises?' }],
  });
  assert.equal(answer.model, 'tributary/library');
  const notes = answer.choices[0]!.message.annotations as unknown as { quote: string; contributor: string }[];
  assert.match(notes.map((n) => n.quote).join(' '), /only one side can number them/);
  const receipt = SignedReceipt.parse((answer as unknown as { tributary: { receipt: unknown } }).tributary.receipt);
  assert.equal(
    receipt.attribution.reduce((n, a) => n + a.weightPpm, 0),
    1_000_000,
  );
  assert.ok(notes.every((n) => receipt.attribution.some((a) => sameHex(a.contributor, n.contributor))));
});

/** The client's rule: the first offer of the scheme it was made for. */
const only = (scheme: string) => (_: number, offers: { scheme: string }[]) => {
  const found = offers.find((o) => o.scheme === scheme);
  assert.ok(found, `no ${scheme} offer`);
  return found as never;
};

async function askBy(paid: typeof fetch, stream: boolean): Promise<Response> {
  const response = await paid(`${net.network.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: question, stream }),
  });
  const text = await response.clone().text();
  assert.equal(response.status, 200, text);
  assert.match(text, /144/);
  return response;
}

test('@x402/fetch exact: whole and streamed answers, each one transfer', async () => {
  const { account, held } = await payerWithDollars();
  const paid = wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network: `eip155:${net.network.chainId}`, client: new ExactEvmScheme(account) }],
    spendControls: false,
    paymentRequirementsSelector: only('exact'),
  }) as typeof fetch;
  const before = await held();
  for (const stream of [false, true]) {
    const response = await askBy(paid, stream);
    const settled = decodePaymentResponseHeader(response.headers.get('PAYMENT-RESPONSE')!);
    assert.equal(settled.success, true);
    assert.match(settled.transaction, /^0x[0-9a-f]{64}$/);
  }
  assert.ok((await held()) < before);
});

test('@x402/fetch batch-settlement: one deposit, then vouchers', async () => {
  const { account, held } = await payerWithDollars();
  const scheme = new BatchSettlementEvmScheme(
    { ...account, readContract: (args: never) => reader().client.readContract(args) } as never,
    { rpcUrl: net.network.rpc },
  );
  const paid = wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network: `eip155:${net.network.chainId}`, client: scheme }],
    spendControls: false,
    paymentRequirementsSelector: only('batch-settlement'),
  }) as typeof fetch;
  const transactions: string[] = [];
  const totals: bigint[] = [];
  let afterDeposit = 0n;
  for (const stream of [false, false, true, false]) {
    const response = await askBy(paid, stream);
    const settled = decodePaymentResponseHeader(response.headers.get('PAYMENT-RESPONSE')!);
    assert.equal(settled.success, true);
    transactions.push(settled.transaction);
    const state = (settled.extra as { channelState: { chargedCumulativeAmount: string } }).channelState;
    totals.push(BigInt(state.chargedCumulativeAmount));
    if (transactions.length === 1) afterDeposit = await held();
  }
  assert.match(transactions[0]!, /^0x[0-9a-f]{64}$/);
  assert.deepEqual(transactions.slice(1), ['', '', '']);
  // A stream's header leaves before its charge is known; the client learns it from the corrective 402 of the next request.
  const [first, second, streamed, next] = totals as [bigint, bigint, bigint, bigint];
  assert.ok(first > 0n && second > first && streamed === second && next > 2n * second - first);
  assert.equal(await held(), afterDeposit, 'no further transfer after the deposit');
});

test('our SDK: one channel, parallel questions, a stream, every receipt checked on chain', async () => {
  const { key } = await payerWithDollars();
  const { gateway, rpc, contracts } = net.network;
  const { rpc: url, chainId } = net.network;
  const treasury = createWriter({ rpc: url, chainId, contracts, signer: testKey(0) });
  const payer = noble.addressOf(fromHex(key));
  const gas = await treasury.wallet.sendTransaction({ to: payer, value: 10n ** 18n });
  await treasury.client.waitForTransactionReceipt({ hash: gas });

  const client = createTributary({ gateway, rpc, contracts, signer: key });
  await client.openChannel(parseUnits('5'));
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => client.ask(`What is ${i} * ${i}?`, { model: MODEL })),
  );
  for (const [i, answer] of answers.entries()) assert.match(answer.text, new RegExp(`\\b${i * i}\\b`));
  const stream = client.stream('What is 3 + 4?', { model: MODEL });
  let text = '';
  for await (const piece of stream) text += piece;
  assert.match(text, /7/);
  const { charged, open } = await client.balance();
  assert.equal(open, 0n);
  const last = answers.map((a) => a.receipt!.payment).sort((a, b) => (a.payerTo < b.payerTo ? -1 : 1));
  for (const [i, p] of last.entries())
    assert.equal(p.payerFrom, i === 0 ? 0n : last[i - 1]!.payerTo, 'no gap, no overlap');
  assert.ok(charged > last.at(-1)!.payerTo - 1n);
  const checked = await client.verifyReceipt(answers[0]!.receipt!);
  assert.ok(checked);
});

test('our SDK: a private question is sealed to its service; nobody in between sees it, the receipt verifies', async () => {
  const { gateway, apiKey, rpc, contracts } = net.network;
  const sent: string[] = [];
  const received: string[] = [];
  const spying: typeof fetch = async (input, init) => {
    sent.push(String(init?.body ?? ''));
    const response = await fetch(input, init);
    received.push(await response.clone().text());
    return response;
  };
  const client = createTributary({ gateway, apiKey, rpc, contracts, fetch: spying });
  const secret = 'What is 123456789 * 3?';
  const whole = await client.ask(secret, { model: MODEL, private: true });
  assert.match(whole.text, /370370367|370,370,367/);
  const stream = client.stream(secret, { model: MODEL, private: true });
  let streamed = '';
  for await (const piece of stream) streamed += piece;
  assert.equal(streamed, whole.text);
  const answer = await stream.answer;
  assert.ok(answer.charged > 0n);
  const wire = sent.join() + received.join();
  for (const word of ['123456789', '370370367', '370,370,367']) assert.ok(!wire.includes(word), word);
  const verified = await client.verifyReceipt(answer.receipt, { request: answer.request, answer: answer.message });
  assert.deepEqual(
    verified.checks.filter((c) => c.ok === false),
    [],
  );
  await assert.rejects(client.ask(secret, { private: true }), { code: 'model_needed' });

  // A gateway that puts its own key into the card would read everything.
  const { sealKey: ours } = JSON.parse(received.find((r) => r.includes('sealKey'))!).card;
  const theirs = `0x${'09'.repeat(32)}`;
  const lying: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!String(input).endsWith('/card')) return response;
    return new Response((await response.text()).replace(ours, theirs));
  };
  const deceived = createTributary({ gateway, apiKey, rpc, contracts, fetch: lying });
  await assert.rejects(deceived.ask(secret, { model: MODEL, private: true }), { code: 'gateway_lied' });
});
