import { type Address, ASSET_KINDS, type AssetKind, TributaryError, ZERO_ADDRESS } from '@tributary/protocol';
import { parseEventLogs } from 'viem';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';

/** One upstream of an asset: what share of all revenue goes there, 1 to 1,000,000 ppm. */
export interface Upstream {
  account: Address;
  weightPpm: number;
}

/** A share holder; shares have 18 decimals, at least 10¹² base units together. */
export interface Holder {
  holder: Address;
  shares: bigint;
}

/** What an asset is registered with. Everything but the URI is for ever. */
export interface AssetFacts {
  kind: AssetKind;
  /** Where its description is, at most 2,048 bytes. */
  uri: string;
  /** At most 16, registered, weights together at most 1,000,000. */
  upstream?: readonly Upstream[];
  /** Least ppm that anything built on this asset must pay it. */
  duesPpm?: number;
  /** Contract that may mint shares; left out, the supply never changes. */
  minter?: Address;
  /** Most shares there can ever be; without a minter the sum of `holders`. */
  cap?: bigint;
  /** First share holders, at most 64; left out, revenue is the owner's. */
  holders?: readonly Holder[];
}

/** One whole share. */
export const SHARE = 10n ** 18n;

/** Facts as the contract's `Registration`. Throws `unknown_asset_kind`. */
export function registrationOf(facts: AssetFacts) {
  const upstream = facts.upstream ?? [];
  const holders = facts.holders ?? [];
  const kind = ASSET_KINDS.indexOf(facts.kind);
  if (kind < 0) {
    throw new TributaryError('unknown_asset_kind', `There is no asset kind ${JSON.stringify(facts.kind)}.`, {
      param: 'kind',
      hint: `Choose one of ${ASSET_KINDS.join(', ')}.`,
    });
  }
  return {
    kind,
    uri: facts.uri,
    upstream: upstream.map((u) => u.account),
    weights: upstream.map((u) => u.weightPpm),
    dues: facts.duesPpm ?? 0,
    minter: facts.minter ?? ZERO_ADDRESS,
    cap: facts.cap ?? holders.reduce((sum, h) => sum + h.shares, 0n),
    holders: holders.map((h) => ({ holder: h.holder, shares: h.shares })),
  };
}

/**
 * Registers an asset; the sender owns it. Errors: `dues_unpaid` (with the flow and the due), `already_registered`,
 * `weights_exceed_all` and the other errors of IAssetRegistry.
 */
export async function register(writer: Writer, facts: AssetFacts): Promise<Sent<Address> & { account: Address }> {
  const sent = await send(writer, {
    address: writer.contracts.assetRegistry,
    abi: assetRegistryAbi,
    functionName: 'register',
    args: [registrationOf(facts)],
  });
  const [event] = parseEventLogs({ abi: assetRegistryAbi, eventName: 'Registered', logs: sent.receipt.logs });
  const account = (event?.args.account ?? sent.result).toLowerCase() as Address;
  return { hash: sent.hash, receipt: sent.receipt, result: account, account };
}
