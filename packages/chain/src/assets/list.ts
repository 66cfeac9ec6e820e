import { type Address, ASSET_KINDS, type AssetKind } from '@tributary/protocol';
import type { Hex } from 'viem';
import type { Reader } from '../clients.ts';
import { assetRegistryAbi } from '../generated/index.ts';
import { eventLogs } from '../logs.ts';
import type { Upstream } from './register.ts';

/** An asset as its registration said; `owner` is the one who registered it. */
export interface RegisteredAsset {
  account: Address;
  owner: Address;
  kind: AssetKind;
  uri: string;
  upstream: Upstream[];
  duesPpm: number;
  transactionHash: Hex;
  blockNumber: bigint;
}

/** Registered assets in order of registration, all or one owner's or one kind's. URIs are those at registration. */
export async function list(
  reader: Reader,
  filter: { owner?: Address; kind?: AssetKind; account?: Address; fromBlock?: bigint } = {},
): Promise<RegisteredAsset[]> {
  const logs = await eventLogs(reader, assetRegistryAbi, 'Registered', {
    address: reader.contracts.assetRegistry,
    fromBlock: filter.fromBlock ?? 0n,
    args: {
      ...(filter.account ? { account: filter.account } : {}),
      ...(filter.owner ? { owner: filter.owner } : {}),
      ...(filter.kind ? { kind: ASSET_KINDS.indexOf(filter.kind) } : {}),
    },
  });
  return logs.map(({ args, transactionHash, blockNumber }) => ({
    account: args.account.toLowerCase() as Address,
    owner: args.owner.toLowerCase() as Address,
    kind: ASSET_KINDS[args.kind] ?? 'work',
    uri: args.uri,
    upstream: args.upstream.map((a, i) => ({ account: a.toLowerCase() as Address, weightPpm: args.weights[i] ?? 0 })),
    duesPpm: args.dues,
    transactionHash,
    blockNumber,
  }));
}
