import { assets, createWriter, type Writer } from '@tributary/chain';
import type { NodeConfigJson } from '@tributary/node';
import { ensureAsset, ensureGas, ensureIdentity, ensureService } from '@tributary/node';
import type { Address, AssetKind, Contracts, NetworkFile } from '@tributary/protocol';
import { parseEther } from 'viem';
import type { DocumentPlan } from './documents.ts';
import type { Party, PartyName } from './parties.ts';

/** Shares of the dataset, so that the contributors earn differently: 50, 30 and 20 of a hundred. */
const CONTRIBUTOR_SHARES = [50n, 30n, 20n];
const HOT_KEY_GAS_WEI = parseEther('1');

/** What a service pays on, in ppm of its revenue; the rest is the provider's. */
const DEVICE_PPM = 200_000;
const MODEL_PPM = 500_000;
/** What the library model pays to the dataset it answers from. */
const DATASET_PPM = 700_000;

type AssetLine = NetworkFile['assets'][number];

interface Model {
  id: string;
  name: string;
  description: string;
  asset: Address;
}

interface NodePlan {
  name: string;
  config: Omit<NodeConfigJson, 'home'>;
}

export interface Provisioned {
  assets: AssetLine[];
  nodes: NodePlan[];
}

export interface ProvisionOptions {
  rpc: string;
  chainId: number;
  contracts: Contracts;
  parties: Record<PartyName, Party>;
  documents: DocumentPlan;
  ports: { north: number; south: number };
  /** OpenAI-compatible servers to offer through the relay. */
  upstreams: { baseUrl: string; model: string }[];
}

/** A price in base units of the dollar: per answer, and per million prompt and completion tokens. */
function price(perRequest: number, perMillionPrompt: number, perMillionCompletion: number) {
  return {
    perRequest: String(perRequest),
    perMillionPrompt: String(perMillionPrompt),
    perMillionCompletion: String(perMillionCompletion),
  };
}

/**
 * Puts the default network on chain: two providers with a device each, a dataset with three contributors, the models and
 * the services. Running it again finds what is there.
 */
export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  const { rpc, chainId, contracts, parties, documents, ports, upstreams } = options;
  const lines: AssetLine[] = [];
  const writer = (party: Party): Writer => createWriter({ rpc, chainId, contracts, signer: party.account });
  const maker = writer(parties.maker);

  async function asset(
    owner: Writer,
    kind: AssetKind,
    name: string,
    description: string,
    upstream: { account: Address; weightPpm: number }[] = [],
    holders: { holder: Address; shares: bigint }[] = [],
  ): Promise<Address> {
    const { account } = await ensureAsset(owner, { kind, name, description, upstream, holders });
    lines.push({ id: account, kind, name, upstream: upstream.map((u) => u.account) });
    return account;
  }

  const addressOf = (name: PartyName) => parties[name].account.address.toLowerCase() as Address;
  const contributors = (['contributor1', 'contributor2', 'contributor3'] as const).map(addressOf);
  const dataset = await asset(
    maker,
    'dataset',
    documents.name,
    'Documents of three contributors, answered from by the library.',
    [],
    contributors.map((holder, i) => ({ holder, shares: CONTRIBUTOR_SHARES[i]! * assets.SHARE })),
  );

  async function model(
    id: string,
    name: string,
    description: string,
    upstream: { account: Address; weightPpm: number }[] = [],
  ): Promise<Model> {
    return { id, name, description, asset: await asset(maker, 'model', id, description, upstream) };
  }
  const models = {
    library: await model('tributary/library', 'Library', 'Answers from documents, with quotes and sources.', [
      { account: dataset, weightPpm: DATASET_PPM },
    ]),
    abacus: await model('tributary/abacus', 'Abacus', 'Exact arithmetic, algebra, units and dates.'),
    guide: await model('tributary/guide', 'Guide', 'Says what this network can do, what it costs and how to join.'),
    embedder: await model('tributary/embedder', 'Embedder', 'Turns texts into vectors by their words and letters.'),
  };

  /** One provider: identity, device, services, and the configuration of its node. */
  async function provider(
    name: string,
    owner: Party,
    hot: Party,
    port: number,
    offers: (Omit<NodeConfigJson['services'][number], 'account' | 'model'> & { model: Model })[],
  ): Promise<NodePlan> {
    const chain = writer(owner);
    const endpoint = `http://127.0.0.1:${port}`;
    const agentId = await ensureIdentity(chain, hot.account, {
      name,
      description: 'A provider of the network on this machine.',
      endpoint,
    });
    await ensureGas(chain, hot.account.address.toLowerCase() as Address, HOT_KEY_GAS_WEI);
    const device = await asset(chain, 'device', `${name} machine`, 'The computer that answers.');
    const services: NodeConfigJson['services'] = [];
    for (const offer of offers) {
      const upstream = [
        { account: device, weightPpm: DEVICE_PPM },
        { account: offer.model.asset, weightPpm: MODEL_PPM },
      ];
      const title = `${offer.model.id} by ${name}`;
      const { account } = await ensureService(
        chain,
        { name: title, description: offer.model.description, upstream },
        endpoint,
      );
      lines.push({ id: account, kind: 'service', name: title, upstream: upstream.map((u) => u.account) });
      services.push({ ...offer, account });
    }
    return {
      name,
      config: {
        rpc,
        chainId,
        contracts,
        agentId: String(agentId),
        provider: name,
        key: { privateKey: hot.key },
        host: '127.0.0.1',
        port,
        endpoint,
        services,
        claim: { intervalSeconds: 3600 },
      },
    };
  }

  const library = { model: models.library, expert: 'library', documents: { ...documents, asset: dataset } };
  const north = await provider('north', parties.providerNorth, parties.nodeNorth, ports.north, [
    { ...library, options: { passages: 3, ranking: 'full' }, price: price(400, 500_000, 2_000_000) },
    { model: models.abacus, expert: 'abacus', price: price(100, 0, 0) },
    { model: models.guide, expert: 'guide', price: price(50, 0, 0) },
    { model: models.embedder, expert: 'embedder', price: price(10, 20_000, 0) },
  ]);
  const relays = [];
  for (const { baseUrl, model: id } of upstreams) {
    const relayed = await model(id, id, `${id}, served by a model server on this machine.`);
    relays.push({
      model: relayed,
      expert: 'relay',
      options: { baseUrl, model: id },
      price: price(0, 150_000, 600_000),
    });
  }
  const south = await provider('south', parties.providerSouth, parties.nodeSouth, ports.south, [
    { ...library, options: { passages: 1, ranking: 'fast' }, price: price(200, 250_000, 1_000_000) },
    { model: models.abacus, expert: 'abacus', price: price(120, 0, 0) },
    ...relays,
  ]);
  return { assets: lines, nodes: [north, south] };
}
