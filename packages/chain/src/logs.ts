import { type Address, TributaryError } from '@tributary/protocol';
import {
  type Abi,
  BaseError,
  type ContractEventName,
  encodeEventTopics,
  HttpRequestError,
  type Log,
  parseEventLogs,
} from 'viem';
import type { Reader } from './clients.ts';
import { toTributaryError } from './errors.ts';

/** Decoded events of one name, from blocks that are mined. */
export type EventLogs<abi extends Abi, name extends ContractEventName<abi>> = Log<
  bigint,
  number,
  false,
  undefined,
  true,
  abi,
  name
>[];

/**
 * Events of one kind in the order of the chain. Providers bound how many blocks one question may span, so a refused
 * range is halved and asked again.
 *
 * @param where.args Values of indexed members to look for.
 */
export async function eventLogs<const abi extends Abi, name extends ContractEventName<abi>>(
  reader: Reader,
  abi: abi,
  eventName: name,
  where: { address?: Address; args?: Record<string, unknown>; fromBlock?: bigint; toBlock?: bigint },
): Promise<EventLogs<abi, name>> {
  const topics = encodeEventTopics({ abi, eventName, args: where.args } as never);
  const fetchRange = async (from: bigint, to: bigint): Promise<Log<bigint, number, false>[]> => {
    try {
      // eth_getLogs by hand: viem's getLogs takes either a typed event or raw topics, never topics alone.
      const raw = await reader.client.request({
        method: 'eth_getLogs',
        params: [
          {
            ...(where.address ? { address: where.address } : {}),
            topics,
            fromBlock: `0x${from.toString(16)}`,
            toBlock: `0x${to.toString(16)}`,
          },
        ],
      });
      return raw.map(formatLog);
    } catch (error) {
      if (from < to && isTooLarge(error)) {
        const middle = (from + to) / 2n;
        return [...(await fetchRange(from, middle)), ...(await fetchRange(middle + 1n, to))];
      }
      throw toTributaryError(error, `reading ${eventName} events`);
    }
  };
  const to = where.toBlock ?? (await latestBlock(reader));
  const from = where.fromBlock ?? 0n;
  if (from > to) return [];
  const logs = await fetchRange(from, to);
  return parseEventLogs({ abi, eventName, logs, strict: true } as never) as unknown as EventLogs<abi, name>;
}

async function latestBlock(reader: Reader): Promise<bigint> {
  try {
    return await reader.client.getBlockNumber({ cacheTime: 0 });
  } catch (error) {
    throw toTributaryError(error, 'asking for the newest block');
  }
}

/** A provider's refusal of a range, in contrast to no answer at all. */
function isTooLarge(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  const http = error.walk((e) => e instanceof HttpRequestError);
  return http instanceof HttpRequestError ? http.status === 400 || http.status === 413 : true;
}

/** Addresses come out in lower case, as everywhere in this project. */
function formatLog(raw: {
  address: Address;
  data: `0x${string}`;
  topics: `0x${string}`[] | [];
  blockHash: `0x${string}` | null;
  blockNumber: `0x${string}` | null;
  logIndex: `0x${string}` | null;
  transactionHash: `0x${string}` | null;
  transactionIndex: `0x${string}` | null;
  removed: boolean;
}): Log<bigint, number, false> {
  if (!raw.blockHash || !raw.blockNumber || !raw.logIndex || !raw.transactionHash || !raw.transactionIndex) {
    throw new TributaryError(
      'chain_error',
      'The RPC endpoint answered a pending log where only mined ones were asked.',
      {
        status: 502,
      },
    );
  }
  return {
    address: raw.address.toLowerCase() as Address,
    data: raw.data,
    topics: raw.topics as Log<bigint, number, false>['topics'],
    blockHash: raw.blockHash,
    blockNumber: BigInt(raw.blockNumber),
    logIndex: Number(raw.logIndex),
    transactionHash: raw.transactionHash,
    transactionIndex: Number(raw.transactionIndex),
    removed: raw.removed,
  } as Log<bigint, number, false>;
}
