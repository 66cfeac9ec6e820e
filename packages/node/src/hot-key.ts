import { readFile } from 'node:fs/promises';
import { decryptKey } from '@tributary/chain/keystore';
import { curve } from '@tributary/payments';
import {
  type Address,
  cardDigest,
  fromHex,
  type Hex,
  type Hex32,
  hex32,
  type Receipt,
  type ReceiptDigests,
  type ServiceCardJson,
  TributaryError,
} from '@tributary/protocol';
import type { NodeConfig } from './config.ts';

/** The provider's signing key on this machine, its ERC-8004 agentWallet. It owns nothing but gas money. */
export interface HotKey {
  readonly address: Address;
  /** Signs a receipt; its EIP-712 digest is also its name. */
  signReceipt(receipt: Receipt): { receiptHash: Hex32; signature: Hex };
  signCard(card: ServiceCardJson): Hex;
}

/** The private key that a configuration names. Throws `bad_keystore`, `wrong_password` or `no_password`. */
export async function readPrivateKey(config: NodeConfig['key'], env: NodeJS.ProcessEnv): Promise<Hex> {
  if ('privateKey' in config) return config.privateKey;
  const password = env[config.passwordEnv];
  if (!password) {
    throw new TributaryError('no_password', `The key ${config.keystore} needs its password in ${config.passwordEnv}.`, {
      hint: `Set the environment variable ${config.passwordEnv}.`,
    });
  }
  let file: unknown;
  try {
    file = JSON.parse(await readFile(config.keystore, 'utf8'));
  } catch (cause) {
    throw new TributaryError('bad_keystore', `Cannot read the key file ${config.keystore}.`, { cause });
  }
  return decryptKey(file, password);
}

/** A signer over the native curve. */
export function createHotKey(privateKey: Hex, chainId: number, receiptLog: Address, digests: ReceiptDigests): HotKey {
  const key = fromHex(privateKey);
  return {
    address: curve.addressOf(key),
    signReceipt(receipt) {
      const digest = digests.receipt(receipt);
      return { receiptHash: hex32(digest), signature: curve.sign(digest, key) };
    },
    signCard: (card) => curve.sign(cardDigest(card, chainId, receiptLog), key),
  };
}
