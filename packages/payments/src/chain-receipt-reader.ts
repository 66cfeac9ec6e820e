import { assets, channels, identity, type Reader } from '@tributary/chain';
import { type Address, TributaryError } from '@tributary/protocol';
import type { ReceiptReader } from './receipts.ts';

/** Reads what `verifySignedReceipt` needs from a network. Works in a browser. */
export function chainReceiptReader(reader: Reader): ReceiptReader {
  return {
    chainId: reader.chainId,
    receiptLog: reader.contracts.receiptLog,
    agentWallet: (agentId) => orNull(identity.agentWallet(reader, agentId)),
    agentOwner: (agentId) => orNull(identity.ownerOf(reader, agentId)),
    async assetOwner(service): Promise<Address | null> {
      return (await assets.isAsset(reader, service)) ? assets.ownerOf(reader, service) : null;
    },
    async channel(channelId) {
      const [config, { totalClaimed }] = await Promise.all([
        channels.configOf(reader, channelId),
        channels.state(reader, channelId),
      ]);
      return config && { config, totalClaimed };
    },
  };
}

/** Null when the contract says there is no such token; other failures are the chain's. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (TributaryError.is(error) && error.code === 'erc721_nonexistent_token') return null;
    throw error;
  }
}
