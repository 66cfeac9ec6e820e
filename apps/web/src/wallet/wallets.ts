import type { Address, Hex } from '@tributary/protocol';
import type { EIP1193Provider } from 'viem';
import { createStore, useStore } from '../ui/store.ts';
import type { DevnetParty } from './devnet.ts';

/** A wallet that signs for this page: one in the browser (EIP-6963), or a party of a devnet for trying out. */
export type Connected =
  | { kind: 'injected'; address: Address; chainId: number; name: string; icon: string; provider: EIP1193Provider }
  | { kind: 'devnet'; address: Address; chainId: number; name: string; party: DevnetParty };

/** Addresses are compared in lower case everywhere. */
export function lower(address: string): Address {
  return address.toLowerCase() as Hex;
}

export const connectedWallet = createStore<Connected | null>(null);

export function useWallet(): Connected | null {
  return useStore(connectedWallet);
}
