import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { network } from 'hardhat';
import {
  type Abi,
  type Address,
  type Chain,
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  encodeFunctionData,
  type Hex,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { hardhat } from 'viem/chains';
import { type Artifact, artifactsDir } from '../artifacts.ts';

type Call = { from?: Address; to: Address; abi: Abi; functionName: string; args?: readonly unknown[] };

/** A fresh chain in this process, and the few things gas measurements do on it. */
export async function createChain() {
  const { provider } = await network.create();
  const chain: Chain = { ...hardhat, id: Number(await provider.request({ method: 'eth_chainId' })) };
  const transport = custom(provider);
  const reader: PublicClient = createPublicClient({ chain, transport, cacheTime: 0 });
  const wallet: WalletClient<Transport, Chain> = createWalletClient({ chain, transport });
  const clock = createTestClient({ chain, transport, mode: 'hardhat' });
  const accounts = await wallet.getAddresses();
  const account = (index: number): Address => {
    const address = accounts[index];
    if (address === undefined) throw new Error(`the chain has ${accounts.length} accounts, no number ${index}`);
    return address;
  };

  const transact = async (what: string, request: { account: Address; to?: Address; data: Hex; value?: bigint }) => {
    const hash = await wallet.sendTransaction({ ...request, gas: 15_000_000n } as Parameters<
      typeof wallet.sendTransaction
    >[0]);
    const receipt = await reader.getTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${what} reverted`);
    return receipt;
  };

  return {
    reader,
    wallet,
    account,

    artifact(source: string, name: string): Artifact {
      return JSON.parse(readFileSync(join(artifactsDir, 'src', source, `${name}.json`), 'utf8'));
    },

    async deploy(artifact: Artifact, args: readonly unknown[] = []) {
      const hash = await wallet.deployContract({
        abi: artifact.abi as Abi,
        bytecode: artifact.bytecode,
        args,
        account: account(0),
        gas: 15_000_000n,
      });
      const { contractAddress } = await reader.getTransactionReceipt({ hash });
      if (!contractAddress) throw new Error(`${artifact.contractName} was not deployed`);
      return { address: contractAddress, abi: artifact.abi as Abi };
    },

    /** Gas of the whole transaction, intrinsic cost and refunds included. */
    async send({ from = account(0), to, abi, functionName, args = [] }: Call): Promise<bigint> {
      const data = encodeFunctionData({ abi, functionName, args });
      return (await transact(functionName, { account: from, to, data })).gasUsed;
    },

    /** The same with raw calldata. */
    async sendRaw(to: Address, data: Hex, from: Address = account(0)): Promise<bigint> {
      return (await transact('raw call', { account: from, to, data })).gasUsed;
    },

    async read<Result>({ to, abi, functionName, args = [] }: Call): Promise<Result> {
      return (await reader.readContract({ address: to, abi, functionName, args })) as Result;
    },

    async skip(seconds: number): Promise<void> {
      await clock.increaseTime({ seconds });
      await clock.mine({ blocks: 1 });
    },
  };
}

export type GasChain = Awaited<ReturnType<typeof createChain>>;

/** One line of `snapshots/gas.json`: what it cost, what it should cost at most. */
export type Measured = Record<string, { gas: bigint; goal?: bigint; note?: string }>;
