import { channels, channelsAbi, eventLogs, type Reader } from '@tributary/chain';
import { type ChannelConfig, channelDigests, fromHex, type Hex, type Hex32, toHex } from '@tributary/protocol';

/** A place on the chain. */
export interface Place {
  transactionHash: Hex;
  blockNumber: bigint;
  logIndex: number;
}

/** Whether `a` comes before `b` on the chain. */
export function isBefore(a: Place, b: Place): boolean {
  return a.blockNumber === b.blockNumber ? a.logIndex < b.logIndex : a.blockNumber < b.blockNumber;
}

/** The immutable facts of a channel, from its first deposit's event; null when the chain knows no such channel. */
export async function findChannel(reader: Reader, channelId: Hex32): Promise<ChannelConfig | null> {
  const config = await channels.configOf(reader, channelId);
  // The id commits to every fact; an RPC endpoint that invents some is found out.
  const id = config && channelDigests(reader.chainId, reader.contracts.channels).channelId(config);
  return id === channelId ? config : null;
}

/** A claim on one channel: the new total, and where it happened. */
export interface ChannelClaim extends Place {
  total: bigint;
}

/** Bytes of one row in a compact claim's event: channel id and new total. */
const ROW_BYTES = 48;

function rowsOf(entries: Hex): { channelId: Hex32; total: bigint }[] {
  const bytes = fromHex(entries);
  const rows = [];
  for (let at = 0; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
    rows.push({
      channelId: toHex(bytes.subarray(at, at + 32)),
      total: BigInt(toHex(bytes.subarray(at + 32, at + ROW_BYTES))),
    });
  }
  return rows;
}

/** The claim that first raised a channel's total to `to` or above, or null when none has. */
export async function findClaim(
  reader: Reader,
  channelId: Hex32,
  config: Pick<ChannelConfig, 'receiver' | 'token'>,
  to: bigint,
): Promise<ChannelClaim | null> {
  const address = reader.contracts.channels;
  const { receiver, token } = config;
  const [single, compact] = await Promise.all([
    eventLogs(reader, channelsAbi, 'Claimed', { address, args: { channelId } }),
    eventLogs(reader, channelsAbi, 'ClaimedCompact', { address, args: { receiver, token } }),
  ]);
  const claims: ChannelClaim[] = [
    ...single.map((log) => ({ ...placeOf(log), total: log.args.newTotalClaimed })),
    ...compact.flatMap((log) =>
      rowsOf(log.args.entries)
        .filter((row) => row.channelId === channelId)
        .map((row) => ({ ...placeOf(log), total: row.total })),
    ),
  ];
  return claims.filter((c) => c.total >= to).sort(inOrder)[0] ?? null;
}

/** The first settlement to a receiver that comes after a claim, or null: the money is claimed but was not sent yet. */
export async function findSettlement(
  reader: Reader,
  config: Pick<ChannelConfig, 'receiver' | 'token'>,
  claim: Place,
): Promise<Place | null> {
  const settled = await eventLogs(reader, channelsAbi, 'Settled', {
    address: reader.contracts.channels,
    args: { receiver: config.receiver, token: config.token },
    fromBlock: claim.blockNumber,
  });
  return settled.map(placeOf).find((s) => isBefore(claim, s)) ?? null;
}

/** Where a log stands. */
export function placeOf(log: Place): Place {
  const { transactionHash, blockNumber, logIndex } = log;
  return { transactionHash, blockNumber, logIndex };
}

/** Sorts places into the order of the chain. */
function inOrder(a: Place, b: Place): number {
  return isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0;
}
