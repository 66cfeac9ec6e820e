import type { Address } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';

/** Lifetime sums of a receiver in one token, base units. */
export async function receiverTotals(
  reader: Reader,
  receiver: Address,
  token: Address = reader.contracts.dollar,
): Promise<{ totalClaimed: bigint; totalSettled: bigint }> {
  const [totalClaimed, totalSettled] = await read(reader, {
    address: reader.contracts.channels,
    abi: channelsAbi,
    functionName: 'receivers',
    args: [receiver, token],
  });
  return { totalClaimed, totalSettled };
}
