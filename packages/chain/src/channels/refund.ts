import type { ChannelConfig } from '@tributary/protocol';
import { encodeFunctionData } from 'viem';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';
import { type ClaimRow, voucherClaim } from './claim.ts';

/** Returns at most `amount` base units of what is not claimed to the payer. By receiver or receiverAuthorizer. */
export function refund(writer: Writer, config: ChannelConfig, amount: bigint): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'refund',
    args: [config, amount],
  });
}

/** Claims rows and refunds one channel in a single transaction. By receiver or receiverAuthorizer of all of them. */
export function claimAndRefund(
  writer: Writer,
  rows: readonly ClaimRow[],
  config: ChannelConfig,
  amount: bigint,
): Promise<Sent> {
  const calls = [
    encodeFunctionData({ abi: channelsAbi, functionName: 'claim', args: [rows.map(voucherClaim)] }),
    encodeFunctionData({ abi: channelsAbi, functionName: 'refund', args: [config, amount] }),
  ];
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'multicall',
    args: [calls],
  });
}
