import type { Hex } from '@tributary/protocol';
import { type HDAccount, mnemonicToAccount } from 'viem/accounts';

/**
 * The parties of a network on one machine, as `tributary up` makes them. The phrase is the public test phrase that every
 * devnet tool ships: everybody has these keys, and they own nothing but play money.
 */
const PHRASE = 'test test test test test test test test test test test junk';

/** In the order of their keys; see packages/cli/src/up/parties.ts. */
export const DEVNET_PARTIES = {
  contributor1: { index: 5, label: 'Contributor 1', does: 'has half of the handbook’s shares' },
  contributor2: { index: 6, label: 'Contributor 2', does: 'has 30 % of the handbook’s shares' },
  contributor3: { index: 7, label: 'Contributor 3', does: 'has 20 % of the handbook’s shares' },
  maker: { index: 4, label: 'Model maker', does: 'owns the models' },
  providerNorth: { index: 2, label: 'Provider North', does: 'runs a computer and its services' },
  providerSouth: { index: 3, label: 'Provider South', does: 'runs a computer and its services' },
  payer: { index: 8, label: 'Payer', does: 'asks questions' },
} as const;

export type DevnetParty = keyof typeof DEVNET_PARTIES;

export function devnetAccount(party: DevnetParty): HDAccount {
  return mnemonicToAccount(PHRASE, { addressIndex: DEVNET_PARTIES[party].index });
}

export function devnetKey(party: DevnetParty): Hex {
  const bytes = devnetAccount(party).getHdKey().privateKey;
  if (!bytes) throw new TypeError('a derived account always has a key');
  return `0x${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`;
}
