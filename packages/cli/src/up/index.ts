import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWriter, DEVNET_CHAIN_ID, tokens } from '@tributary/chain';
import type { GatewayConfigJson } from '@tributary/gateway';
import { acquireLock, deploy } from '@tributary/ledger';
import { discoverUpstreams, upstreamAt } from '@tributary/models';
import { newApiKey, parseApiKey } from '@tributary/payments';
import {
  type Address,
  type Contracts,
  formatUnits,
  type NetworkFile,
  parseUnits,
  TributaryError,
} from '@tributary/protocol';
import { createTributary } from '@tributary/sdk';
import { planDocuments } from './documents.ts';
import { startPageBuild } from './page.ts';
import { devnetParties, type Party } from './parties.ts';
import { requirePort, stablePorts } from './ports.ts';
import { provision } from './provision.ts';
import { type Supervised, supervise } from './supervise.ts';

const READY_TIMEOUT_MS = 60_000;
/** Dollars that the devnet gives out: to the gateway for its channels, and to the account behind the API key. */
const GATEWAY_FUNDS = parseUnits('10000');
const PAYER_FUNDS = parseUnits('1000');
const PAYER_DEPOSIT = parseUnits('100');

const ENTRY = {
  devnet: fileURLToPath(import.meta.resolve('@tributary/ledger/devnet')),
  node: fileURLToPath(import.meta.resolve('@tributary/node/main')),
  gateway: fileURLToPath(import.meta.resolve('@tributary/gateway/main')),
};

export interface UpOptions {
  /** Everything the network keeps; made when it is not there. */
  home: string;
  /** The gateway's port; 0 takes any. */
  port: number;
  /** Folder of documents for the library; the repository's own docs when left out. */
  documents?: string;
  /** Base URLs of OpenAI-compatible servers to offer, beside those found on this machine. */
  upstreams: string[];
  /** Told what is going on, a line at a time. */
  progress: (message: string) => void;
}

/** A network that answers. */
export interface RunningNetwork {
  network: NetworkFile;
  /** Ends every process, the chain last. */
  stop(): Promise<void>;
}

/**
 * Starts a whole network on this machine, each daemon a process of its own: chain, contracts, parties, providers, gateway and
 * a funded API key; writes `network.json` when everything answers. Starting again in the same home goes on where it was.
 */
export async function up(options: UpOptions): Promise<RunningNetwork> {
  const { home, progress } = options;
  await mkdir(home, { recursive: true });
  const lock = await acquireLock(home);
  const networkFile = join(home, 'network.json');
  const running: Supervised[] = [];
  const page = startPageBuild(progress);
  const stop = async (): Promise<void> => {
    page.stop();
    await rm(networkFile, { force: true });
    // The chain last: the others finish what they have under way.
    for (const daemon of running.toReversed()) await daemon.stop();
    running.length = 0;
    await lock.release();
  };

  try {
    await rm(networkFile, { force: true });
    const logs = join(home, 'logs');
    const launch = async (name: string, file: string, folder: string): Promise<Supervised> => {
      const onEvent = ({ message }: { message: string }) => progress(message);
      const daemon = await supervise({ name, file, args: ['--home', folder], logs, onEvent });
      running.push(daemon);
      return daemon;
    };
    const ports = await stablePorts(home, ['chain', 'north', 'south']);
    const port = options.port === 0 ? await requirePort(0) : await requirePort(options.port);

    progress('starting the chain');
    const chain = await supervise({
      name: 'chain',
      file: ENTRY.devnet,
      args: ['--home', join(home, 'chain'), '--port', String(ports.chain)],
      logs,
      onEvent: ({ message }) => progress(message),
    });
    running.push(chain);
    const rpc = `http://127.0.0.1:${ports.chain}`;
    const chainId = DEVNET_CHAIN_ID;
    const parties = devnetParties();

    progress('deploying the contracts');
    const contracts = await deployContracts(rpc, parties.treasury);
    const treasury = createWriter({ rpc, chainId, contracts, signer: parties.treasury.account });
    await fund(treasury, parties.gateway, GATEWAY_FUNDS);
    await fund(treasury, parties.payer, PAYER_FUNDS);

    progress('looking for model servers on this machine');
    const named = await Promise.all(options.upstreams.map((url) => upstreamAt(url)));
    const found = [...named, ...(await discoverUpstreams())];
    const upstreams = found.flatMap(({ baseUrl, models }) => models.map((model) => ({ baseUrl, model })));
    for (const { program, baseUrl, models } of found) progress(`found ${program} at ${baseUrl}: ${models.join(', ')}`);

    progress('registering providers, dataset, models and services');
    const contributors = [parties.contributor1, parties.contributor2, parties.contributor3].map(
      (p) => p.account.address.toLowerCase() as Address,
    );
    const documents = await planDocuments(options.documents, contributors);
    const gateway = `http://127.0.0.1:${port}`;
    const { assets, nodes } = await provision({ rpc, chainId, contracts, parties, documents, ports, upstreams });

    progress('starting the providers');
    await Promise.all(
      nodes.map(async ({ name, config }) => {
        const folder = join(home, `node-${name}`);
        await writeConfig(join(folder, 'node.json'), { ...config, home: folder, gateway });
        await launch(`node-${name}`, ENTRY.node, folder);
      }),
    );

    progress('starting the gateway');
    const folder = join(home, 'gateway');
    const gatewayConfig: GatewayConfigJson = {
      home: folder,
      rpc,
      chainId,
      contracts,
      key: { privateKey: parties.gateway.key },
      host: '127.0.0.1',
      port,
      allowPrivateEndpoints: true,
    };
    await writeConfig(join(folder, 'gateway.json'), gatewayConfig);
    await launch('gateway', ENTRY.gateway, folder);

    progress('waiting until every service is offered');
    await everyModelOffered(gateway, new Set(nodes.flatMap((n) => n.config.services.map((s) => s.model.id))));

    progress('opening a channel for the API key');
    const apiKey = await payerKey(home);
    await ensureChannel({ gateway, rpc, contracts, apiKey, payer: parties.payer });

    const network: NetworkFile = { gateway, rpc, chainId, contracts, apiKey, assets };
    await writeWhole(networkFile, network);
    return { network, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function deployContracts(rpc: string, treasury: Party): Promise<Contracts> {
  // `deploy` wants bare clients: there are no contract addresses yet.
  const none = {} as Contracts;
  const writer = createWriter({ rpc, chainId: DEVNET_CHAIN_ID, contracts: none, signer: treasury.account });
  return deploy({ publicClient: writer.client, walletClient: writer.wallet });
}

/** Tops a party up to `amount` dollars when it has less than half of that. */
async function fund(treasury: ReturnType<typeof createWriter>, party: Party, amount: bigint): Promise<void> {
  const address = party.account.address.toLowerCase() as Address;
  const held = await tokens.balanceOf(treasury, address, treasury.contracts.dollar);
  if (held < amount / 2n) await tokens.mint(treasury, address, amount);
}

/** The API key of this network: made once, readable by its owner only. */
async function payerKey(home: string): Promise<ReturnType<typeof newApiKey>> {
  const file = join(home, 'api-key');
  try {
    return parseApiKey((await readFile(file, 'utf8')).trim());
  } catch {
    const key = newApiKey();
    await writeFile(file, `${key}\n`, { mode: 0o600 });
    return key;
  }
}

/** Opens the API key's channel, or tops it up when less than half of the deposit is left. */
async function ensureChannel(o: {
  gateway: string;
  rpc: string;
  contracts: Contracts;
  apiKey: ReturnType<typeof newApiKey>;
  payer: Party;
}): Promise<void> {
  const client = createTributary({
    gateway: o.gateway,
    rpc: o.rpc,
    contracts: o.contracts,
    signer: o.payer.account,
    apiKey: o.apiKey,
  });
  const { balance, totalClaimed } = await client.balance();
  const left = balance - totalClaimed;
  if (left < PAYER_DEPOSIT / 2n) await client.topUp(PAYER_DEPOSIT - left);
}

async function everyModelOffered(gateway: string, models: Set<string>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let missing = [...models];
  while (missing.length > 0) {
    if (Date.now() > deadline) {
      throw new TributaryError('services_missing', `The gateway does not offer ${missing.join(', ')}.`, {
        status: 500,
        hint: 'See logs/gateway.log and logs/node-*.log in the home folder.',
      });
    }
    const answer = await fetch(`${gateway}/v1/models`);
    const { data } = (await answer.json()) as { data: { id: string }[] };
    missing = [...models].filter((id) => !data.some((m) => m.id === id));
    if (missing.length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A configuration holds keys: readable by its owner only. */
async function writeConfig(file: string, value: unknown): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

/** Readers see the old file or the whole new one. */
async function writeWhole(file: string, value: unknown): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`);
  await rename(temporary, file);
}

/** What a newcomer needs next, for the terminal. */
export function welcome({ gateway, apiKey, rpc }: NetworkFile): string {
  return [
    '',
    `Open in a browser     ${gateway}/   (ask, explore, earn)`,
    `Tributary answers at  ${gateway}/v1   (any OpenAI client)`,
    `API key               ${apiKey}   (a channel with up to ${formatUnits(PAYER_DEPOSIT)} test dollars)`,
    `Chain                 ${rpc}`,
    '',
    'Try, in another terminal:',
    '  npx tributary ask "What does a receipt contain?"',
    '  npx tributary settle && npx tributary trace',
    '',
    'Ctrl-C ends it; the next start goes on where it was.',
    '',
  ].join('\n');
}
