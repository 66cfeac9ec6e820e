import { type Address, type Hex, type Hex32, sameHex } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Reader, Writer } from '../clients.ts';
import { toTributaryError } from '../errors.ts';
import { receiptLogAbi } from '../generated/index.ts';
import { eventLogs } from '../logs.ts';
import type { ReceiptsEntry } from './spoke-claim.ts';

/** A root that was posted, and where. */
export interface LoggedReceipts extends ReceiptsEntry {
  poster: Address;
  blockNumber: bigint;
  transactionHash: Hex;
}

/** Posts roots for intervals that are claimed already. Anyone may. */
export function logReceipts(writer: Writer, entries: readonly ReceiptsEntry[]): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.receiptLog,
    abi: receiptLogAbi,
    functionName: 'logMany',
    args: [entries],
  });
}

/**
 * Who posted a root. Anybody may post through the SpokeAuthorizer, so of what came that way the transaction's sender counts.
 */
export async function posterOf(reader: Reader, logged: LoggedReceipts): Promise<Address> {
  if (!sameHex(logged.poster, reader.contracts.spokeAuthorizer)) return logged.poster;
  const { transactionHash: hash } = logged;
  try {
    return (await reader.client.getTransaction({ hash })).from;
  } catch (error) {
    throw toTributaryError(error, `reading transaction ${hash}`);
  }
}

/** Roots posted for a channel (or for all), oldest first. Anyone can post: a root proves nothing by itself. */
export async function loggedReceipts(
  reader: Reader,
  where: { channelId?: Hex32; fromBlock?: bigint; toBlock?: bigint } = {},
): Promise<LoggedReceipts[]> {
  const { channelId, ...range } = where;
  const logs = await eventLogs(reader, receiptLogAbi, 'ReceiptsLogged', {
    address: reader.contracts.receiptLog,
    ...(channelId ? { args: { channelId } } : {}),
    ...range,
  });
  return logs.map(({ args, blockNumber, transactionHash }) => ({ ...args, blockNumber, transactionHash }));
}
