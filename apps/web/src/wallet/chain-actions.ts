import { assets, createWriter, type Holder, type Upstream, type Writer } from '@tributary/chain';
import { type Address, type AssetKind, type Hex, sameHex } from '@tributary/protocol';
import type { NetworkFacts } from '@tributary/protocol/explorer';
import { PageError } from '../ui/page-error.ts';
import { signerOf } from './engine.ts';
import type { Connected } from './wallets.ts';

/** What this page sends to the chain, signed by a wallet. */

function writerOf(network: NetworkFacts, wallet: Connected): Writer {
  if (wallet.chainId !== network.chainId) {
    throw new PageError('The wallet is on another network.', `Switch it to chain ${network.chainId} and try again.`);
  }
  const { account, transport } = signerOf(wallet);
  const { chainId, contracts, rpc } = network;
  if (!transport && !rpc) throw new PageError('This page cannot reach the chain.', 'Connect a wallet of this browser.');
  return createWriter({
    chainId,
    contracts,
    rpc: rpc ?? location.origin,
    signer: account,
    ...(transport ? { transport } : {}),
  });
}

/** One payout that is in a block. */
export interface Paid {
  account: Address;
  hash: Hex;
  /** Base units of the dollar. */
  dollars: bigint;
}

/**
 * Pays an address what it can claim, asset by asset. Anyone may send this: the money goes to whom it belongs.
 *
 * @param onPaid Told of each payout as it is in a block.
 */
export async function claimAll(
  network: NetworkFacts,
  wallet: Connected,
  address: Address,
  accounts: readonly Address[],
  onPaid: (paid: Paid) => void,
): Promise<void> {
  const writer = writerOf(network, wallet);
  const { dollar } = network.contracts;
  for (const account of accounts) {
    if ((await assets.claimable(writer, account, address, dollar)) > 0n) {
      const { hash, result } = await assets.claim(writer, account, address);
      onPaid({ account, hash, dollars: result[0] });
    }
    // What came while there were no shares is the owner's.
    const owner = await assets.ownerOf(writer, account);
    if (sameHex(owner, address) && (await assets.claimableOwner(writer, account, dollar)) > 0n) {
      const { hash, result } = await assets.claimOwner(writer, account);
      onPaid({ account, hash, dollars: result[0] });
    }
  }
}

/** An asset as somebody describes it on this page. */
export interface NewAsset {
  kind: AssetKind;
  name: string;
  description: string;
  upstream: readonly Upstream[];
  duesPpm: number;
  holders: readonly Holder[];
}

/** Registers an asset of the wallet's; finds it when it was registered before. */
export async function registerAsset(
  network: NetworkFacts,
  wallet: Connected,
  { kind, name, description, upstream, duesPpm, holders }: NewAsset,
): Promise<{ account: Address; hash: Hex | null }> {
  const writer = writerOf(network, wallet);
  const uri = `data:application/json,${encodeURIComponent(JSON.stringify({ kind, name, description }))}`;
  const facts = { kind, uri, upstream, duesPpm, holders };
  const account = await assets.predict(writer, wallet.address, facts);
  if (await assets.isAsset(writer, account)) return { account, hash: null };
  const { hash } = await assets.register(writer, facts);
  return { account, hash };
}
