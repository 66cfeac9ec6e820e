import {
  assetRegistryAbi,
  CANONICAL_DOLLAR,
  CANONICAL_ERC8004,
  DEVNET_CHAIN_ID,
  erc3009CollectorAbi,
  receiptLogAbi,
  reputationRegistryAbi,
  spokeAuthorizerAbi,
  toTributaryError,
  tribAbi,
  validationRegistryAbi,
} from '@tributary/chain';
import {
  assetRegistryBytecode,
  channelsBytecode,
  erc3009CollectorBytecode,
  identityRegistryBytecode,
  receiptLogBytecode,
  reputationRegistryBytecode,
  spokeAuthorizerBytecode,
  testDollarBytecode,
  tribBytecode,
  validationRegistryBytecode,
} from '@tributary/chain/bytecode';
import { type Address, CANONICAL, type Contracts, type Hex, TributaryError, ZERO_32 } from '@tributary/protocol';
import {
  type Account,
  type Chain,
  concatHex,
  encodeDeployData,
  getContractAddress,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';

/** The deterministic deployment proxy, the same on nearly every EVM chain. */
const CREATE2_DEPLOYER: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c';

export interface DeployOptions {
  publicClient: PublicClient<Transport, Chain>;
  walletClient: WalletClient<Transport, Chain, Account>;
  /** The dollar token. Default: USDC where we know its address, a `TestDollar` on the devnet; required elsewhere. */
  dollar?: Address;
  /** Gets the supply of TRIB. Default: the deploying account. */
  treasury?: Address;
}

/**
 * Puts the contracts on a chain, through the CREATE2 deployer: same code and arguments, same addresses. What has code
 * already is kept, so an interrupted deployment is simply run again. Canonical contracts (x402's settlement contract and
 * collector, the ERC-8004 registries) are used where they exist.
 *
 * Throws `no_create2_deployer`, `no_dollar`, or what the chain said.
 */
export async function deploy({ publicClient, walletClient, dollar, treasury }: DeployOptions): Promise<Contracts> {
  const chainId = await publicClient.getChainId();
  const hasCode = async (address: Address) => (await publicClient.getCode({ address })) !== undefined;
  if (!(await hasCode(CREATE2_DEPLOYER))) {
    throw new TributaryError('no_create2_deployer', `Chain ${chainId} has no code at ${CREATE2_DEPLOYER}.`, {
      hint: 'Deploy the deterministic deployment proxy there first; its transaction is the same on every chain.',
    });
  }

  /** Deploys init code unless its address has code. */
  async function put(name: string, initCode: Hex): Promise<Address> {
    const address = getContractAddress({
      opcode: 'CREATE2',
      from: CREATE2_DEPLOYER,
      salt: ZERO_32,
      bytecode: initCode,
    }).toLowerCase() as Address;
    if (await hasCode(address)) return address;
    try {
      const hash = await walletClient.sendTransaction({ to: CREATE2_DEPLOYER, data: concatHex([ZERO_32, initCode]) });
      await publicClient.waitForTransactionReceipt({ hash });
    } catch (error) {
      throw toTributaryError(error, `deploying ${name}`);
    }
    if (!(await hasCode(address))) {
      throw new TributaryError('deploy_failed', `Deploying ${name} left no code at ${address}.`, { status: 500 });
    }
    return address;
  }

  const canonicalOr = async (address: Address, otherwise: () => Promise<Address>) =>
    (await hasCode(address)) ? address : otherwise();

  const dollarAddress = dollar ?? CANONICAL_DOLLAR[chainId] ?? (await testDollar());
  async function testDollar(): Promise<Address> {
    if (chainId === DEVNET_CHAIN_ID) return put('TestDollar', testDollarBytecode.creation);
    throw new TributaryError('no_dollar', `No dollar token is known on chain ${chainId}.`, {
      param: 'dollar',
      hint: 'Give the address of USDC or of another EIP-3009 dollar with six decimals.',
    });
  }

  const trib = await put(
    'Trib',
    encodeDeployData({
      abi: tribAbi,
      bytecode: tribBytecode.creation,
      args: [treasury ?? walletClient.account.address],
    }),
  );
  const channels = await canonicalOr(CANONICAL.channels, () => put('Channels', channelsBytecode.creation));
  const ownCollector = () =>
    put(
      'Erc3009Collector',
      encodeDeployData({ abi: erc3009CollectorAbi, bytecode: erc3009CollectorBytecode.creation, args: [channels] }),
    );
  // The canonical collector serves the canonical settlement contract alone.
  const erc3009Collector =
    channels === CANONICAL.channels
      ? await canonicalOr(CANONICAL.erc3009Collector, ownCollector)
      : await ownCollector();
  const receiptLog = await put(
    'ReceiptLog',
    encodeDeployData({ abi: receiptLogAbi, bytecode: receiptLogBytecode.creation, args: [channels] }),
  );
  const spokeAuthorizer = await put(
    'SpokeAuthorizer',
    encodeDeployData({
      abi: spokeAuthorizerAbi,
      bytecode: spokeAuthorizerBytecode.creation,
      args: [channels, receiptLog],
    }),
  );
  const assetRegistry = await put(
    'AssetRegistry',
    encodeDeployData({
      abi: assetRegistryAbi,
      bytecode: assetRegistryBytecode.creation,
      args: [dollarAddress, trib],
    }),
  );

  const { identityRegistry, reputationRegistry } = await identityRegistries();
  async function identityRegistries(): Promise<{ identityRegistry: Address; reputationRegistry: Address }> {
    for (const pair of Object.values(CANONICAL_ERC8004)) {
      if ((await hasCode(pair.identityRegistry)) && (await hasCode(pair.reputationRegistry))) return pair;
    }
    const identityRegistry = await put('IdentityRegistry', identityRegistryBytecode.creation);
    const reputationRegistry = await put(
      'ReputationRegistry',
      encodeDeployData({
        abi: reputationRegistryAbi,
        bytecode: reputationRegistryBytecode.creation,
        args: [identityRegistry],
      }),
    );
    return { identityRegistry, reputationRegistry };
  }
  const validationRegistry = await put(
    'ValidationRegistry',
    encodeDeployData({
      abi: validationRegistryAbi,
      bytecode: validationRegistryBytecode.creation,
      args: [identityRegistry],
    }),
  );

  return {
    dollar: dollarAddress,
    trib,
    assetRegistry,
    channels,
    erc3009Collector,
    spokeAuthorizer,
    receiptLog,
    identityRegistry,
    reputationRegistry,
    validationRegistry,
  };
}
