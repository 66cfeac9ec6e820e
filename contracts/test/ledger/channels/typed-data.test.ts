/** x402's published typed data, executed against Channels at the canonical address. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type Abi,
  type AbiParameter,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  type Hex,
  parseSignature,
  recoverAddress,
} from 'viem';
import {
  artifact,
  CANONICAL,
  CANONICAL_COLLECTOR,
  type Chain,
  type ChannelConfig,
  depositCall,
  mintCall,
  newChain,
} from './fixture.ts';

const vectorsDir = join(import.meta.dirname, '../../../../../shared/vectors/x402');
const skip = existsSync(vectorsDir) ? false : `published vectors are not here: ${vectorsDir}`;
if (skip) console.log(`skipped: ${skip}`);
const read = (file: string) => JSON.parse(readFileSync(join(vectorsDir, file), 'utf8'));

const { abi } = artifact('src/ledger/Channels.sol');
const usdCoin = 'test/ledger/channels/tokens/UsdCoin.sol';
const tokenDomain = { name: 'USD Coin', version: '2' };

const view = <Result>(chain: Chain, functionName: string, args: unknown[] = [], address: Address = CANONICAL) =>
  chain.reader.readContract({ address, abi, functionName, args }) as Promise<Result>;

const send = (chain: Chain, from: number, functionName: string, args: unknown[]) =>
  chain.send(from, CANONICAL, encodeFunctionData({ abi, functionName, args }));

/** Name of the custom error a call ends with. */
async function errorOf(chain: Chain, from: number, functionName: string, args: unknown[]): Promise<string | undefined> {
  try {
    await chain.reader.simulateContract({ address: CANONICAL, abi, functionName, args, account: chain.account(from) });
  } catch (error) {
    const revert = error instanceof BaseError && error.walk((e) => e instanceof ContractFunctionRevertedError);
    if (revert instanceof ContractFunctionRevertedError) return revert.data?.errorName ?? revert.signature;
    throw error;
  }
  return undefined;
}

/** config A of the vectors, and what belongs to it on chain 31337; from `typed-data.json` (x402 packages 2.27.0). */
const CONFIG_A: ChannelConfig = {
  payer: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  payerAuthorizer: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  receiver: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  receiverAuthorizer: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
  token: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
  withdrawDelay: 900,
  salt: `0x${'00'.repeat(32)}`,
};
const CHANNEL_A = '0x067ea9fe40c7460c09c766069a40226a9bf1aa7ddc72ab76c05575179d4a9c49';

test('Channels: type hashes and digests that need no file', async () => {
  const chain = await newChain(31337);
  await chain.place(CANONICAL, 'src/ledger/Channels.sol');
  const pinned = {
    CHANNEL_CONFIG_TYPEHASH: '0x1c9a06ceab9b0ebbd3301dc56c9111bb6d9af421356dc9ccb3b7084c755db308',
    VOUCHER_TYPEHASH: '0x1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a69',
    REFUND_TYPEHASH: '0xbe23ad087435072cd69b49cc5b92de10ee610fce7ae0ab428307972d764bb216',
    CLAIM_ENTRY_TYPEHASH: '0x30b9a0367528fca13c3e8ec6134c3113f1887ebe7a1ad61de0955aac288b0cf5',
    CLAIM_BATCH_TYPEHASH: '0x42bd57c010b870c2e96203c66341f28a6a19b4d56a74533a8eb5f706b9fd6d57',
  };
  for (const [name, hash] of Object.entries(pinned)) assert.equal(await view(chain, name), hash);
  assert.equal(await view(chain, 'getChannelId', [CONFIG_A]), CHANNEL_A);
  assert.equal(
    await view(chain, 'getVoucherDigest', [CHANNEL_A, 1000n]),
    '0x8d455dcee528615ebee2707cc09c021b1a7ad29c7181f3714eea705f6d25f074',
  );
  assert.equal(
    await view(chain, 'getRefundDigest', [CHANNEL_A, 0n, 1500n]),
    '0x640ac042a2464cb1c86d46d2d6cf79d8a04c0e0a5501b3ebd5867126765572e2',
  );
  assert.equal(
    await view(chain, 'getClaimBatchDigest', [[]]),
    '0x12bca07dd0ec892f2d47a96c4cd3d3c1fa8c16e68be4f391dcc7076e185680f8',
  );
  assert.deepEqual(await view(chain, 'eip712Domain'), [
    '0x0f',
    'x402 Batch Settlement',
    '1',
    31337n,
    CANONICAL,
    `0x${'00'.repeat(32)}`,
    [],
  ]);
  assert.equal(await view(chain, 'MIN_WITHDRAW_DELAY'), 900);
  assert.equal(await view(chain, 'MAX_WITHDRAW_DELAY'), 2_592_000);
});

/** `name(type name,…) mutability -> (type name,…)`, tuples spelled out. */
function spell(item: Abi[number]): string {
  const spellParameter = (p: AbiParameter & { indexed?: boolean }): string => {
    const type = 'components' in p ? `(${p.components.map(spellParameter).join(',')})${p.type.slice(5)}` : p.type;
    return `${type}${p.indexed ? ' indexed' : ''} ${p.name ?? ''}`;
  };
  const list = (parameters: readonly AbiParameter[] = []) => `(${parameters.map(spellParameter).join(',')})`;
  if (item.type === 'function') {
    return `function ${item.name}${list(item.inputs)} ${item.stateMutability} -> ${list(item.outputs)}`;
  }
  return `${item.type} ${'name' in item ? item.name : ''}${'inputs' in item ? list(item.inputs) : ''}`;
}

for (const [file, source] of [
  ['abi/x402BatchSettlement.json', 'src/ledger/Channels.sol'],
  ['abi/ERC3009DepositCollector.json', 'src/ledger/Erc3009Collector.sol'],
] as const) {
  test(`${source}: the ABI holds everything of ${file}`, { skip }, () => {
    const ours = new Set(artifact(source).abi.map(spell));
    const published = read(file);
    const theirs: Abi = Array.isArray(published) ? published : published.abi;
    const missing = theirs
      .filter((item) => !(item.type === 'constructor' && item.inputs.length === 0)) // ours has none, which is the same
      .map(spell)
      .filter((item) => !ours.has(item));
    assert.deepEqual(missing, []);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the vectors are a foreign file, every value is compared below
type Vector = any;

for (const chainId of [31337, 8453]) {
  test(`Channels: typed data of chain ${chainId}, executed`, { skip }, async () => {
    const chain = await newChain(chainId);
    const all: Vector[] = read('typed-data.json').vectors;
    const vectors = all.filter((v) => v.chainId === chainId);
    const of = (kind: string) => vectors.filter((v) => v.kind === kind);
    const configs: Record<string, ChannelConfig> = {};
    for (const v of of('channelId')) configs[v.configName] = v.config;
    const done = new Set<string>();
    const check = async (v: Vector, actual: Promise<unknown>, expected: unknown) => {
      assert.equal(await actual, expected, v.id);
      done.add(v.id);
    };

    await chain.place(CANONICAL, 'src/ledger/Channels.sol');
    await chain.place(CANONICAL_COLLECTOR, 'src/ledger/Erc3009Collector.sol', [CANONICAL]);
    const tokens = new Set([
      ...Object.values(configs).map((c) => c.token),
      ...of('exactEip3009').map((v) => v.tokenDomain.verifyingContract),
    ]);
    for (const token of tokens) {
      await chain.place(token, usdCoin);
      await chain.send(5, token, mintCall(chain.account(0).address, 10_000_000n));
    }

    // Ids and digests as the contract computes them; signatures recover to the named signer.
    for (const v of of('channelId')) await check(v, view(chain, 'getChannelId', [v.config]), v.channelId);
    for (const v of of('voucher')) {
      await check(v, view(chain, 'getVoucherDigest', [v.channelId, BigInt(v.maxClaimableAmount)]), v.digest);
    }
    for (const v of of('refund')) {
      await check(v, view(chain, 'getRefundDigest', [v.channelId, BigInt(v.nonce), BigInt(v.amount)]), v.digest);
    }
    const voucherOf = (configName: string, max: string) =>
      of('voucher').find((v) => v.configName === configName && v.maxClaimableAmount === max);
    const rowsOf = (v: Vector) =>
      v.claims.map((c: Vector) => ({
        voucher: { channel: configs[c.configName], maxClaimableAmount: BigInt(c.maxClaimableAmount) },
        signature: voucherOf(c.configName, c.maxClaimableAmount).signature as Hex,
        totalClaimed: BigInt(c.totalClaimed),
      }));
    for (const v of [...of('claimBatch'), ...of('claimBatchEmpty')]) {
      await check(v, view(chain, 'getClaimBatchDigest', [rowsOf(v)]), v.digest);
    }
    for (const v of of('ownDeployment')) {
      await chain.place(v.verifyingContract, 'src/ledger/Channels.sol');
      const id = await view(chain, 'getChannelId', [configs[v.configName]], v.verifyingContract);
      assert.equal(id, v.channelId, v.id);
      await check(
        v,
        view(chain, 'getVoucherDigest', [id, BigInt(v.maxClaimableAmount)], v.verifyingContract),
        v.digest,
      );
    }
    for (const v of vectors.filter((v) => v.signature && v.digest)) {
      const signer = await recoverAddress({ hash: v.digest, signature: v.signature });
      assert.equal(signer, v.signerAddress ?? chain.account(Number(v.signer.slice(7))).address, v.id);
    }

    // Deposits with the published collectorData; C and D have none, so they are signed here.
    for (const v of of('depositErc3009')) {
      const amount = BigInt(v.message.value);
      await send(chain, 4, 'deposit', [configs[v.configName], amount, CANONICAL_COLLECTOR, v.collectorData]);
      await check(
        v,
        view<[bigint]>(chain, 'channels', [v.channelId]).then(([balance]) => balance),
        amount,
      );
    }
    for (const name of ['C', 'D']) {
      const config = configs[name]!;
      const id = await view<Hex>(chain, 'getChannelId', [config]);
      const payer = chain.account(0);
      const deposit = {
        chainId,
        payer,
        config,
        id,
        amount: 100_000n,
        collector: CANONICAL_COLLECTOR,
        tokenDomain,
        salt: 1n,
      };
      await chain.send(4, CANONICAL, await depositCall(deposit));
    }
    for (const v of of('exactEip3009')) {
      const { authorization: a, signature } = v.payload;
      const { r, s, v: parity } = parseSignature(signature);
      const args = [
        a.from,
        a.to,
        BigInt(a.value),
        BigInt(a.validAfter),
        BigInt(a.validBefore),
        a.nonce,
        Number(parity),
        r,
        s,
      ];
      const data = encodeFunctionData({ abi: artifact(usdCoin).abi, functionName: 'transferWithAuthorization', args });
      await chain.send(4, v.tokenDomain.verifyingContract, data);
      done.add(v.id);
    }

    // Claims by the authorizer's signature, then each voucher by itself: every ceiling up to what the channel holds.
    for (const v of of('claimBatch')) await send(chain, 4, 'claimWithSignature', [rowsOf(v), v.signature]);
    for (const v of of('voucher')) {
      const max = BigInt(v.maxClaimableAmount);
      const [balance, claimed] = await view<[bigint, bigint]>(chain, 'channels', [v.channelId]);
      const totalClaimed = max < balance ? max : balance - 50n;
      const row = {
        voucher: { channel: configs[v.configName], maxClaimableAmount: max },
        signature: v.signature,
        totalClaimed,
      };
      await send(chain, 1, 'claim', [[row]]); // account1 is the receiver of all four
      const [, claimedNow] = await view<[bigint, bigint]>(chain, 'channels', [v.channelId]);
      assert.equal(claimedNow, totalClaimed > claimed ? totalClaimed : claimed, v.id);
    }
    for (const v of of('refund')) {
      const config = configs[v.configName];
      for (let n = 0n; n < BigInt(v.nonce); n++) await send(chain, 1, 'refund', [config, 1n]);
      const [before, claimed] = await view<[bigint, bigint]>(chain, 'channels', [v.channelId]);
      await send(chain, 4, 'refundWithSignature', [config, BigInt(v.amount), BigInt(v.nonce), v.signature]);
      const [after] = await view<[bigint, bigint]>(chain, 'channels', [v.channelId]);
      const available = before - claimed;
      assert.equal(before - after, BigInt(v.amount) < available ? BigInt(v.amount) : available, v.id);
    }
    assert.deepEqual(
      vectors.map((v) => v.id).filter((id) => !done.has(id)),
      [],
      'every vector was used',
    );
  });
}

test('Channels: refused signatures end with the published errors', { skip }, async () => {
  const { negative, vectors } = read('typed-data.json');
  const chain = await newChain(negative.chainId);
  await chain.place(CANONICAL, 'src/ledger/Channels.sol');
  await chain.place(CANONICAL_COLLECTOR, 'src/ledger/Erc3009Collector.sol', [CANONICAL]);
  const deposit = vectors.find(
    (v: Vector) => v.kind === 'depositErc3009' && v.chainId === 31337 && v.configName === 'A',
  );
  await chain.place(CONFIG_A.token, usdCoin);
  await chain.send(5, CONFIG_A.token, mintCall(CONFIG_A.payer, 100_000n));
  await send(chain, 4, 'deposit', [CONFIG_A, 100_000n, CANONICAL_COLLECTOR, deposit.collectorData]);
  assert.equal(negative.cases.length, 8);
  for (const { name, signature, contract } of negative.cases) {
    const maxClaimableAmount = BigInt(negative.maxClaimableAmount);
    const row = { voucher: { channel: CONFIG_A, maxClaimableAmount }, signature, totalClaimed: 1n };
    assert.equal(await errorOf(chain, 1, 'claim', [[row]]), contract, name);
  }
});
