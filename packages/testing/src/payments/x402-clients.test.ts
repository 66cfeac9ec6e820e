import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { channels, testDollarAbi, tokens, type Writer } from '@tributary/chain';
import {
  chargedResponse,
  createBatchPayments,
  createExactPayments,
  createHubBook,
  createX402Server,
  curve,
  type ExactRecord,
  encodeHeader,
  exactResponse,
  HEADER_PAYMENT_RESPONSE,
  HEADER_PAYMENT_SIGNATURE,
  refundedResponse,
  x402Chain,
} from '@tributary/payments';
import {
  type Address,
  channelDigests,
  digestOf,
  domainSeparator,
  fromHex,
  type Hex,
  type Hex32,
  structHash,
  TributaryError,
  textHash,
  toHex,
} from '@tributary/protocol';
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';
import { type DevnetFixture, devnetFixture, testKey } from '../devnet-fixture.ts';

const PRICE = 1_000n;
const URL = 'https://gateway.test/v1/chat/completions';
const VOUCHER_KEY: Hex = `0x${'c7'.repeat(32)}`;

let net: DevnetFixture;
let gateway: Writer;
const random32 = (): Hex32 => toHex(crypto.getRandomValues(new Uint8Array(32)));

before(async () => {
  net = await devnetFixture({ wallets: 4 });
  gateway = net.wallets[1]!;
});
after(() => net.stop());

/** A gateway of one paid route, without sockets: `charge` says what each answer costs, null makes it fail. */
async function paidRoute() {
  const address = gateway.account.address.toLowerCase() as Address;
  const token = await tokens.tokenDomain(net.reader);
  const digests = channelDigests(net.chainId, net.contracts.channels);
  const chain = x402Chain(gateway);
  const hub = createHubBook({
    digests,
    curve,
    terms: { receiver: address, receiverAuthorizer: address, token: token.token },
  });
  const batch = createBatchPayments({
    hub,
    chain,
    curve,
    digests,
    token,
    erc3009Collector: net.contracts.erc3009Collector,
    async record(records) {
      for (const r of records) hub.apply(r);
    },
  });
  const disk: ExactRecord[] = [];
  const makeExact = () => createExactPayments({ chain, curve, token, gatewayKey: fromHex(testKey(1)) });
  let exact = makeExact();
  const write = (r: ExactRecord) => {
    disk.push(r);
    exact.apply(r);
  };
  const terms = { token, payTo: address, receiverAuthorizer: address, withdrawDelaySeconds: 900 };
  const route = { charge: PRICE as bigint | null, statuses: [] as number[] };

  async function answer(request: Request): Promise<Response> {
    const server = createX402Server({ terms, hub, batch, exact });
    const header = request.headers.get(HEADER_PAYMENT_SIGNATURE);
    const requestId = random32();
    const asked = { header, resource: { url: URL }, amount: PRICE, requestId };
    try {
      const paid = await server.read(asked);
      if (paid.scheme === 'exact') {
        if (route.charge === null) {
          exact.release(paid.payment);
          return Response.json({ error: 'failed' }, { status: 500 });
        }
        write(exact.settling(paid.payment));
        const settled = await exact.settle(paid.payment);
        write(settled);
        write(exact.answered(paid.payment));
        return ok(exactResponse(net.chainId, paid.payment, settled.transaction));
      }
      const { payment } = paid;
      if (payment.kind === 'refund') {
        const refund = await batch.refund(payment);
        return ok(refundedResponse(net.chainId, hub.channel(payment.channelId)!, refund));
      }
      const { channelId, pay, deposit } = payment;
      await hub.reserveWhenFree({ channelId, requestId, amount: PRICE, pay });
      if (route.charge === null) {
        hub.release(requestId);
        return Response.json({ error: 'failed' }, { status: 500 });
      }
      const charge = hub.charge(requestId, route.charge);
      hub.apply(charge);
      return ok(chargedResponse(net.chainId, hub.channel(channelId)!, charge, deposit));
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      const { status, headers } = server.refusal(asked, error);
      return new Response('{}', { status, headers });
    }
  }
  const fetch = async (...[input, init]: Parameters<typeof globalThis.fetch>) => {
    const response = await answer(new Request(input, init));
    route.statuses.push(response.status);
    return response;
  };
  const restart = () => {
    exact = makeExact();
    for (const r of disk) exact.apply(r);
    return exact;
  };
  return {
    route,
    hub,
    fetch,
    disk,
    write,
    restart,
    exact: () => exact,
    terms,
    address,
    makeServer: () => createX402Server({ terms, hub, batch, exact }),
  };
}

function ok(response: object): Response {
  return Response.json({ answer: 'yes' }, { headers: { [HEADER_PAYMENT_RESPONSE]: encodeHeader(response) } });
}

/** A signer of the official client that can also read the chain. */
function signer(index: number) {
  const account = privateKeyToAccount(testKey(index));
  return {
    address: account.address,
    signTypedData: (message: never) => account.signTypedData(message),
    readContract: (args: never) => net.reader.client.readContract(args),
  };
}

const ask = { method: 'POST', body: '{"messages":[]}' };

describe('the official client of scheme batch-settlement', () => {
  function payer(fetch: typeof globalThis.fetch, salt: Hex32 = random32()) {
    const scheme = new BatchSettlementEvmScheme(signer(2) as never, {
      salt,
      voucherSigner: privateKeyToAccount(VOUCHER_KEY) as never,
    });
    const client = x402Client.fromConfig({
      schemes: [{ network: `eip155:${net.chainId}`, client: scheme }],
      spendControls: false,
    });
    return { scheme, fetch: wrapFetchWithPayment(fetch, client) };
  }

  test('deposits, pays by vouchers, is charged less than it offered, and is refunded', async () => {
    const { route, hub, fetch } = await paidRoute();
    const client = payer(fetch);
    assert.equal((await client.fetch(URL, ask)).status, 200);
    assert.deepEqual(route.statuses, [402, 200]);
    const [channel] = hub.channels();
    const { channelId } = channel!;
    assert.equal((await channels.state(net.reader, channelId)).balance, 10n * PRICE);

    route.charge = 400n;
    const second = await client.fetch(URL, ask);
    const paid = decodePaymentResponseHeader(second.headers.get(HEADER_PAYMENT_RESPONSE)!);
    assert.equal((paid.extra as { chargedAmount: string }).chargedAmount, '400');
    route.charge = PRICE;
    assert.equal((await client.fetch(URL, ask)).status, 200);
    assert.equal(hub.channel(channelId)!.charged, 2_400n);

    const before = await tokens.balanceOf(net.reader, channel!.config.payer);
    await client.scheme.refund(URL, { fetch });
    assert.equal(await tokens.balanceOf(net.reader, channel!.config.payer), before + 7_600n);
    const { balance, totalClaimed } = await channels.state(net.reader, channelId);
    assert.deepEqual([balance, totalClaimed], [2_400n, 2_400n]);
  });

  test('a failed answer costs nothing and the same voucher pays for the next try', async () => {
    const { route, hub, fetch } = await paidRoute();
    const client = payer(fetch);
    await client.fetch(URL, ask);
    route.charge = null;
    assert.equal((await client.fetch(URL, ask)).status, 500);
    route.charge = PRICE;
    assert.equal((await client.fetch(URL, ask)).status, 200);
    assert.equal(hub.channels()[0]!.charged, 2n * PRICE);
  });

  test('a client that lost its state is put right by the corrective 402 and pays', async () => {
    const { route, hub, fetch } = await paidRoute();
    const salt = random32();
    await payer(fetch, salt).fetch(URL, ask);
    route.charge = 300n;
    const forgetful = payer(fetch, salt);
    await forgetful.fetch(URL, ask);
    route.statuses.length = 0;
    const again = payer(fetch, salt);
    assert.equal((await again.fetch(URL, ask)).status, 200);
    assert.ok(route.statuses.length >= 2, String(route.statuses));
    assert.equal(hub.channels()[0]!.charged, PRICE + 600n);
  });

  test('parallel requests wait for their turn: none is refused as busy', async () => {
    const { hub, fetch } = await paidRoute();
    const client = payer(fetch);
    await client.fetch(URL, ask);
    const answers = await Promise.all([client.fetch(URL, ask), client.fetch(URL, ask)]);
    assert.deepEqual(
      answers.map((a) => a.status),
      [200, 200],
    );
    assert.equal(hub.channels()[0]!.charged, 3n * PRICE);
  });
});

describe('what becomes of an authorization', () => {
  const CANCEL = textHash('CancelAuthorization(address authorizer,bytes32 nonce)');

  test('money that came is told apart from a nonce that was cancelled or moved other money', async () => {
    const payer = net.wallets[3]!;
    const key = fromHex(testKey(3));
    const from = payer.account.address.toLowerCase() as Address;
    const to = gateway.account.address.toLowerCase() as Address;
    const domain = await tokens.tokenDomain(net.reader);
    const fromBlock = await net.reader.client.getBlockNumber();
    const chain = x402Chain(gateway);
    const terms = { from, to, value: PRICE, validAfter: 0n, validBefore: 1n << 40n };
    const sign = (a: typeof terms & { nonce: Hex32 }) =>
      curve.sign(tokens.authorizationDigest('transfer', domain, a), key);
    const [paid, other, cancelled, open] = [random32(), random32(), random32(), random32()];

    await chain.transfer({ ...terms, nonce: paid }, sign({ ...terms, nonce: paid }));
    const elsewhere = { ...terms, to: from, nonce: other };
    await tokens.transferWithAuthorization(payer, elsewhere, sign(elsewhere));
    const separator = domainSeparator(domain.name, domain.version, domain.chainId, domain.token);
    const signature = curve.sign(digestOf(separator, structHash(CANCEL, [from, cancelled])), key);
    const hash = await payer.wallet.writeContract({
      address: net.contracts.dollar,
      abi: testDollarAbi,
      functionName: 'cancelAuthorization',
      args: [from, cancelled, signature],
    });
    await net.reader.client.waitForTransactionReceipt({ hash });

    const states = [];
    for (const nonce of [paid, other, cancelled, open]) {
      states.push([
        await chain.authorizationUsed(from, nonce),
        await chain.transferArrived({ ...terms, nonce }, fromBlock),
      ]);
    }
    assert.deepEqual(states, [
      [true, true],
      [true, false],
      [true, false],
      [false, false],
    ]);
  });
});

describe('the official client of scheme exact', () => {
  function payer(fetch: typeof globalThis.fetch) {
    const client = x402Client.fromConfig({
      schemes: [{ network: `eip155:${net.chainId}`, client: new ExactEvmScheme(signer(3) as never) }],
      spendControls: false,
    });
    return wrapFetchWithPayment(fetch, client);
  }

  test('pays once per answer, the price to the base unit', async () => {
    const { route, fetch, address } = await paidRoute();
    const before = await tokens.balanceOf(net.reader, address);
    const response = await payer(fetch)(URL, ask);
    assert.equal(response.status, 200);
    assert.equal(decodePaymentResponseHeader(response.headers.get(HEADER_PAYMENT_RESPONSE)!).success, true);
    assert.equal(await tokens.balanceOf(net.reader, address), before + PRICE);
    route.charge = null;
    assert.equal((await payer(fetch)(URL, ask)).status, 500);
    assert.equal(await tokens.balanceOf(net.reader, address), before + PRICE);
  });

  test('a payment whose answer a crash cut short is returned, exactly once', async () => {
    const { fetch, disk, write, restart, makeServer, exact, address } = await paidRoute();
    const payerAddress = net.wallets[3]!.account.address.toLowerCase() as Address;
    const before = await tokens.balanceOf(net.reader, payerAddress);
    let header: string | null = null;
    const caught: typeof globalThis.fetch = async (input, init) => {
      const request = new Request(input, init);
      header = request.headers.get(HEADER_PAYMENT_SIGNATURE);
      return header ? Response.json({}) : fetch(request);
    };
    await payer(caught)(URL, ask);
    const paid = await makeServer().read({ header, resource: { url: URL }, amount: PRICE, requestId: random32() });
    assert.ok(paid.scheme === 'exact');
    const second = makeServer().read({ header, resource: { url: URL }, amount: PRICE, requestId: random32() });
    await assert.rejects(second, { code: 'invalid_exact_evm_nonce_already_used' });
    write(exact().settling(paid.payment));
    await exact().settle(paid.payment);
    // SIGKILL here: the transfer is in a block, nothing else is on disk.
    assert.equal(await tokens.balanceOf(net.reader, payerAddress), before - PRICE);
    const reborn = restart();
    for (const r of await reborn.recover()) {
      disk.push(r);
      reborn.apply(r);
    }
    assert.equal(disk.at(-1)!.kind, 'exact.refund_due');
    // Killed again after sending the refund and before writing it down.
    for await (const _ of reborn.payRefunds());
    const third = restart();
    for await (const r of third.payRefunds()) {
      disk.push(r);
      third.apply(r);
    }
    assert.equal(await tokens.balanceOf(net.reader, payerAddress), before);
    assert.deepEqual(await third.recover(), []);
    for await (const _ of third.payRefunds()) assert.fail('refunded twice');
    assert.ok(address);
  });
});
