import type { Hex } from '@tributary/protocol';
import { type HDAccount, mnemonicToAccount } from 'viem/accounts';

/**
 * The parties of a network on one machine. Their keys come from the public test mnemonic, which everybody knows: they are
 * worth nothing outside the embedded devnet, and the devnet listens on this machine alone.
 */
const MNEMONIC = 'test test test test test test test test test test test junk';

const INDEX = {
  /** Deploys the contracts and hands out test dollars and gas. */
  treasury: 0,
  gateway: 1,
  providerNorth: 2,
  providerSouth: 3,
  /** Makes the models and curates the dataset. */
  maker: 4,
  contributor1: 5,
  contributor2: 6,
  contributor3: 7,
  /** Asks the questions: the account behind the API key. */
  payer: 8,
  /** Hot keys: what the daemons sign receipts with. */
  nodeNorth: 9,
  nodeSouth: 10,
} as const;

export type PartyName = keyof typeof INDEX;

export interface Party {
  name: PartyName;
  account: HDAccount;
  key: Hex;
}

/** Every party with its key. */
export function devnetParties(): Record<PartyName, Party> {
  const entries = Object.entries(INDEX).map(([name, addressIndex]) => {
    const account = mnemonicToAccount(MNEMONIC, { addressIndex });
    const key: Hex = `0x${Buffer.from(account.getHdKey().privateKey!).toString('hex')}`;
    return [name, { name, account, key }];
  });
  return Object.fromEntries(entries) as Record<PartyName, Party>;
}
