import { chainOf, DEVNET_CHAIN_ID } from '@tributary/chain';
import { parseApiKey } from '@tributary/payments/api-key';
import type { NetworkFacts } from '@tributary/protocol/explorer';
import { ChannelSession, createTributary, type Tributary } from '@tributary/sdk';
import { type Account, custom, type Transport } from 'viem';
import { PageError } from '../ui/page-error.ts';
import { DEVNET_PARTIES, type DevnetParty, devnetAccount, devnetKey } from './devnet.ts';
import type { FoundWallet } from './found-wallets.ts';
import type { Purse } from './purse.ts';
import { type Connected, lower } from './wallets.ts';

/**
 * Everything that signs, pays and checks: a chunk of its own, loaded after the first paint. The rest of the page reads the
 * explorer API only.
 */

export type { Answer, Check, Tributary, Verification } from '@tributary/sdk';

/** Dollars of play money that a visitor of a devnet gets, base units. */
const TRIAL_DEPOSIT = 5_000_000n;

/** How a wallet signs, and by which way its transactions go. */
export function signerOf(wallet: Connected): { account: Account; transport: Transport | undefined } {
  if (wallet.kind === 'devnet') return { account: devnetAccount(wallet.party), transport: undefined };
  const { provider, address } = wallet;
  const account = {
    address,
    // The wallet itself sends transactions; what it signs is asked for here.
    type: 'json-rpc',
    signMessage: ({ message }: { message: string }) =>
      provider.request({ method: 'personal_sign', params: [hexOfText(message), address] }),
    signTypedData: (data: object) =>
      provider.request({ method: 'eth_signTypedData_v4', params: [address, typedDataJson(data)] }),
  };
  return { account: account as unknown as Account, transport: custom(provider, { retryCount: 0 }) };
}

function hexOfText(text: string): `0x${string}` {
  return `0x${Array.from(new TextEncoder().encode(text), (b) => b.toString(16).padStart(2, '0')).join('')}`;
}

/** Typed data as wallets take it: with the domain's own type, and numbers as decimal text. */
function typedDataJson(data: object): string {
  const { domain, types, ...rest } = data as { domain: Record<string, unknown>; types: Record<string, unknown> };
  const EIP712Domain = [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'verifyingContract', type: 'address' },
  ].filter(({ name }) => domain[name] !== undefined);
  const whole = { ...rest, domain, types: { EIP712Domain, ...types } };
  return JSON.stringify(whole, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

export interface ClientOptions {
  network: NetworkFacts;
  purse: Purse | null;
  wallet: Connected | null;
}

/** A client of the gateway that serves this page. */
export function clientFor({ network, purse, wallet }: ClientOptions): Tributary {
  const signer = wallet?.chainId === network.chainId ? signerOf(wallet) : null;
  const session = purse?.kind === 'channel' ? ChannelSession.parse(purse.session) : undefined;
  return createTributary({
    gateway: location.origin,
    ...(network.rpc ? { rpc: network.rpc } : {}),
    ...(signer?.transport ? { transport: signer.transport } : {}),
    ...(signer ? { signer: signer.account } : {}),
    ...(session ? { session } : {}),
    ...(purse && purse.kind !== 'channel' ? { apiKey: purse.apiKey } : {}),
  });
}

/** Whether the page may open a purse of play money: on a devnet whose chain this browser can reach. */
export function hasPlayMoney(network: NetworkFacts): boolean {
  return network.chainId === DEVNET_CHAIN_ID && network.rpc !== undefined;
}

/** Opens a purse of play money, paid by the devnet's own payer, whose key everybody knows. */
export async function openTrialPurse(network: NetworkFacts): Promise<Purse> {
  if (!network.rpc || !hasPlayMoney(network)) throw new PageError('This network gives out no play money.');
  const client = createTributary({ gateway: location.origin, rpc: network.rpc, signer: devnetKey('payer') });
  const { apiKey, channelId } = await client.createApiKey(TRIAL_DEPOSIT);
  return { kind: 'trial', apiKey, channelId, deposit: TRIAL_DEPOSIT.toString() };
}

/** Opens a channel from a wallet to the gateway with a deposit; with a deposit of 0, finds the one that is there. */
export async function openChannelPurse(network: NetworkFacts, wallet: Connected, deposit: bigint): Promise<Purse> {
  const client = clientFor({ network, wallet, purse: null });
  const session = await client.openChannel(deposit);
  const { available } = await client.balance();
  return { kind: 'channel', session, deposit: available.toString() };
}

/** Fetches a published leaves file from the node that wrote it; null when it cannot be had. */
export async function fetchLeaves(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

/** Throws `invalid_api_key` for what cannot be one; whether it has money shows with the first question. */
export function checkApiKey(text: string): void {
  parseApiKey(text);
}

/** The parties of a devnet as wallets, with what each does there. */
export function devnetWallets(): { connected: Connected; does: string }[] {
  return Object.entries(DEVNET_PARTIES).map(([party, { label, does }]) => ({
    does,
    connected: {
      kind: 'devnet',
      party: party as DevnetParty,
      name: label,
      address: lower(devnetAccount(party as DevnetParty).address),
      chainId: DEVNET_CHAIN_ID,
    },
  }));
}

/** The devnet's payer as a wallet: it sends for those who have none. */
export function devnetPayer(): Connected {
  const address = lower(devnetAccount('payer').address);
  return { kind: 'devnet', party: 'payer', name: DEVNET_PARTIES.payer.label, address, chainId: DEVNET_CHAIN_ID };
}

/** Code of a wallet that does not know a chain (EIP-3085). */
const UNKNOWN_CHAIN = 4902;

/** Asks a wallet for an account, and brings it to this network's chain. */
export async function connectInjected(
  { provider, name, icon }: FoundWallet,
  network: NetworkFacts,
): Promise<Connected> {
  const accounts = await provider.request({ method: 'eth_requestAccounts' });
  const address = accounts[0];
  if (!address) throw new PageError(`${name} gave no account.`, 'Choose one in the wallet and try again.');
  const { chainId } = network;
  const chain = `0x${chainId.toString(16)}` as const;
  if (Number(await provider.request({ method: 'eth_chainId' })) !== chainId) {
    try {
      await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: chain }] });
    } catch (error) {
      if ((error as { code?: unknown }).code !== UNKNOWN_CHAIN || !network.rpc) throw error;
      const { name: chainName, nativeCurrency } = chainOf(chainId, network.rpc);
      await provider.request({
        method: 'wallet_addEthereumChain',
        params: [{ chainId: chain, chainName, nativeCurrency, rpcUrls: [network.rpc] }],
      });
    }
  }
  return { kind: 'injected', address: lower(address), chainId, name, icon, provider };
}
