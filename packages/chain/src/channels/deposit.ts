import type { Address, ChannelConfig, Hex } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';

/**
 * Adds `amount` base units to a channel through a collector, which brings the payer's money by its signature. Anyone may.
 *
 * @param collectorData For the ERC-3009 collector: `erc3009CollectorData`.
 */
export function deposit(
  writer: Writer,
  config: ChannelConfig,
  amount: bigint,
  collectorData: Hex,
  collector: Address = writer.contracts.erc3009Collector,
): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'deposit',
    args: [config, amount, collector, collectorData],
  });
}
