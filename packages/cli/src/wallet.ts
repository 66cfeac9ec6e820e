import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createWriter, DEVNET_CHAIN_ID, tokens, type Writer } from '@tributary/chain';
import { decryptKey, encryptKey } from '@tributary/chain/keystore';
import { type Address, Hex32, TributaryError } from '@tributary/protocol';
import { parseEther } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { z } from 'zod';
import type { ChainFacts } from './home.ts';
import type { Io } from './io.ts';
import { devnetParties } from './up/parties.ts';

/** In the clear only on the devnet, where the money is play money. */
const PlainWallet = z.object({ privateKey: Hex32 });

const DEVNET_GAS_WEI = parseEther('1');
const DEVNET_DOLLARS = 1_000_000_000n;

/**
 * The user's wallet: `wallet.json` in the home folder, made at first use. On the devnet it is funded with test dollars and
 * gas; elsewhere it is a keystore v3 file whose password comes from `TRIBUTARY_PASSWORD` or the terminal.
 */
export async function openWallet(io: Io, home: string, chain: ChainFacts): Promise<Writer> {
  const file = join(home, 'wallet.json');
  const devnet = chain.chainId === DEVNET_CHAIN_ID;
  const stored = await readWallet(file);
  const key = stored === null ? await makeWallet(io, home, file, devnet) : await openStored(io, stored, devnet);
  const writer = createWriter({ ...chain, signer: key });
  if (devnet) await fundOnDevnet(writer, chain);
  return writer;
}

/** The wallet's address where it can be told without a password; null when there is no wallet. */
export async function walletAddress(home: string): Promise<Address | null> {
  const stored = await readWallet(join(home, 'wallet.json'));
  if (stored === null) return null;
  const keystore = z.object({ address: z.string() }).safeParse(stored);
  if (keystore.success) return `0x${keystore.data.address.replace(/^0x/, '')}`.toLowerCase() as Address;
  const plain = PlainWallet.safeParse(stored);
  if (!plain.success) return null;
  const { privateKeyToAddress } = await import('viem/accounts');
  return privateKeyToAddress(plain.data.privateKey).toLowerCase() as Address;
}

async function readWallet(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return null;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('bad_keystore', `${file} is not JSON.`, {
      cause,
      hint: 'Put a keystore v3 file there, or move it away to get a new wallet.',
    });
  }
}

async function openStored(io: Io, stored: unknown, devnet: boolean): Promise<Hex32> {
  const plain = PlainWallet.safeParse(stored);
  if (!plain.success) return decryptKey(stored, await askPassword(io, 'Password of wallet.json: '));
  if (devnet) return plain.data.privateKey;
  throw new TributaryError(
    'wallet_not_encrypted',
    'wallet.json holds a key in the clear; that is for the devnet alone.',
    {
      hint: 'Move it away; the next command makes an encrypted one.',
    },
  );
}

async function makeWallet(io: Io, home: string, file: string, devnet: boolean): Promise<Hex32> {
  const privateKey = generatePrivateKey();
  const content = devnet
    ? { privateKey }
    : await encryptKey(privateKey, await askPassword(io, 'Choose a password for the new wallet: '));
  await mkdir(home, { recursive: true });
  // `wx`: two commands at once must not make two wallets.
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return privateKey;
}

async function fundOnDevnet(writer: Writer, chain: ChainFacts): Promise<void> {
  const address = writer.account.address.toLowerCase() as Address;
  const gas = await writer.client.getBalance({ address });
  if (gas < DEVNET_GAS_WEI / 10n) {
    const treasury = createWriter({ ...chain, signer: devnetParties().treasury.account });
    const hash = await treasury.wallet.sendTransaction({ to: address, value: DEVNET_GAS_WEI });
    await treasury.client.waitForTransactionReceipt({ hash });
    await tokens.mint(writer, address, DEVNET_DOLLARS);
  }
}

/** A password from the environment, else typed without being shown. Throws `password_needed` without a terminal. */
async function askPassword(io: Io, prompt: string): Promise<string> {
  if (io.env.TRIBUTARY_PASSWORD) return io.env.TRIBUTARY_PASSWORD;
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new TributaryError('password_needed', 'The wallet needs a password.', {
      hint: 'Set TRIBUTARY_PASSWORD, or run this in a terminal.',
    });
  }
  io.stderr.write(prompt);
  // No output stream: what is typed is not echoed.
  const lines = createInterface({ input: io.stdin, terminal: true, signal: io.signal });
  try {
    for await (const line of lines) {
      if (line) return line;
      io.stderr.write(`\n${prompt}`);
    }
  } finally {
    lines.close();
    io.stderr.write('\n');
  }
  throw new TributaryError('password_needed', 'No password was typed.');
}
