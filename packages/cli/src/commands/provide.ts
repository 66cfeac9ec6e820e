import { readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEVNET_CHAIN_ID, type Writer } from '@tributary/chain';
import { decryptKey, encryptKey } from '@tributary/chain/keystore';
import { acquireLock } from '@tributary/ledger';
import { discoverUpstreams, expertNamed, type FoundUpstream, upstreamAt } from '@tributary/models';
import { ensureAsset, ensureGas, ensureIdentity, ensureService, type NodeConfigJson } from '@tributary/node';
import { type Address, Hex32, parseUnits, TributaryError } from '@tributary/protocol';
import type { Command } from 'commander';
import { parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { z } from 'zod';
import { command, type Outcome, runs, withChain } from '../command.ts';
import { type ChainFacts, type ChainOptions, chainFacts, findNetwork, homeOf } from '../home.ts';
import type { Io } from '../io.ts';
import { requirePort, stablePorts } from '../up/ports.ts';
import { supervise } from '../up/supervise.ts';
import { openWallet } from '../wallet.ts';
import { parseShare } from './publish.ts';

interface Options extends ChainOptions {
  name: string;
  upstream: string[];
  documents?: string;
  expert: string[];
  modelFile: string[];
  discover: boolean;
  perRequest: string;
  perMillionPrompt: string;
  perMillionCompletion: string;
  deviceShare: string;
  modelShare: string;
  datasetShare: string;
  port?: string;
  endpoint?: string;
  host: string;
}

const HOT_KEY_GAS_WEI = parseEther('0.05');
const PASSWORD_ENV = 'TRIBUTARY_PASSWORD';
const NODE_ENTRY = fileURLToPath(import.meta.resolve('@tributary/node/main'));
const repeated = (value: string, all: string[]) => [...all, value];

/** What is to be offered, before it is on chain. */
interface Offer {
  model: string;
  name: string;
  description: string;
  expert: string;
  options: Record<string, unknown>;
  documents?: string;
}

/** `tributary provide`: joins the network with a model server, documents or an expert of one's own, and gets paid. */
export function provide(io: Io, done: (o: Outcome) => void): Command {
  const c = withChain(
    command('provide', 'join with your own model server, documents or expert, and earn by every answer'),
  )
    .option('--name <text>', 'your name for those who ask', `provider-${hostname().split('.')[0]?.toLowerCase()}`)
    .option('--upstream <url>', 'offer the models of this OpenAI-compatible server (repeat)', repeated, [])
    .option('--documents <folder>', 'answer from these documents: Markdown, HTML, text or PDF')
    .option('--expert <name>', 'offer a built-in expert, such as abacus (repeat)', repeated, [])
    .option(
      '--model-file <file>',
      'answer by a GGUF model file inside the node; needs node-llama-cpp (repeat)',
      repeated,
      [],
    )
    .option('--no-discover', 'do not look for Ollama, llama.cpp, vLLM and LM Studio on this machine')
    .option('--per-request <dollars>', 'price of an answer', '0.0001')
    .option('--per-million-prompt <dollars>', 'price of a million prompt tokens', '0.15')
    .option('--per-million-completion <dollars>', 'price of a million completion tokens', '0.60')
    .option('--device-share <share>', 'of the revenue, for the device', '20%')
    .option('--model-share <share>', 'of the revenue, for the model', '50%')
    .option('--dataset-share <share>', 'of the model’s revenue, for the documents', '70%')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; default: a free one, kept for the next start')
    .option('--endpoint <url>', 'URL by which gateways reach this node; default: the address it listens on');
  return runs<Options>(c, io, done, async ({ out }, options) => {
    const home = homeOf(io, options);
    const chain = await chainFacts(io, options);
    const price = {
      perRequest: String(units('--per-request', options.perRequest)),
      perMillionPrompt: String(units('--per-million-prompt', options.perMillionPrompt)),
      perMillionCompletion: String(units('--per-million-completion', options.perMillionCompletion)),
    };
    const shares = {
      device: parseShare(options.deviceShare, '--device-share'),
      model: parseShare(options.modelShare, '--model-share'),
      dataset: parseShare(options.datasetShare, '--dataset-share'),
    };
    if (shares.device + shares.model > 1_000_000) {
      throw new TributaryError('shares_exceed_all', 'Device and model together get more than everything.', {
        hint: 'Lower --device-share or --model-share.',
      });
    }
    const { offers, found } = await out.during('looking for model servers', () => offersOf(io, options));
    for (const f of found) out.line(`found ${f.program} at ${f.baseUrl}: ${f.models.join(', ')}`);
    const folder = join(home, `provider-${options.name.replaceAll(/[^a-zA-Z0-9_-]/g, '-')}`);
    // The same provider may run already. Going on would move its port on chain, away from where it listens.
    await (await acquireLock(folder)).release();
    const port =
      options.port === undefined ? (await stablePorts(folder, ['node'])).node : await fixedPort(options.port);
    const endpoint = (options.endpoint ?? `http://${options.host}:${port}`).replace(/\/+$/, '');
    if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
      throw new TributaryError('invalid_value', `The endpoint ${JSON.stringify(endpoint)} is no URL.`, {
        param: 'endpoint',
        hint: 'Give --endpoint a URL such as https://node.example.org, and --host an address of this machine.',
      });
    }

    const config = await out.during('registering', async (tell) => {
      const owner = await openWallet(io, home, chain);
      const hot = await hotKey(io, folder, chain);
      return provision({
        owner,
        hot,
        chain,
        folder,
        endpoint,
        port,
        price,
        shares,
        offers,
        options,
        tell,
        gateway: (await findNetwork(home))?.gateway,
      });
    });
    await writeFile(join(folder, 'node.json'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
    const node = await out.during('starting the node', (tell) =>
      supervise({
        name: 'node',
        file: NODE_ENTRY,
        args: ['--home', folder],
        logs: join(folder, 'logs'),
        onEvent: ({ message }) => tell(message),
      }),
    );
    for (const s of config.services) out.line(`offers ${out.bold(s.model.id)} (${s.expert})  account ${s.account}`);
    out.line(`node   ${endpoint}   ${out.dim(`folder ${folder}`)}`);
    out.line('What it earns: tributary earnings. Ctrl-C ends it; the same command goes on where it was.');
    out.result({ endpoint, folder, provider: options.name, services: config.services });
    await new Promise<void>((done) => {
      if (io.signal.aborted) done();
      io.signal.addEventListener('abort', () => done(), { once: true });
    });
    await out.during('ending', () => node.stop());
    return undefined;
  });
}

/** Base units of a price in dollars. */
function units(what: string, text: string): bigint {
  try {
    return parseUnits(text);
  } catch {
    throw new TributaryError('invalid_value', `${what} is ${JSON.stringify(text)}, expected dollars such as 0.15.`, {
      param: what,
      hint: 'At most six places after the point.',
    });
  }
}

async function fixedPort(text: string): Promise<number> {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return requirePort(port, '--port NUMBER');
  throw new TributaryError('invalid_value', `--port is ${JSON.stringify(text)}, expected 1 to 65535.`, {
    param: 'port',
  });
}

async function offersOf(io: Io, options: Options): Promise<{ offers: Offer[]; found: FoundUpstream[] }> {
  const offers: Offer[] = [];
  const named = await Promise.all(options.upstream.map((url) => upstreamAt(url)));
  // Whoever names what to offer does not want everything else on the machine offered as well.
  const nothingNamed =
    named.length === 0 &&
    options.documents === undefined &&
    options.expert.length === 0 &&
    options.modelFile.length === 0;
  const found = nothingNamed && options.discover ? await discoverUpstreams() : named;
  for (const { program, baseUrl, models } of found) {
    for (const model of models) {
      offers.push({
        model,
        name: model,
        description: `${model}, served by ${program}.`,
        expert: 'relay',
        options: { baseUrl, model },
      });
    }
  }
  if (options.documents !== undefined) offers.push(await documentsOffer(io, options));
  for (const name of options.expert) offers.push(expertOffer(name));
  for (const file of options.modelFile) offers.push(await modelFileOffer(io, options, file));
  if (offers.length === 0) {
    throw new TributaryError(
      'nothing_to_provide',
      'There is nothing to offer, and no model server runs on this machine.',
      {
        hint: 'Pass --upstream URL, --documents FOLDER, --model-file FILE or --expert abacus, or start Ollama, llama.cpp, vLLM or LM Studio.',
      },
    );
  }
  return { offers, found };
}

async function documentsOffer(io: Io, options: Options): Promise<Offer> {
  const folder = resolve(io.cwd, options.documents ?? '');
  const there = await stat(folder).catch(() => null);
  if (!there?.isDirectory()) {
    throw new TributaryError('documents_unreadable', `${folder} is no folder.`, {
      param: 'documents',
      hint: 'Give --documents a folder of Markdown, HTML, text or PDF files.',
    });
  }
  return {
    model: `${options.name}/library`,
    name: 'Library',
    description: `Answers from the documents of ${options.name}, with quotes and sources.`,
    expert: 'library',
    options: {},
    documents: folder,
  };
}

async function modelFileOffer(io: Io, options: Options, name: string): Promise<Offer> {
  const file = resolve(io.cwd, name);
  const there = await stat(file).catch(() => null);
  if (!there?.isFile()) {
    throw new TributaryError('model_unreadable', `${file} is no file.`, {
      param: 'model-file',
      hint: 'Give --model-file a GGUF file.',
    });
  }
  const model = basename(file).replace(/\.gguf$/i, '');
  return {
    model: `${options.name}/${model}`,
    name: model,
    description: `The model file ${basename(file)}, answered by llama.cpp.`,
    expert: 'gguf',
    options: { file },
  };
}

function expertOffer(name: string): Offer {
  const expert = expertNamed(name);
  if (!expert || ['relay', 'library', 'gguf'].includes(name)) {
    throw new TributaryError('unknown_expert', `There is no expert ${JSON.stringify(name)} that needs nothing else.`, {
      param: 'expert',
      hint: 'Try abacus or guide. Documents come with --documents, model servers with --upstream, model files with --model-file.',
    });
  }
  return { model: `tributary/${name}`, name, description: `The built-in expert ${name}.`, expert: name, options: {} };
}

const PlainKey = z.object({ privateKey: Hex32 });

/** The key that signs receipts: made once, in the clear only on the devnet. */
async function hotKey(io: Io, folder: string, chain: ChainFacts) {
  const devnet = chain.chainId === DEVNET_CHAIN_ID;
  const file = join(folder, 'hot-key.json');
  const password = io.env[PASSWORD_ENV] ?? '';
  if (!devnet && !password) {
    throw new TributaryError('password_needed', 'The node’s key needs a password, also at every later start.', {
      hint: `Set ${PASSWORD_ENV}.`,
    });
  }
  let stored: unknown;
  try {
    stored = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    const privateKey = generatePrivateKey();
    stored = devnet ? { privateKey } : await encryptKey(privateKey, password);
    await writeFile(file, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  }
  const plain = PlainKey.safeParse(stored);
  const key = plain.success ? plain.data.privateKey : await decryptKey(stored, password);
  const config: NodeConfigJson['key'] = devnet ? { privateKey: key } : { keystore: file, passwordEnv: PASSWORD_ENV };
  return { account: privateKeyToAccount(key), config };
}

/** Puts everything on chain that is not there yet, and writes the node's configuration. */
async function provision(p: {
  owner: Writer;
  hot: Awaited<ReturnType<typeof hotKey>>;
  chain: ChainFacts;
  folder: string;
  endpoint: string;
  port: number;
  price: NodeConfigJson['services'][number]['price'];
  shares: { device: number; model: number; dataset: number };
  offers: Offer[];
  options: Options;
  tell: (label: string) => void;
  gateway: string | undefined;
}): Promise<NodeConfigJson> {
  const { owner, hot, chain, endpoint, options, shares, tell } = p;
  const me = owner.account.address.toLowerCase() as Address;
  tell('registering your identity');
  const description = `A provider on ${options.name}'s own machine.`;
  const agentId = await ensureIdentity(owner, hot.account, { name: options.name, description, endpoint });
  await ensureGas(owner, hot.account.address.toLowerCase() as Address, HOT_KEY_GAS_WEI);
  const device = await ensureAsset(owner, { kind: 'device', name: `${options.name} machine`, description });
  const services: NodeConfigJson['services'] = [];
  for (const offer of p.offers) {
    tell(`registering ${offer.model}`);
    const { model, name, documents } = offer;
    const dataset =
      documents &&
      (await ensureAsset(owner, {
        kind: 'dataset',
        name: `${options.name} documents`,
        // Public, and part of what the account's address follows from: where the folder lies is nobody's business.
        description: `Documents of ${options.name}.`,
      }));
    const asset = await ensureAsset(owner, {
      kind: 'model',
      name: model,
      description: offer.description,
      upstream: dataset ? [{ account: dataset.account, weightPpm: shares.dataset }] : [],
    });
    const upstream = [
      { account: device.account, weightPpm: shares.device },
      { account: asset.account, weightPpm: shares.model },
    ].filter((u) => u.weightPpm > 0);
    const service = await ensureService(
      owner,
      { name: `${model} by ${options.name}`, description: offer.description, upstream },
      endpoint,
    );
    services.push({
      account: service.account,
      expert: offer.expert,
      model: { id: model, name, description: offer.description, asset: asset.account },
      options: offer.options,
      price: p.price,
      ...(dataset
        ? {
            documents: {
              folder: documents,
              asset: dataset.account,
              name: `${options.name} documents`,
              contributors: [{ prefix: '', account: me }],
            },
          }
        : {}),
    });
  }
  return {
    home: p.folder,
    rpc: chain.rpc,
    chainId: chain.chainId,
    contracts: chain.contracts,
    agentId: String(agentId),
    provider: options.name,
    key: hot.config,
    host: options.host,
    port: p.port,
    endpoint,
    services,
    ...(p.gateway ? { gateway: p.gateway } : {}),
  };
}
