import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { channelsBytecode, erc3009CollectorBytecode } from '@tributary/chain/bytecode';
import { type Address, CANONICAL, type Hex } from '@tributary/protocol';
import { z } from 'zod';
import { syncFolder } from '../journal/segment.ts';

/** Where Multicall3 lives on every chain. */
const MULTICALL3: Address = '0xca11bde05977b3631167028862be2a173976ca11';
/** Fixed, so that every devnet begins with the same block. 2025-01-01. */
const GENESIS_SECONDS = 1_735_689_600;

/** Contracts that stand at fixed addresses on public chains, placed here before the first block. */
async function canonicalCode(): Promise<Record<Address, Hex>> {
  return {
    [CANONICAL.channels]: channelsBytecode.deployed,
    [CANONICAL.erc3009Collector]: withImmutables(erc3009CollectorBytecode, { x402BatchSettlement: CANONICAL.channels }),
    [MULTICALL3]: runtimeOf(await multicall3Creation()),
  };
}

interface Bytecode {
  deployed: Hex;
  immutables: Readonly<Record<string, readonly { start: number; length: number }[]>>;
}

/** Runtime code with its immutables (addresses) filled in, as the constructor would. */
function withImmutables({ deployed, immutables }: Bytecode, values: Readonly<Record<string, Address>>): Hex {
  const code = Buffer.from(deployed.slice(2), 'hex');
  for (const [name, places] of Object.entries(immutables)) {
    const value = values[name];
    if (value === undefined) throw new RangeError(`no value for the immutable ${name}`);
    for (const { start, length } of places) code.write(value.slice(2).padStart(2 * length, '0'), start, 'hex');
  }
  return `0x${code.toString('hex')}`;
}

/** viem carries Multicall3's creation code for its own use without exporting it; the test of this file pins that it is there. */
async function multicall3Creation(): Promise<Hex> {
  const viem = dirname(createRequire(import.meta.url).resolve('viem/package.json'));
  const constants: unknown = await import(pathToFileURL(join(viem, '_esm/constants/contracts.js')).href);
  return z.object({ multicall3Bytecode: z.templateLiteral(['0x', z.string()]) }).parse(constants).multicall3Bytecode;
}

/** The runtime code that a constructor without arguments returns: what follows its `CODECOPY RETURN INVALID`. */
function runtimeOf(creation: Hex): Hex {
  const marker = '6000396000f3fe';
  const at = creation.indexOf(marker);
  if (at < 0) throw new RangeError('this creation code has another form than solc gives to a plain constructor');
  return `0x${creation.slice(at + marker.length)}`;
}

async function genesis(chainId: number): Promise<unknown> {
  const alloc = Object.fromEntries(
    Object.entries(await canonicalCode()).map(([address, code]) => [address, { balance: '0x0', nonce: '0x1', code }]),
  );
  return {
    config: { chainId },
    nonce: '0x0',
    timestamp: `0x${GENESIS_SECONDS.toString(16)}`,
    extraData: '0x',
    gasLimit: '0x1c9c380',
    difficulty: '0x0',
    mixHash: `0x${'0'.repeat(64)}`,
    coinbase: `0x${'0'.repeat(40)}`,
    alloc,
  };
}

/**
 * The path of a chain's genesis file. It is written once, at the chain's first start: a later version of ours with other
 * contracts must not change what an existing chain began with.
 */
export async function genesisFile(dir: string, chainId: number): Promise<string> {
  const path = join(dir, 'genesis.json');
  if (existsSync(path)) {
    JSON.parse(await readFile(path, 'utf8'));
    return path;
  }
  const draft = `${path}.tmp`;
  const file = await open(draft, 'w');
  try {
    await file.writeFile(JSON.stringify(await genesis(chainId)));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dir);
  return path;
}
