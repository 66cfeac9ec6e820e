/** What the channel tests and the gas script share: a chain in this process, contracts on it, vouchers, packed claims. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { network } from 'hardhat';
import {
  type Abi,
  type Address,
  concat,
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  keccak256,
  numberToHex,
  parseAbi,
  parseAbiParameters,
  slice,
  toHex,
} from 'viem';
import { mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';

export const CANONICAL: Address = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';
export const CANONICAL_COLLECTOR: Address = '0x4020806089470a89826cB9fB1f4059150b550004';

const artifactsDir = join(import.meta.dirname, '../../..', process.env.CONTRACTS_OUT ?? '.', 'artifacts');

interface Artifact {
  abi: Abi;
  bytecode: Hex;
  immutableReferences: Record<string, unknown>;
}

/** `sourceName` as `src/ledger/Channels.sol`; fixtures of tests are found in the same way. */
export function artifact(sourceName: string): Artifact {
  const name = sourceName.split('/').at(-1)!.replace('.sol', '');
  return JSON.parse(readFileSync(join(artifactsDir, sourceName, `${name}.json`), 'utf8')) as Artifact;
}

export interface ChannelConfig {
  payer: Address;
  payerAuthorizer: Address;
  receiver: Address;
  receiverAuthorizer: Address;
  token: Address;
  withdrawDelay: number;
  salt: Hex;
}

export const channelTypes = {
  ChannelConfig: [
    { name: 'payer', type: 'address' },
    { name: 'payerAuthorizer', type: 'address' },
    { name: 'receiver', type: 'address' },
    { name: 'receiverAuthorizer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'withdrawDelay', type: 'uint40' },
    { name: 'salt', type: 'bytes32' },
  ],
  Voucher: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'maxClaimableAmount', type: 'uint128' },
  ],
} as const;

/** A fresh chain in this process, beginning now or at the given time. */
export async function newChain(chainId = 31337, initialDate = new Date()) {
  const { provider } = await network.create({ network: 'default', override: { chainId, initialDate } });
  const chain = {
    id: chainId,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  } as const;
  const transport = custom(provider as Parameters<typeof custom>[0], { retryCount: 0 });
  const reader = createPublicClient({ chain, transport, cacheTime: 0, pollingInterval: 1 });
  const tester = createTestClient({ chain, transport, mode: 'hardhat' });
  const account = (index: number) =>
    mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: index });

  /** Sends and waits; throws with the decoded error when the call reverts. */
  async function send(from: number, to: Address, data: Hex) {
    const wallet = createWalletClient({ chain, transport, account: account(from) });
    const hash = await wallet.sendTransaction({ to, data, gas: 29_000_000n, gasPrice: 0n, type: 'legacy' });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
    return receipt;
  }

  async function deploy(sourceName: string, args: unknown[] = []): Promise<Address> {
    const { abi, bytecode } = artifact(sourceName);
    const wallet = createWalletClient({ chain, transport, account: account(9) });
    const data = encodeDeployData({ abi, bytecode, args });
    const hash = await wallet.sendTransaction({ data, gas: 29_000_000n, gasPrice: 0n, type: 'legacy' });
    const { contractAddress, status } = await reader.waitForTransactionReceipt({ hash });
    if (status !== 'success' || !contractAddress) throw new Error(`${sourceName}: deployment reverted`);
    return contractAddress;
  }

  /** Deploys, then puts the runtime code (immutables filled in) at `address`. */
  async function place(address: Address, sourceName: string, args: unknown[] = []): Promise<void> {
    const bytecode = await reader.getCode({ address: await deploy(sourceName, args) });
    await tester.setCode({ address, bytecode: bytecode! });
  }

  return { chainId, reader, tester, account, send, deploy, place };
}
export type Chain = Awaited<ReturnType<typeof newChain>>;

export const channelsDomain = (chainId: number, verifyingContract: Address = CANONICAL) =>
  ({ name: 'x402 Batch Settlement', version: '1', chainId, verifyingContract }) as const;

// --- vouchers ---

export function sessionKey(label: string): PrivateKeyAccount {
  return privateKeyToAccount(keccak256(toHex(label)));
}

export interface SignedClaim {
  config: ChannelConfig;
  maxClaimableAmount: bigint;
  totalClaimed: bigint;
  /** 65 bytes, as the official packages make them. */
  signature: Hex;
}

/** A row of the standard `claim`. */
export const asVoucherClaim = ({ config, maxClaimableAmount, totalClaimed, signature }: SignedClaim) => ({
  voucher: { channel: config, maxClaimableAmount },
  signature,
  totalClaimed,
});

// --- packed claims, see IChannels.claimCompact ---

export interface PackOptions {
  saltBytes: number;
  amountBytes: number;
  totalIsCeiling?: boolean;
  settle?: boolean;
}

/** EIP-2098: the parity of v takes the place of the top bit of s. */
function compactSignature(signature: Hex): Hex {
  const bytes = hexToBytes(signature);
  const parity = bytes[64]! - 27;
  bytes[32]! |= parity << 7;
  return toHex(bytes.slice(0, 64));
}

/** One group: header and rows. All rows share receiver, receiverAuthorizer, token and withdrawDelay with the first. */
export function packGroup(rows: readonly SignedClaim[], options: PackOptions): Hex {
  const { saltBytes, amountBytes, totalIsCeiling = false, settle = false } = options;
  const { receiver, receiverAuthorizer, token, withdrawDelay } = rows[0]!.config;
  const header = [
    receiver,
    receiverAuthorizer,
    token,
    numberToHex(withdrawDelay, { size: 5 }),
    numberToHex((totalIsCeiling ? 1 : 0) | (settle ? 2 : 0), { size: 1 }),
    numberToHex(saltBytes, { size: 1 }),
    numberToHex(amountBytes, { size: 1 }),
    numberToHex(rows.length, { size: 2 }),
  ];
  const packed = rows.flatMap(({ config, maxClaimableAmount, totalClaimed, signature }) => [
    config.payer,
    config.payerAuthorizer,
    saltBytes === 0 ? '0x' : slice(config.salt, 32 - saltBytes),
    numberToHex(maxClaimableAmount, { size: amountBytes }),
    totalIsCeiling ? '0x' : numberToHex(totalClaimed, { size: amountBytes }),
    compactSignature(signature),
  ]);
  return concat([...header, ...packed] as Hex[]);
}

// --- deposits ---

const depositAbi = parseAbi([
  'function mint(address to, uint256 amount)',
  'function deposit((address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt) config, uint128 amount, address collector, bytes collectorData)',
]);

interface TokenDomain {
  name: string;
  version: string;
}

/** Calldata of a deposit by EIP-3009, signed by `payer`. */
export async function depositCall(deposit: {
  chainId: number;
  payer: Pick<PrivateKeyAccount, 'signTypedData'>;
  config: ChannelConfig;
  id: Hex;
  amount: bigint;
  collector: Address;
  tokenDomain: TokenDomain;
  salt: bigint;
}): Promise<Hex> {
  const { chainId, payer, config, id, amount, collector, tokenDomain, salt } = deposit;
  const validBefore = 4102444800n;
  const nonce = keccak256(encodeAbiParameters(parseAbiParameters('bytes32, uint256'), [id, salt]));
  const signature = await payer.signTypedData({
    domain: { ...tokenDomain, chainId, verifyingContract: config.token },
    primaryType: 'ReceiveWithAuthorization',
    types: {
      ReceiveWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    message: { from: config.payer, to: collector, value: amount, validAfter: 0n, validBefore, nonce },
  });
  const collectorData = encodeAbiParameters(parseAbiParameters('uint256, uint256, uint256, bytes'), [
    0n,
    validBefore,
    salt,
    signature,
  ]);
  return encodeFunctionData({
    abi: depositAbi,
    functionName: 'deposit',
    args: [config, amount, collector, collectorData],
  });
}

export const mintCall = (to: Address, amount: bigint): Hex =>
  encodeFunctionData({ abi: depositAbi, functionName: 'mint', args: [to, amount] });
