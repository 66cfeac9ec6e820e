import { fromHex, type Hex32, sha256Hex, TributaryError, toHex } from '@tributary/protocol';
import type { Account } from 'viem';

/** Order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A fresh voucher key. The caller keeps it: without it the deposit can only be withdrawn. */
export function randomSessionKey(): Hex32 {
  const bytes = crypto.getRandomValues(new Uint8Array(48));
  return keyOf(BigInt(toHex(bytes)));
}

/**
 * The voucher key that belongs to a wallet and a gateway, the same each time: the wallet signs a fixed text, and the key is
 * its hash. Whoever gets the wallet to sign this very text has the key; it can only promise the deposit to that gateway.
 *
 * @param index Distinguishes several channels to one gateway.
 */
export async function deriveSessionKey(
  account: Account,
  scope: { chainId: number; channels: string; receiver: string },
  index = 0,
): Promise<Hex32> {
  if (!account.signMessage) {
    throw new TributaryError('signer_cannot_sign', 'This account cannot sign messages.', {
      hint: 'Pass a session key of your own.',
    });
  }
  const message = [
    'Tributary: create the key that pays this gateway from a deposit.',
    'Sign this only in an application you trust.',
    `Chain: ${scope.chainId}`,
    `Channels: ${scope.channels.toLowerCase()}`,
    `Gateway: ${scope.receiver.toLowerCase()}`,
    `Channel: ${index}`,
  ].join('\n');
  const signature = fromHex(await account.signMessage({ message }));
  // Two hashes make 64 bytes, so that the remainder is as good as uniform over the curve's keys.
  const wide = BigInt(sha256Hex(signature)) * (1n << 256n) + BigInt(sha256Hex(toHex(signature)));
  return keyOf(wide);
}

function keyOf(wide: bigint): Hex32 {
  const scalar = (wide % (ORDER - 1n)) + 1n;
  return `0x${scalar.toString(16).padStart(64, '0')}`;
}
