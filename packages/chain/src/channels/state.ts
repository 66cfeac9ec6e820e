import type { Hex32 } from '@tributary/protocol';
import { read } from '../call.ts';
import type { Reader } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';

/** A channel as the contract knows it, base units. All zero for a channel that was never funded. */
export interface ChannelState {
  /** Everything deposited less refunds and withdrawals; claims do not reduce it. */
  balance: bigint;
  totalClaimed: bigint;
  /** Unix seconds at which a pending withdrawal was announced; 0 when none is pending. */
  withdrawRequestedAt: number;
  refundNonce: bigint;
}

/** Deposit, claims, pending withdrawal and refund nonce of a channel, all at one block (default: the newest). */
export async function state(reader: Reader, channelId: Hex32, blockNumber?: bigint): Promise<ChannelState> {
  const at = blockNumber ?? (await reader.client.getBlockNumber({ cacheTime: 0 }));
  const call = { address: reader.contracts.channels, abi: channelsAbi, args: [channelId], blockNumber: at } as const;
  const [[balance, totalClaimed], [, initiatedAt], refundNonce] = await Promise.all([
    read(reader, { ...call, functionName: 'channels' }),
    read(reader, { ...call, functionName: 'pendingWithdrawals' }),
    read(reader, { ...call, functionName: 'refundNonce' }),
  ]);
  return { balance, totalClaimed, withdrawRequestedAt: Number(initiatedAt), refundNonce };
}
