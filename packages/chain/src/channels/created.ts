import { type Address, ChannelConfig, type Hex32, sameHex } from '@tributary/protocol';
import type { Reader } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';
import { eventLogs } from '../logs.ts';

/** A channel that was funded at least once. */
export interface CreatedChannel {
  channelId: Hex32;
  config: ChannelConfig;
  blockNumber: bigint;
}

/** The config of a channel out of the log of its creation, or null when it was never funded. */
export async function configOf(reader: Reader, channelId: Hex32, fromBlock = 0n): Promise<ChannelConfig | null> {
  const found = await created(reader, { channelId, fromBlock });
  return found[0]?.config ?? null;
}

/**
 * Channels created, in the order of the chain, each once. The log knows channels by id only, so a search by receiver or
 * voucher key reads all of them since `fromBlock`.
 */
export async function created(
  reader: Reader,
  where: {
    channelId?: Hex32;
    receiver?: Address;
    payer?: Address;
    payerAuthorizer?: Address;
    fromBlock?: bigint;
    toBlock?: bigint;
  },
): Promise<CreatedChannel[]> {
  const { channelId, receiver, payer, payerAuthorizer, ...range } = where;
  const logs = await eventLogs(reader, channelsAbi, 'ChannelCreated', {
    address: reader.contracts.channels,
    ...(channelId ? { args: { channelId } } : {}),
    ...range,
  });
  const channels = new Map<Hex32, CreatedChannel>();
  for (const { args, blockNumber } of logs) {
    const config = ChannelConfig.parse(args.config);
    if (receiver && !sameHex(config.receiver, receiver)) continue;
    if (payer && !sameHex(config.payer, payer)) continue;
    if (payerAuthorizer && !sameHex(config.payerAuthorizer, payerAuthorizer)) continue;
    if (!channels.has(args.channelId)) channels.set(args.channelId, { channelId: args.channelId, config, blockNumber });
  }
  return [...channels.values()];
}
