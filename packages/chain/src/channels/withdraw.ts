import type { ChannelConfig } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';

/** Announces a withdrawal of `amount` base units and starts the delay. By payer or payerAuthorizer. */
export function initiateWithdraw(writer: Writer, config: ChannelConfig, amount: bigint): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'initiateWithdraw',
    args: [config, amount],
  });
}

/** After the delay, sends what was announced and is still there to the payer. By payer or payerAuthorizer. */
export function finalizeWithdraw(writer: Writer, config: ChannelConfig): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'finalizeWithdraw',
    args: [config],
  });
}
