import type { Address } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';

/** Sends everything claimed and not yet settled to the receiver. Anyone may; does nothing when nothing is due. */
export function settle(
  writer: Writer,
  receiver: Address,
  token: Address = writer.contracts.dollar,
): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'settle',
    args: [receiver, token],
  });
}
