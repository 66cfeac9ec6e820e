import {
  type AssetFacts,
  assetRegistryAbi,
  assets,
  eventLogs,
  type Holder,
  identity,
  identityRegistryAbi,
  type Reader,
  read,
  type Upstream,
  type Writer,
} from '@tributary/chain';
import { type Address, type AssetKind, sameHex } from '@tributary/protocol';
import type { Account } from 'viem';

/** An asset as its owner describes it. Two with equal plans are the same asset: tell them apart by name. */
export interface AssetPlan {
  kind: AssetKind;
  /** For people, up to about a thousand characters together with the description. */
  name: string;
  description: string;
  /** What it was made from, and the share of all revenue that goes there. */
  upstream?: readonly Upstream[];
  /** Least ppm that anything built on it must pay it. */
  duesPpm?: number;
  /** First share holders; left out, revenue is the owner's. */
  holders?: readonly Holder[];
}

/** A provider as it wants to be known. */
export interface IdentityPlan {
  name: string;
  description: string;
  /** Base URL of its node. */
  endpoint: string;
}

/** The description of an asset that can be read without fetching anything. */
function descriptionUri({ kind, name, description }: AssetPlan): string {
  return `data:application/json,${encodeURIComponent(JSON.stringify({ kind, name, description }))}`;
}

function factsOf(plan: AssetPlan): AssetFacts {
  return {
    kind: plan.kind,
    uri: descriptionUri(plan),
    upstream: plan.upstream ?? [],
    ...(plan.duesPpm === undefined ? {} : { duesPpm: plan.duesPpm }),
    ...(plan.holders === undefined ? {} : { holders: plan.holders }),
  };
}

/** The account that `ensureAsset` gives this plan of this owner; it can be told to others before it exists. */
export function predictAsset(reader: Reader, owner: Address, plan: AssetPlan): Promise<Address> {
  return assets.predict(reader, owner, factsOf(plan));
}

/** Registers an asset unless the sender has done so before. Errors as `assets.register`. */
export async function ensureAsset(owner: Writer, plan: AssetPlan): Promise<{ account: Address; created: boolean }> {
  const account = await predictAsset(owner, owner.account.address.toLowerCase() as Address, plan);
  if (await assets.isAsset(owner, account)) return { account, created: false };
  await assets.register(owner, factsOf(plan));
  return { account, created: true };
}

/** The newest description address of an asset, or null when it is still the one of its registration. */
async function movedUri(reader: Reader, account: Address): Promise<string | null> {
  const logs = await eventLogs(reader, assetRegistryAbi, 'URISet', {
    address: reader.contracts.assetRegistry,
    args: { account },
  });
  return logs.at(-1)?.args.uri ?? null;
}

/**
 * Registers a service and points its URI at `{endpoint}/services/{account}`. The URI cannot be part of the registration,
 * because the account's address follows from it; so the endpoint may move later without a new account.
 */
export async function ensureService(
  owner: Writer,
  plan: Omit<AssetPlan, 'kind'>,
  endpoint: string,
): Promise<{ account: Address; created: boolean }> {
  const service = await ensureAsset(owner, { ...plan, kind: 'service' });
  const uri = `${endpoint}/services/${service.account}`;
  if ((await movedUri(owner, service.account)) !== uri) await assets.setURI(owner, service.account, uri);
  return service;
}

/** The ERC-8004 registration file as a data URI, in the form of the registry's own examples. */
function registrationFile(plan: IdentityPlan, chainId: number, registry: Address, agentId: bigint | null): string {
  const file = {
    type: 'https://eips.ethereum.org/EIPS/eip-8004#registration-v1',
    name: plan.name,
    description: plan.description,
    image: '',
    services: [{ name: 'web', endpoint: plan.endpoint }],
    x402Support: false,
    active: true,
    registrations:
      agentId === null ? [] : [{ agentId: Number(agentId), agentRegistry: `eip155:${chainId}:${registry}` }],
  };
  return `data:application/json;base64,${Buffer.from(JSON.stringify(file)).toString('base64')}`;
}

/** `name` of a registration file given as a data URI; undefined for anything else. */
function nameIn(agentUri: string): unknown {
  const m = /^data:application\/json;base64,(.*)$/.exec(agentUri);
  if (!m) return undefined;
  try {
    return (JSON.parse(Buffer.from(m[1]!, 'base64').toString('utf8')) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}

/** The owner's identity with this name, if it has one and still owns it. */
async function findIdentity(owner: Writer, name: string): Promise<bigint | null> {
  const registered = await eventLogs(owner, identityRegistryAbi, 'Registered', {
    address: owner.contracts.identityRegistry,
    args: { owner: owner.account.address },
  });
  for (const { args } of registered) {
    if (nameIn(args.agentURI) !== name) continue;
    if (sameHex(await identity.ownerOf(owner, args.agentId), owner.account.address)) return args.agentId;
  }
  return null;
}

/**
 * Registers a provider's ERC-8004 identity, unless the owner has one of this name, and makes `wallet` (the node's hot key)
 * the key that signs for it. Running it again changes only what differs.
 */
export async function ensureIdentity(owner: Writer, wallet: Account, plan: IdentityPlan): Promise<bigint> {
  const { chainId, contracts } = owner;
  const found = await findIdentity(owner, plan.name);
  const agentId =
    found ??
    (await identity.register(owner, registrationFile(plan, chainId, contracts.identityRegistry, null))).agentId;
  const wanted = registrationFile(plan, chainId, contracts.identityRegistry, agentId);
  const present = await read(owner, {
    address: contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: 'tokenURI',
    args: [agentId],
  });
  if (present !== wanted) await identity.setAgentURI(owner, agentId, wanted);
  const signer = await identity.agentWallet(owner, agentId);
  if (!signer || !sameHex(signer, wallet.address)) await identity.setAgentWallet(owner, agentId, wallet);
  return agentId;
}

/** Sends the hot key gas money when it has less than `leastWei`: claims are sent by it. */
export async function ensureGas(owner: Writer, wallet: Address, leastWei: bigint): Promise<boolean> {
  if ((await owner.client.getBalance({ address: wallet })) >= leastWei) return false;
  const hash = await owner.wallet.sendTransaction({ to: wallet, value: leastWei });
  await owner.client.waitForTransactionReceipt({ hash });
  return true;
}
