import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseContracts, parseNetworkFile, readChainId } from '@tributary/chain';
import { type Contracts, type NetworkFile, TributaryError } from '@tributary/protocol';
import type { Io } from './io.ts';

/** Options that every command has. */
export interface CommonOptions {
  home?: string;
  json?: boolean;
}

/** Options of commands that read or write the chain. */
export interface ChainOptions extends CommonOptions {
  rpc?: string;
  contracts?: string;
}

/** The folder where this network keeps everything: `--home`, else `TRIBUTARY_HOME`, else `.tributary` here. */
export function homeOf(io: Io, options: CommonOptions): string {
  return resolve(io.cwd, options.home ?? (io.env.TRIBUTARY_HOME || '.tributary'));
}

/** The network that runs from a home folder, or null when there is none. */
export async function findNetwork(home: string): Promise<NetworkFile | null> {
  let text: string;
  try {
    text = await readFile(join(home, 'network.json'), 'utf8');
  } catch {
    return null;
  }
  return parseNetworkFile(text);
}

/** The same; throws `network_not_running` when there is none. */
export async function readNetwork(home: string): Promise<NetworkFile> {
  const network = await findNetwork(home);
  if (network) return network;
  throw new TributaryError('network_not_running', `No network runs from ${home}.`, {
    hint: 'Start one with `npm start`, or point --home or TRIBUTARY_HOME at its folder.',
  });
}

/** Where the chain and its contracts are. */
export interface ChainFacts {
  rpc: string;
  chainId: number;
  contracts: Contracts;
}

/** The chain by flags, else by the running network. Throws when an address file or the RPC endpoint is missing. */
export async function chainFacts(io: Io, options: ChainOptions): Promise<ChainFacts> {
  const network = await findNetwork(homeOf(io, options));
  const rpc = options.rpc ?? network?.rpc;
  if (!rpc) {
    throw new TributaryError('rpc_needed', 'No RPC endpoint is known.', {
      param: 'rpc',
      hint: 'Pass --rpc URL, or start a network with `npm start`.',
    });
  }
  const chainId = await readChainId(rpc);
  const contracts = options.contracts
    ? parseContracts(await readText(io, options.contracts))
    : network?.chainId === chainId
      ? network.contracts
      : undefined;
  if (contracts) return { rpc, chainId, contracts };
  throw new TributaryError('contracts_needed', `The contract addresses on chain ${chainId} are not known.`, {
    param: 'contracts',
    hint: 'Pass --contracts FILE: a network.json, or the addresses that the deployment printed.',
  });
}

const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** A file's text, or what comes on stdin for `-`. Throws `file_unreadable` or `file_too_large`. */
export async function readText(io: Io, file: string): Promise<string> {
  if (file === '-') {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of io.stdin) {
      const bytes = Buffer.from(part);
      size += bytes.length;
      if (size > MAX_FILE_BYTES) throw tooLarge('stdin');
      parts.push(bytes);
    }
    return Buffer.concat(parts).toString('utf8');
  }
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, file), 'utf8');
  } catch (cause) {
    throw new TributaryError('file_unreadable', `Cannot read ${file}.`, { cause, hint: 'Check the path.' });
  }
  if (text.length > MAX_FILE_BYTES) throw tooLarge(file);
  return text;
}

function tooLarge(what: string): TributaryError {
  return new TributaryError('file_too_large', `${what} is larger than ${MAX_FILE_BYTES} bytes.`);
}
