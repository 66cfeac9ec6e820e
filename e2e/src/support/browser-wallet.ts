/// <reference lib="dom" />
import type { NetworkFile } from '@tributary/protocol';
import type { Page } from 'playwright-core';
import { createWalletClient, defineChain, type Hex, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

/**
 * Puts a wallet into a page as an extension would (EIP-6963). Its key stays outside: the page only gets what a person would
 * have signed. Everything else that it is asked goes to the chain.
 */
export async function injectWallet(page: Page, network: NetworkFile, key: Hex): Promise<{ asked: string[] }> {
  const { rpc, chainId } = network;
  const account = privateKeyToAccount(key);
  const chain = defineChain({
    id: chainId,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpc] } },
  });
  const wallet = createWalletClient({ account, chain, transport: http(rpc) });
  const asked: string[] = [];
  await page.exposeFunction('walletRequest', async (method: string, params: unknown[] = []): Promise<unknown> => {
    asked.push(method);
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return [account.address];
    if (method === 'personal_sign') return account.signMessage({ message: { raw: params[0] as Hex } });
    if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(params[1] as string));
    if (method === 'eth_sendTransaction') {
      const { to, data } = params[0] as { to: Hex; data: Hex };
      return wallet.sendTransaction({ to, data });
    }
    const response = await fetch(rpc, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error) throw new Error(error.message);
    return result;
  });
  await page.addInitScript(() => {
    const w = window as unknown as { walletRequest(method: string, params?: unknown[]): Promise<unknown> };
    const provider = {
      request: ({ method, params }: { method: string; params?: unknown[] }) => w.walletRequest(method, params),
      on: () => undefined,
      removeListener: () => undefined,
    };
    const info = {
      uuid: crypto.randomUUID(),
      name: 'Test Wallet',
      icon: 'data:image/svg+xml,<svg/>',
      rdns: 'test.wallet',
    };
    const announce = () =>
      dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
    addEventListener('eip6963:requestProvider', announce);
    announce();
  });
  return { asked };
}
