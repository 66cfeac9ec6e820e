import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainOf, createReader, createWriter, type Reader, testDollarAbi, type Writer } from '@tributary/chain';
import { type Devnet, type DevnetOptions, deploy, startDevnet } from '@tributary/ledger';
import { type Address, type Contracts, type Hex, toHex } from '@tributary/protocol';
import { createPublicClient, createWalletClient, http } from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { createNonceManager, jsonRpc } from 'viem/nonce';

/** The public test mnemonic: ten accounts with 10 000 coins each on every devnet. */
export const TEST_MNEMONIC = 'test test test test test test test test test test test junk';

/** Private key of account `index` of the test mnemonic. */
export function testKey(index: number): Hex {
  return toHex(mnemonicToAccount(TEST_MNEMONIC, { addressIndex: index }).getHdKey().privateKey!);
}

const freshNonces = () => createNonceManager({ source: jsonRpc() });

/** viem's own nonce manager counts by address and chain id: two devnets in one process would share it. */
function walletAccount(index: number) {
  return privateKeyToAccount(testKey(index), { nonceManager: freshNonces() });
}

export interface DevnetFixtureOptions extends Partial<DevnetOptions> {
  /** How many wallets to make, 1 to 10. Account 0 deploys. */
  wallets?: number;
  /** TestDollar that each wallet gets, base units; at most a million dollars. */
  dollars?: bigint;
}

/** A chain with everything on it, in a folder that is removed at the end. */
export interface DevnetFixture extends AsyncDisposable {
  url: string;
  chainId: number;
  contracts: Contracts;
  home: string;
  reader: Reader;
  wallets: Writer[];
  /** The first wallet: the deployer. */
  wallet: Writer;
  /** Gives TestDollar, base units. */
  mint(to: Address, amount: bigint): Promise<void>;
  /** Moves the clock and mines a block. */
  increaseTime(seconds: number): Promise<void>;
  mine(blocks?: number): Promise<void>;
  snapshot(): Promise<Hex>;
  /** Back to a snapshot; what came after it never happened. */
  revert(id: Hex): Promise<void>;
  rpc(method: string, ...params: unknown[]): Promise<unknown>;
  /** Stops the chain and starts it again on the same folder and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a devnet with all contracts and funded wallets. Admin methods are on, unless said otherwise. */
export async function devnetFixture(options: DevnetFixtureOptions = {}): Promise<DevnetFixture> {
  const { wallets: count = 4, dollars = 100_000_000_000n, home: givenHome, ...devnetOptions } = options;
  const home = givenHome ?? (await mkdtemp(join(tmpdir(), 'tributary-devnet-')));
  let devnet: Devnet = await startDevnet({ admin: true, ...devnetOptions, home });
  const { url, chainId } = devnet;
  const chain = chainOf(chainId, url);
  const contracts = await deploy({
    publicClient: createPublicClient({ chain, transport: http(url), pollingInterval: 20 }),
    walletClient: createWalletClient({ chain, transport: http(url), account: mnemonicToAccount(TEST_MNEMONIC) }),
  });
  const wallets = Array.from({ length: count }, (_, i) =>
    createWriter({ rpc: url, chainId, contracts, signer: walletAccount(i) }),
  );
  const wallet = wallets[0]!;

  async function mint(to: Address, amount: bigint): Promise<void> {
    const hash = await wallet.wallet.writeContract({
      address: contracts.dollar,
      abi: testDollarAbi,
      functionName: 'mint',
      args: [to, amount],
    });
    await wallet.client.waitForTransactionReceipt({ hash });
  }
  await Promise.all(wallets.map((w) => mint(w.account.address, dollars)));

  const rpc = (method: string, ...params: unknown[]): Promise<unknown> =>
    // Admin methods are not among viem's typed ones.
    wallet.client.request({ method, params } as never);
  const stop = async () => {
    await devnet.stop();
    if (givenHome === undefined) await rm(home, { recursive: true, force: true });
  };
  return {
    url,
    chainId,
    contracts,
    home,
    reader: createReader({ rpc: url, chainId, contracts }),
    wallets,
    wallet,
    mint,
    rpc,
    async increaseTime(seconds) {
      await rpc('evm_increaseTime', seconds);
      await rpc('evm_mine');
    },
    async mine(blocks = 1) {
      await rpc('anvil_mine', blocks);
    },
    snapshot: () => rpc('evm_snapshot') as Promise<Hex>,
    async revert(id) {
      if (!(await rpc('evm_revert', id))) throw new RangeError(`no snapshot ${id}`);
      // A nonce manager never counts down, so nonces of blocks now gone need a new one.
      for (const { account } of wallets) account.nonceManager = freshNonces();
    },
    async restart() {
      await devnet.stop();
      devnet = await startDevnet({ admin: true, ...devnetOptions, home, port: Number(new URL(url).port) });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
