/** Replay of what the ERC-8004 reference registries were seen to do. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  decodeEventLog,
  encodeFunctionData,
  type Hex,
  hashTypedData,
  keccak256,
  type TransactionReceipt,
  toHex,
  zeroAddress,
  zeroHash,
} from 'viem';
import { artifact, type Chain, newChain } from '../ledger/channels/fixture.ts';

const vectorsDir = join(import.meta.dirname, '../../../../shared/vectors/erc8004');
const skip = existsSync(vectorsDir) ? false : `published vectors are not here: ${vectorsDir}`;
if (skip) console.log(`skipped: ${skip}`);
const read = (file: string) => JSON.parse(readFileSync(join(vectorsDir, file), 'utf8'));

const source = (name: string) => `src/identity/${name}.sol`;
const REGISTRIES = ['IdentityRegistry', 'ReputationRegistry', 'ValidationRegistry'] as const;
type Registry = (typeof REGISTRIES)[number];

/** Where and when the recorded run took place. */
const IDENTITY: Address = '0x9baab117304f7d6517048e371025db8f89a8dbe5';
const START = 1767225600;
const WALLET_TYPES = {
  AgentWalletSet: [
    { name: 'agentId', type: 'uint256' },
    { name: 'newWallet', type: 'address' },
    { name: 'owner', type: 'address' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

async function newRegistries(chainId: number, identity: Address) {
  const chain = await newChain(chainId, new Date(START * 1000 - 600_000));
  await chain.place(identity, source('IdentityRegistry'));
  const reputation = await chain.deploy(source('ReputationRegistry'), [identity]);
  const validation = await chain.deploy(source('ValidationRegistry'), [identity]);
  const address: Record<Registry, Address> = {
    IdentityRegistry: identity,
    ReputationRegistry: reputation,
    ValidationRegistry: validation,
  };
  const abiOf = (registry: Registry): Abi => artifact(source(registry)).abi;
  return {
    chain,
    address,
    send: (from: number, registry: Registry, functionName: string, args: unknown[]) =>
      chain.send(from, address[registry], encodeFunctionData({ abi: abiOf(registry), functionName, args })),
    view: <Result>(registry: Registry, functionName: string, args: unknown[] = []) =>
      chain.reader.readContract({
        address: address[registry],
        abi: abiOf(registry),
        functionName,
        args,
      }) as Promise<Result>,
    reasonOf: (from: number, registry: Registry, functionName: string, args: unknown[]) =>
      reasonOf(chain, from, address[registry], abiOf(registry), functionName, args),
  };
}

/** Revert string, or name of the custom error. */
async function reasonOf(chain: Chain, from: number, address: Address, abi: Abi, functionName: string, args: unknown[]) {
  const known = [...abi, ...artifact(source('IdentityRegistry')).abi.filter((item) => item.type === 'error')];
  try {
    await chain.reader.simulateContract({ address, abi: known, functionName, args, account: chain.account(from) });
  } catch (error) {
    const revert = error instanceof BaseError && error.walk((e) => e instanceof ContractFunctionRevertedError);
    if (revert instanceof ContractFunctionRevertedError) {
      const { errorName, args: values } = revert.data ?? { errorName: revert.signature, args: [] };
      return errorName === 'Error' ? values?.[0] : errorName;
    }
    throw error;
  }
  return 'did not revert';
}

/** Events with their values as the recording writes them: numbers as strings. */
function eventsOf(receipt: TransactionReceipt) {
  const { abi } = artifact(source('IdentityRegistry'));
  return receipt.logs.map(({ data, topics }) => {
    const { eventName, args } = decodeEventLog({ abi, data, topics });
    const plain = Object.entries(args ?? {}).map(([k, v]) => [k, typeof v === 'bigint' ? String(v) : v]);
    return { name: eventName, args: Object.fromEntries(plain) };
  });
}

test('ERC-8004: each ABI holds the published functions and events', { skip }, () => {
  // What only a proxy with an owner has: ours are neither upgradeable nor owned.
  const ofProxies = new Set([
    ...['UPGRADE_INTERFACE_VERSION', 'initialize', 'owner', 'proxiableUUID', 'renounceOwnership', 'transferOwnership'],
    ...['upgradeToAndCall', 'Initialized', 'OwnershipTransferred', 'Upgraded'],
  ]);
  for (const registry of REGISTRIES) {
    const spell = (item: Abi[number]) =>
      JSON.stringify(item, (key, value) => (key === 'internalType' || key === 'anonymous' ? undefined : value));
    const ours = new Set(artifact(source(registry)).abi.map(spell));
    const published = read(`${registry}.json`);
    const theirs: Abi = Array.isArray(published) ? published : published.abi;
    const missing = theirs
      .filter((item) => (item.type === 'function' || item.type === 'event') && !ofProxies.has(item.name))
      .filter((item) => !ours.has(spell(item)))
      .map((item) => ('name' in item ? item.name : item.type));
    assert.deepEqual(missing, [], registry);
  }
});

test('ERC-8004: identity', { skip }, async () => {
  const { identity: expected, agentWalletSet } = read('expected-reads.json');
  const { chain, send, view, reasonOf } = await newRegistries(31337, IDENTITY);
  const account = (i: number) => chain.account(i).address;

  const registered = await send(0, 'IdentityRegistry', 'register', ['https://agent.example/registration.json']);
  assert.deepEqual(eventsOf(registered), expected.registerEvents);
  const metadata = [{ metadataKey: 'model', metadataValue: toHex('demo') }];
  const withMetadata = await send(1, 'IdentityRegistry', 'register', [
    'https://agent1.example/registration.json',
    metadata,
  ]);
  assert.deepEqual(eventsOf(withMetadata), expected.registerWithMetadataEvents);
  assert.equal(await view('IdentityRegistry', 'getMetadata', [1n, 'model']), toHex('demo'));
  assert.equal(await view('IdentityRegistry', 'getMetadata', [1n, 'agentWallet']), account(1).toLowerCase());
  assert.equal(await view('IdentityRegistry', 'getAgentWallet', [0n]), account(0));
  assert.equal(await view('IdentityRegistry', 'tokenURI', [0n]), 'https://agent.example/registration.json');
  assert.equal(await view('IdentityRegistry', 'isAuthorizedOrOwner', [account(0), 0n]), true);
  assert.equal(await view('IdentityRegistry', 'isAuthorizedOrOwner', [account(1), 0n]), false);
  assert.equal(await view('IdentityRegistry', 'getVersion'), '2.0.0');
  const bare = await send(2, 'IdentityRegistry', 'register', []);
  assert.deepEqual(
    eventsOf(bare).map((e) => e.name),
    ['Transfer', 'Registered', 'MetadataSet'],
  );

  // The wallet signs; the recorded signature is accepted at the recorded time.
  const [recorded] = agentWalletSet.vectors;
  const { newWallet, owner, deadline } = recorded.message;
  await chain.tester.setNextBlockTimestamp({ timestamp: BigInt(START) });
  await chain.tester.mine({ blocks: 1 });
  const bad = await chain.account(4).signTypedData({
    domain: recorded.domain,
    types: WALLET_TYPES,
    primaryType: 'AgentWalletSet',
    message: recorded.message,
  });
  const set = (by: number, until: bigint, signature: Hex, wallet: Address = newWallet) => {
    const call: [number, Registry, string, unknown[]] = [
      by,
      'IdentityRegistry',
      'setAgentWallet',
      [0n, wallet, until, signature],
    ];
    return call;
  };
  assert.equal(await reasonOf(...set(0, BigInt(deadline), bad)), 'invalid wallet sig');
  assert.equal(await reasonOf(...set(0, BigInt(START) + 400n, recorded.signature)), 'deadline too far');
  assert.equal(await reasonOf(...set(0, BigInt(START) - 1n, recorded.signature)), 'expired');
  assert.equal(await reasonOf(...set(0, BigInt(deadline), recorded.signature, zeroAddress)), 'bad wallet');
  assert.equal(await reasonOf(...set(4, BigInt(deadline), recorded.signature)), 'Not authorized');
  await send(...set(0, BigInt(deadline), recorded.signature));
  assert.equal(await view('IdentityRegistry', 'getAgentWallet', [0n]), newWallet);
  assert.equal(await reasonOf(0, 'IdentityRegistry', 'setMetadata', [0n, 'agentWallet', '0x']), 'reserved key');

  const changed = await send(0, 'IdentityRegistry', 'setAgentURI', [0n, 'ipfs://new']);
  assert.deepEqual(
    eventsOf(changed).map((e) => e.name),
    ['MetadataUpdate', 'URIUpdated'],
  );
  const moved = await send(0, 'IdentityRegistry', 'transferFrom', [owner, account(2), 0n]);
  assert.deepEqual(eventsOf(moved), expected.transferEvents);
  assert.equal(await view('IdentityRegistry', 'getAgentWallet', [0n]), expected.walletAfterTransfer);
  await send(1, 'IdentityRegistry', 'unsetAgentWallet', [1n]);
  assert.equal(await view('IdentityRegistry', 'getAgentWallet', [1n]), zeroAddress);
});

test('ERC-8004: wallet signatures for the published address, on both chains', { skip }, async () => {
  const { agentWalletSet } = read('expected-reads.json');
  for (const { domain, message, signature, digest } of agentWalletSet.vectors.slice(1)) {
    assert.equal(hashTypedData({ domain, types: WALLET_TYPES, primaryType: 'AgentWalletSet', message }), digest);
    const { chain, send, view } = await newRegistries(domain.chainId, domain.verifyingContract);
    for (let id = 0n; id <= BigInt(message.agentId); id++) await send(0, 'IdentityRegistry', 'register', []);
    await chain.tester.setNextBlockTimestamp({ timestamp: BigInt(message.deadline) - 100n });
    const args = [BigInt(message.agentId), message.newWallet, BigInt(message.deadline), signature];
    await send(0, 'IdentityRegistry', 'setAgentWallet', args);
    assert.equal(await view('IdentityRegistry', 'getAgentWallet', [BigInt(message.agentId)]), message.newWallet);
  }
});

test('ERC-8004: reputation', { skip }, async () => {
  const { feedback, reverts } = read('expected-reads.json');
  const { chain, send, view, reasonOf } = await newRegistries(31337, IDENTITY);
  const number = (name: string) => Number(name.replace('account', ''));
  await send(0, 'IdentityRegistry', 'register', ['https://agent.example/registration.json']);

  const rating = (value: bigint, decimals: number, tag1 = '', tag2 = '', agentId = 0n) => [
    agentId,
    value,
    decimals,
    tag1,
    tag2,
    'https://agent.example/v1',
    'ipfs://feedback',
    keccak256('0x01'),
  ];
  for (const { client, clientAddress, value, valueDecimals, tag1, tag2, feedbackIndex } of feedback.given) {
    await send(number(client), 'ReputationRegistry', 'giveFeedback', rating(BigInt(value), valueDecimals, tag1, tag2));
    assert.equal(await view('ReputationRegistry', 'getLastIndex', [0n, clientAddress]), BigInt(feedbackIndex));
    const stored = await view('ReputationRegistry', 'readFeedback', [0n, clientAddress, BigInt(feedbackIndex)]);
    assert.deepEqual(stored, [BigInt(value), valueDecimals, tag1, tag2, false]);
  }
  const summaries = feedback.getSummary;
  for (const [i, { note, clients, tag1, tag2, expect }] of summaries.entries()) {
    if (i === summaries.length - 1) await send(2, 'ReputationRegistry', 'revokeFeedback', [0n, 1n]);
    const addresses = clients.map((name: string) => chain.account(number(name)).address);
    const [count, value, decimals] = await view<[bigint, bigint, number]>('ReputationRegistry', 'getSummary', [
      0n,
      addresses,
      tag1,
      tag2,
    ]);
    assert.deepEqual(
      { count: Number(count), summaryValue: String(value), summaryValueDecimals: decimals },
      expect,
      note,
    );
  }
  const page = await view<unknown[][]>('ReputationRegistry', 'readAllFeedback', [0n, [], '', '', false]);
  const recorded = feedback.readAllFeedbackAfterRevocation;
  assert.deepEqual(
    page.map((column) => column.map((v) => (typeof v === 'bigint' ? String(v) : v))),
    [
      recorded.clients,
      recorded.feedbackIndexes,
      recorded.values,
      recorded.valueDecimals,
      recorded.tag1s,
      recorded.tag2s,
      recorded.revoked,
    ],
  );
  const withRevoked = await view<unknown[][]>('ReputationRegistry', 'readAllFeedback', [0n, [], '', '', true]);
  assert.deepEqual(withRevoked[6], [false, false, true, false, false, false, false]);
  assert.deepEqual(await view('ReputationRegistry', 'getClients', [0n]), feedback.getClients);

  const respond = (by: number) =>
    send(by, 'ReputationRegistry', 'appendResponse', [0n, chain.account(1).address, 1n, 'ipfs://answer', zeroHash]);
  await respond(0);
  await respond(0);
  await respond(3);
  const count = (client: Address, index: bigint, responders: Address[]) =>
    view('ReputationRegistry', 'getResponseCount', [0n, client, index, responders]);
  assert.equal(await count(zeroAddress, 0n, []), 3n);
  assert.equal(await count(chain.account(1).address, 1n, []), 3n);
  assert.equal(await count(chain.account(1).address, 0n, [chain.account(0).address]), 2n);
  assert.equal(await count(chain.account(2).address, 0n, []), 0n);

  const reason = (by: number, functionName: string, args: unknown[]) =>
    reasonOf(by, 'ReputationRegistry', functionName, args);
  const seen = {
    'getSummary with no clients': await reason(1, 'getSummary', [0n, [], '', '']),
    'owner rates own agent': await reason(0, 'giveFeedback', rating(1n, 0)),
    'valueDecimals 19': await reason(1, 'giveFeedback', rating(1n, 19)),
    'unknown agent': await reason(1, 'giveFeedback', rating(1n, 0, '', '', 99n)),
    'value above 1e38': await reason(1, 'giveFeedback', rating(10n ** 38n + 1n, 0)),
    'revoke twice': await reason(2, 'revokeFeedback', [0n, 1n]),
  };
  for (const [name, why] of Object.entries(seen)) assert.equal(why, reverts[name], name);
  await send(1, 'ReputationRegistry', 'giveFeedback', rating(-(10n ** 38n), 0)); // the borders are allowed
  await send(1, 'ReputationRegistry', 'giveFeedback', rating(10n ** 38n, 18));
});

test('ERC-8004: validation', { skip }, async () => {
  const { validation: expected, reverts } = read('expected-reads.json');
  const { chain, send, view, reasonOf } = await newRegistries(31337, IDENTITY);
  const [r1, r2] = [keccak256(toHex('request-1')), keccak256(toHex('request-2'))];
  const account = (i: number) => chain.account(i).address;
  await send(0, 'IdentityRegistry', 'register', ['https://agent.example/registration.json']);

  await chain.tester.setNextBlockTimestamp({ timestamp: BigInt(START) + 1n });
  await send(0, 'ValidationRegistry', 'validationRequest', [account(4), 0n, 'ipfs://request', r1]);
  const status = await view<unknown[]>('ValidationRegistry', 'getValidationStatus', [r1]);
  assert.deepEqual(
    status.map((v) => (typeof v === 'bigint' ? String(v) : v)),
    expected.statusBeforeAnswer,
  );
  const summary = async (validators: Address[] = [], tag = '') => {
    const [count, average] = await view<[bigint, number]>('ValidationRegistry', 'getSummary', [0n, validators, tag]);
    return [String(count), average];
  };
  assert.deepEqual(await summary(), expected.summaryBeforeAnswer);
  const answer = (by: number, hash: Hex, response: number, tag: string) =>
    send(by, 'ValidationRegistry', 'validationResponse', [hash, response, 'ipfs://answer', zeroHash, tag]);
  await answer(4, r1, 100, 'soft');
  await answer(4, r1, 60, 'hard');
  await send(0, 'ValidationRegistry', 'validationRequest', [account(3), 0n, 'ipfs://request', r2]);
  await answer(3, r2, 81, 'hard');
  assert.deepEqual(await summary(), expected.summaryAll);
  assert.deepEqual(await summary([account(4)], 'hard'), expected.summaryAccount4Hard);
  assert.deepEqual(await summary([], 'soft'), expected.summarySoft);
  assert.deepEqual(await view('ValidationRegistry', 'getAgentValidations', [0n]), [r1, r2]);
  assert.deepEqual(await view('ValidationRegistry', 'getValidatorRequests', [account(3)]), [r2]);

  const reason = (by: number, functionName: string, args: unknown[]) =>
    reasonOf(by, 'ValidationRegistry', functionName, args);
  const seen = {
    'validationRequest with a used hash': await reason(0, 'validationRequest', [account(4), 0n, '', r1]),
    'validationResponse by another address': await reason(3, 'validationResponse', [r1, 1, '', zeroHash, '']),
    'response 101': await reason(4, 'validationResponse', [r1, 101, '', zeroHash, '']),
    'validationRequest by a stranger': await reason(3, 'validationRequest', [account(4), 0n, '', keccak256('0x02')]),
  };
  for (const [name, why] of Object.entries(seen)) assert.equal(why, reverts[name], name);
});
