import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { channelsAbi, erc3009CollectorAbi, testDollarAbi } from '@tributary/chain';
import { CANONICAL } from '@tributary/protocol';
import { createPublicClient, createWalletClient, http } from 'viem';
import { foundry } from 'viem/chains';
import { deploy } from '../deploy.ts';
import { startDevnet } from './devnet.ts';
import { devnetFor, type ReceiptFacts, rawTransfer, rpc, tempFolder, testAccount } from './test-support.ts';

test('a devnet has the canonical contracts, and deploying twice gives the same addresses without a transaction', async (t) => {
  const devnet = await devnetFor(t);
  const chain = { ...foundry, rpcUrls: { default: { http: [devnet.url] } } };
  const publicClient = createPublicClient({ chain, transport: http() });
  const walletClient = createWalletClient({ chain, transport: http(), account: testAccount(0) });

  assert.equal(
    await publicClient.readContract({
      address: CANONICAL.channels,
      abi: channelsAbi,
      functionName: 'MIN_WITHDRAW_DELAY',
    }),
    900,
  );
  const settlement = await publicClient.readContract({
    address: CANONICAL.erc3009Collector,
    abi: erc3009CollectorAbi,
    functionName: 'x402BatchSettlement',
  });
  assert.equal(settlement.toLowerCase(), CANONICAL.channels);

  const contracts = await deploy({ publicClient, walletClient });
  const height = await publicClient.getBlockNumber({ cacheTime: 0 });
  assert.deepEqual(await deploy({ publicClient, walletClient }), contracts);
  assert.equal(await publicClient.getBlockNumber({ cacheTime: 0 }), height);
  for (const address of Object.values(contracts)) assert.ok((await publicClient.getCode({ address }))!.length > 2);

  const [a, b] = await publicClient.multicall({
    multicallAddress: '0xca11bde05977b3631167028862be2a173976ca11',
    allowFailure: false,
    contracts: [
      { address: contracts.dollar, abi: testDollarAbi, functionName: 'decimals' },
      { address: contracts.dollar, abi: testDollarAbi, functionName: 'symbol' },
    ],
  });
  assert.deepEqual([a, b], [6, 'tUSD']);
});

test('a transaction has its receipt at once, an invalid one its reason, one ahead of its nonce waits', async (t) => {
  const devnet = await devnetFor(t);
  const hash = await rpc<string>(devnet.url, 'eth_sendRawTransaction', await rawTransfer(0, 0));
  assert.equal((await rpc<ReceiptFacts>(devnet.url, 'eth_getTransactionReceipt', hash)).transactionHash, hash);
  await assert.rejects(rpc(devnet.url, 'eth_sendRawTransaction', await rawTransfer(0, 0)), /nonce/);
  const ahead = await rpc<string>(devnet.url, 'eth_sendRawTransaction', await rawTransfer(0, 2));
  assert.equal(await rpc(devnet.url, 'eth_getTransactionReceipt', ahead), null);
  await rpc(devnet.url, 'eth_sendRawTransaction', await rawTransfer(0, 1));
  assert.notEqual(await rpc(devnet.url, 'eth_getTransactionReceipt', ahead), null);
});

test('a clean stop and start keeps blocks, receipts, and a transaction that waits for an earlier nonce', async (t) => {
  const { dir: home, stopFirst } = await tempFolder(t);
  const devnet = await startDevnet({ home });
  const hash = await rpc<string>(devnet.url, 'eth_sendRawTransaction', await rawTransfer(0, 0));
  const ahead = await rpc<string>(devnet.url, 'eth_sendRawTransaction', await rawTransfer(0, 2));
  const receipt = await rpc(devnet.url, 'eth_getTransactionReceipt', hash);
  await devnet.stop();
  const again = await startDevnet({ home });
  stopFirst(again);
  assert.deepEqual(await rpc(again.url, 'eth_getTransactionReceipt', hash), receipt);
  await rpc(again.url, 'eth_sendRawTransaction', await rawTransfer(0, 1));
  assert.notEqual(await rpc(again.url, 'eth_getTransactionReceipt', ahead), null);
});

test('methods that change the chain behind the journal are refused, admin ones need the option', async (t) => {
  const devnet = await devnetFor(t);
  for (const method of ['anvil_setBalance', 'evm_increaseTime', 'evm_mine', 'evm_snapshot', 'hardhat_setCode']) {
    await assert.rejects(rpc(devnet.url, method), /admin option/, method);
  }
  for (const method of [
    'eth_sendTransaction',
    'anvil_reset',
    'anvil_loadState',
    'evm_setAutomine',
    'eth_subscribe',
    'nonsense',
  ]) {
    await assert.rejects(rpc(devnet.url, method), { code: -32601 }, method);
  }
});

test('with admin: the clock moves, snapshots go back, and both outlive a restart', async (t) => {
  const { dir: home, stopFirst } = await tempFolder(t);
  const first = await startDevnet({ home, admin: true });
  const time = async (url: string) =>
    Number((await rpc<{ timestamp: string }>(url, 'eth_getBlockByNumber', 'latest', false)).timestamp);
  await rpc(first.url, 'evm_setNextBlockTimestamp', 2_000_000_000);
  await rpc(first.url, 'evm_mine');
  assert.equal(await time(first.url), 2_000_000_000);
  await rpc(first.url, 'evm_increaseTime', '0x3e8');
  await rpc(first.url, 'anvil_mine', 3, 10);
  assert.ok((await time(first.url)) >= 2_000_001_020);
  const id = await rpc(first.url, 'evm_snapshot');
  const gone = await rpc<string>(first.url, 'eth_sendRawTransaction', await rawTransfer(0, 0));
  assert.equal(await rpc(first.url, 'evm_revert', id), true);
  assert.equal(await rpc(first.url, 'eth_getTransactionReceipt', gone), null);
  await rpc(first.url, 'eth_sendRawTransaction', await rawTransfer(1, 0));
  const head = await rpc<{ hash: string }>(first.url, 'eth_getBlockByNumber', 'latest', false);
  await first.stop();
  const second = await startDevnet({ home, admin: true });
  stopFirst(second);
  assert.equal((await rpc<{ hash: string }>(second.url, 'eth_getBlockByNumber', 'latest', false)).hash, head.hash);
  await rpc(second.url, 'evm_mine');
  assert.ok((await time(second.url)) >= 2_000_001_020);
});

test('batches keep their order; bodies that are no JSON-RPC, too large or too many are told so', async (t) => {
  const devnet = await devnetFor(t);
  const post = async (body: string) => (await fetch(devnet.url, { method: 'POST', body })).json();
  const raws = await Promise.all([0, 1, 2, 3].map((n) => rawTransfer(0, n)));
  const answers = (await post(
    JSON.stringify([
      ...raws.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] })),
      { jsonrpc: '2.0', id: 'x', method: 'eth_chainId' },
      { nonsense: true },
    ]),
  )) as { id: unknown; result?: string; error?: { code: number } }[];
  assert.deepEqual(
    answers.map((a) => a.id),
    [0, 1, 2, 3, 'x', null],
  );
  assert.equal(answers[4]?.result, '0x7a69');
  assert.equal(answers[5]?.error?.code, -32600);
  for (const a of answers.slice(0, 4))
    assert.notEqual(await rpc(devnet.url, 'eth_getTransactionReceipt', a.result), null);

  const codeOf = async (body: string) => ((await post(body)) as { error: { code: number } }).error.code;
  assert.equal(await codeOf('{'), -32700);
  assert.equal(await codeOf('[]'), -32600);
  assert.equal(await codeOf(JSON.stringify(Array(1001).fill({ method: 'eth_chainId' }))), -32600);
  assert.equal(await codeOf('"x"'), -32600);
  const large = await new Promise<number>((resolve, reject) => {
    const out = request(devnet.url, { method: 'POST' }, (r) => {
      r.resume();
      resolve(r.statusCode!);
    });
    out.on('error', reject);
    out.end(Buffer.alloc((4 << 20) + 1));
  });
  assert.equal(large, 413);
});

test('a browser from anywhere may ask', async (t) => {
  const devnet = await devnetFor(t);
  const options = await fetch(devnet.url, { method: 'OPTIONS' });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get('access-control-allow-origin'), '*');
  assert.match(options.headers.get('access-control-allow-headers')!, /content-type/);
});

test('two devnets on one folder: the second is refused', async (t) => {
  const { home } = await devnetFor(t);
  await assert.rejects(startDevnet({ home }), { code: 'folder_in_use' });
});
