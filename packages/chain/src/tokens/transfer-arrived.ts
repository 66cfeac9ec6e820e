import { type Address, type Hex32, sameHex } from '@tributary/protocol';
import { parseEventLogs } from 'viem';
import type { Reader } from '../clients.ts';
import { toTributaryError } from '../errors.ts';
import { testDollarAbi } from '../generated/index.ts';
import { eventLogs } from '../logs.ts';

/**
 * Whether a transfer by authorization moved exactly this money, in block `fromBlock` or later. That its nonce is used tells
 * less: the owner may have cancelled it, or used it for another transfer.
 */
export async function transferArrived(
  reader: Reader,
  transfer: { from: Address; to: Address; value: bigint; nonce: Hex32 },
  fromBlock: bigint,
  token: Address = reader.contracts.dollar,
): Promise<boolean> {
  const { from, to, value, nonce } = transfer;
  const used = await eventLogs(reader, testDollarAbi, 'AuthorizationUsed', {
    address: token,
    args: { authorizer: from, nonce },
    fromBlock,
  });
  for (const { transactionHash: hash, logIndex } of used) {
    const { logs } = await reader.client.getTransactionReceipt({ hash }).catch((error: unknown) => {
      throw toTributaryError(error, `reading the receipt of ${hash}`);
    });
    // The token tells of the transfer right after its nonce; others of the same transaction have their own.
    const next = logs.filter((log) => log.logIndex === logIndex + 1 && sameHex(log.address, token));
    for (const { args } of parseEventLogs({ abi: testDollarAbi, eventName: 'Transfer', logs: next })) {
      if (sameHex(args.from, from) && sameHex(args.to, to) && args.value === value) return true;
    }
  }
  return false;
}
