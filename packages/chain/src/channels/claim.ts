import type { ChannelConfig, Hex } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { channelsAbi } from '../generated/index.ts';

/** One row of a claim: a voucher and how much of its ceiling is taken. */
export interface ClaimRow {
  config: ChannelConfig;
  /** Ceiling of the voucher, base units. */
  maxClaimableAmount: bigint;
  signature: Hex;
  /** The new claimed total of the channel, at most the ceiling. */
  totalClaimed: bigint;
}

/** A row as the contract's `VoucherClaim`. */
export function voucherClaim({ config, maxClaimableAmount, signature, totalClaimed }: ClaimRow) {
  return { voucher: { channel: config, maxClaimableAmount }, signature, totalClaimed };
}

/** Raises claimed totals in x402's own form: all rows or none. By receiver or receiverAuthorizer of every row. */
export function claim(writer: Writer, rows: readonly ClaimRow[]): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'claim',
    args: [rows.map(voucherClaim)],
  });
}
