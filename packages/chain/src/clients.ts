import { type Contracts, type Hex, TributaryError } from '@tributary/protocol';
import {
  type Account,
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { nonceManager, privateKeyToAccount } from 'viem/accounts';
import { toTributaryError } from './errors.ts';

/** Chain id of the embedded devnet. */
export const DEVNET_CHAIN_ID = 31_337;

/** Reads one network: a client and the addresses of its contracts. */
export interface Reader {
  readonly chainId: number;
  readonly contracts: Contracts;
  readonly client: PublicClient<Transport, Chain>;
}

/** Reads one network and sends transactions from one account. */
export interface Writer extends Reader {
  readonly account: Account;
  readonly wallet: WalletClient<Transport, Chain, Account>;
}

export interface ReaderOptions {
  contracts: Contracts;
  chainId: number;
  /** URL of a JSON-RPC endpoint. */
  rpc: string;
  /** Used in place of HTTP, for example `custom(window.ethereum)`. */
  transport?: Transport;
}

export interface WriterOptions extends ReaderOptions {
  /** A private key (32 bytes hex) or a viem account. */
  signer: Hex | Account;
}

/** A bare chain definition with this RPC URL. viem's own list of chains would weigh more than all else in a page. */
export function chainOf(chainId: number, rpc: string): Chain {
  return defineChain({
    id: chainId,
    name: chainId === DEVNET_CHAIN_ID ? 'Tributary devnet' : `Chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpc] } },
  });
}

/** A client that only reads. */
export function createReader({ rpc, chainId, contracts, transport }: ReaderOptions): Reader {
  const client = createPublicClient({
    chain: chainOf(chainId, rpc),
    transport: transport ?? http(rpc, { retryCount: 2, timeout: 20_000 }),
    // The devnet mines at once; elsewhere a block takes a second or more.
    pollingInterval: chainId === DEVNET_CHAIN_ID ? 50 : 1_000,
  });
  return { chainId, contracts, client };
}

/** A client that reads and sends. Nonces are counted locally, so several transactions may be under way at once. */
export function createWriter(options: WriterOptions): Writer {
  const reader = createReader(options);
  const account = accountOf(options.signer);
  const wallet = createWalletClient({
    account,
    chain: reader.client.chain,
    transport: options.transport ?? http(options.rpc, { retryCount: 2, timeout: 20_000 }),
    pollingInterval: reader.client.pollingInterval,
  });
  return { ...reader, account, wallet };
}

/** A viem account of a private key; an account passes through. Throws `bad_key` on anything else. */
export function accountOf(signer: Hex | Account): Account {
  if (typeof signer !== 'string') return signer;
  try {
    return privateKeyToAccount(signer, { nonceManager });
  } catch {
    // The cause is left out: it may quote the key.
    throw new TributaryError('bad_key', 'The private key is not 32 bytes of hex within the curve.', {
      hint: 'Give 0x and 64 hex digits.',
    });
  }
}

/**
 * The chain id that an RPC endpoint answers. Throws `rpc_unreachable` when it does not answer, and `wrong_chain` when
 * `expected` is given and differs.
 */
export async function readChainId(rpc: string, expected?: number): Promise<number> {
  let id: number;
  try {
    id = await createPublicClient({ transport: http(rpc, { retryCount: 1, timeout: 10_000 }) }).getChainId();
  } catch (error) {
    throw toTributaryError(error, `asking ${rpc} for its chain id`);
  }
  if (expected !== undefined && id !== expected) {
    throw new TributaryError('wrong_chain', `The RPC endpoint serves chain ${id}, expected ${expected}.`, {
      hint: 'Give the RPC URL of the network that the receipt or the contracts file belongs to.',
    });
  }
  return id;
}
