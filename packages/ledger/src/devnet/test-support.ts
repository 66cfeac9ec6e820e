import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Hex } from '@tributary/protocol';
import { type HDAccount, mnemonicToAccount } from 'viem/accounts';
import { type Devnet, type DevnetOptions, startDevnet } from './devnet.ts';

/** A folder that is removed after the test, and what must be stopped before that. */
export async function tempFolder(
  t: TestContext,
): Promise<{ dir: string; stopFirst: (...things: Stoppable[]) => void }> {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-ledger-'));
  const running: Stoppable[] = [];
  t.after(async () => {
    for (const thing of running.reverse()) await thing.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return { dir, stopFirst: (...things) => void running.push(...things) };
}

interface Stoppable {
  stop(): Promise<void>;
}

/** A devnet in a folder of its own, both gone after the test. */
export async function devnetFor(
  t: TestContext,
  options: Partial<DevnetOptions> = {},
): Promise<Devnet & { home: string }> {
  const { dir, stopFirst } = await tempFolder(t);
  const devnet = await startDevnet({ home: dir, ...options });
  stopFirst(devnet);
  return { ...devnet, home: dir };
}

// Deriving an account takes thousands of hashes, so each is kept.
const accounts = new Map<number, HDAccount>();

/** Account `index` of the public test mnemonic. */
export function testAccount(index: number): HDAccount {
  const account =
    accounts.get(index) ??
    mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: index });
  accounts.set(index, account);
  return account;
}

/** One JSON-RPC call. Throws with the error's message and code. */
export async function rpc<T = unknown>(url: string, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string; code: number } };
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return result;
}

/** A signed transfer of one base unit from account `from`. */
export function rawTransfer(from: number, nonce: number): Promise<Hex> {
  return testAccount(from).signTransaction({
    chainId: 31_337,
    type: 'eip1559',
    nonce,
    gas: 21_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
    to: `0x${'11'.repeat(20)}`,
    value: 1n,
  });
}

export interface ReceiptFacts {
  transactionHash: Hex;
  blockNumber: Hex;
  blockHash: Hex;
}
