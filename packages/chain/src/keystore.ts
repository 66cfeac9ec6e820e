import { type Hex, noble, sameHex, TributaryError, toHex } from '@tributary/protocol';
import { privFromLegacyKeystore, privToLegacyKeystore } from 'micro-eth-signer/keystore.js';
import { z } from 'zod';

const HexText = z
  .string()
  .regex(/^(0x)?[0-9a-fA-F]*$/)
  .max(4096)
  .transform((s) => s.replace(/^0x/, ''));

/**
 * A key encrypted by a password: Web3 Secret Storage version 3, readable by other Ethereum wallets. The work factors
 * are bounded, so a hostile file cannot keep the reader busy for long or take all memory.
 */
export const Keystore = z.object({
  version: z.literal(3),
  id: z.string().max(64),
  address: HexText.optional(),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    cipherparams: z.object({ iv: HexText }),
    ciphertext: HexText,
    mac: HexText,
    kdf: z.enum(['scrypt', 'pbkdf2']),
    kdfparams: z.union([
      z.object({
        dklen: z.literal(32),
        n: z
          .number()
          .int()
          .min(2)
          .max(2 ** 20),
        r: z.number().int().min(1).max(16),
        p: z.number().int().min(1).max(16),
        salt: HexText,
      }),
      z.object({
        dklen: z.literal(32),
        c: z.number().int().min(1).max(10_000_000),
        prf: z.literal('hmac-sha256'),
        salt: HexText,
      }),
    ]),
  }),
});
export type Keystore = z.infer<typeof Keystore>;

/**
 * Encrypts a private key with scrypt and AES-128-CTR.
 *
 * @param n scrypt's cost, a power of two; the default takes about a second.
 */
export async function encryptKey(key: Hex, password: string, n: number = 2 ** 17): Promise<Keystore> {
  return Keystore.parse(await privToLegacyKeystore(key, password, { kdf: 'scrypt', n, r: 8, p: 1 }));
}

/**
 * The private key of a keystore file's JSON value. Throws `bad_keystore` when the file is not one, and `wrong_password`
 * when the password does not open it.
 */
export async function decryptKey(file: unknown, password: string): Promise<Hex> {
  const parsed = Keystore.safeParse(file);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TributaryError(
      'bad_keystore',
      `The key file is not valid at ${issue?.path.join('.')}: ${issue?.message}.`,
      {
        hint: 'Expected a keystore version 3 file (scrypt or pbkdf2, aes-128-ctr).',
      },
    );
  }
  const { address, ...store } = parsed.data;
  let key: Uint8Array;
  try {
    key = await privFromLegacyKeystore({ ...store, ...(address === undefined ? {} : { address }) }, password);
  } catch {
    throw new TributaryError('wrong_password', 'The password does not open the key file.', {
      status: 401,
      hint: 'Check TRIBUTARY_PASSWORD, or type the password again.',
    });
  }
  if (address && !sameHex(noble.addressOf(key), `0x${address}`)) {
    throw new TributaryError('bad_keystore', `The key inside does not belong to the address ${address} in the file.`);
  }
  return toHex(key);
}
