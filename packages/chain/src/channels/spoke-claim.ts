import type { Address, Hex32 } from '@tributary/protocol';
import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { toTributaryError } from '../errors.ts';
import { spokeAuthorizerAbi } from '../generated/index.ts';
import { type ClaimRow, voucherClaim } from './claim.ts';
import { type ClaimOutcome, decodeOutcomes, encodeCompactClaims } from './compact.ts';

/** An interval of a channel and the Merkle-sum root of the receipts it paid for. */
export interface ReceiptsEntry {
  channelId: Hex32;
  /** [from, to) of the channel's total; `to` at most what is claimed. */
  from: bigint;
  to: bigint;
  root: Hex32;
  /** SHA-256 of the published leaves file. */
  leavesHash: Hex32;
}

/** A receiver to send claimed money to, and the most gas for its `flush()`; 0 leaves the flush out. */
export interface Payout {
  receiver: Address;
  token: Address;
  flushGas: bigint;
}

/** The settlement and the flush of each payout may fail without the claim: an estimate would leave them no gas. */
const SETTLE_GAS = 120_000n;
function payoutGas(payouts: readonly Payout[]): bigint {
  return payouts.reduce((sum, { flushGas }) => sum + SETTLE_GAS + flushGas, 0n);
}

/** Claims exactly the ceilings through the SpokeAuthorizer, logs the receipts, settles and flushes. Anyone may. */
export function spokeClaim(
  writer: Writer,
  rows: readonly ClaimRow[],
  receipts: readonly ReceiptsEntry[],
  payouts: readonly Payout[],
): Promise<Sent<void>> {
  return send(writer, {
    address: writer.contracts.spokeAuthorizer,
    abi: spokeAuthorizerAbi,
    functionName: 'claim',
    args: [rows.map(voucherClaim), receipts, payouts],
    extraGas: payoutGas(payouts),
  });
}

/** The same with packed rows; bad rows are skipped. Needs `Channels` to be ours. */
export async function spokeClaimCompact(
  writer: Writer,
  rows: readonly ClaimRow[],
  receipts: readonly ReceiptsEntry[],
  payouts: readonly Payout[],
): Promise<Sent<ClaimOutcome[]>> {
  const { groups, order } = encodeCompactClaims(rows);
  const sent = await send(writer, {
    address: writer.contracts.spokeAuthorizer,
    abi: spokeAuthorizerAbi,
    functionName: 'claimCompact',
    args: [groups, receipts, payouts],
    extraGas: payoutGas(payouts),
  });
  return { ...sent, result: decodeOutcomes(sent.result, order) };
}

/** What `spokeClaimCompact` would do with each row now. Nothing is sent. */
export async function simulateSpokeClaim(writer: Writer, rows: readonly ClaimRow[]): Promise<ClaimOutcome[]> {
  const { groups, order } = encodeCompactClaims(rows);
  try {
    const { result } = await writer.client.simulateContract({
      address: writer.contracts.spokeAuthorizer,
      abi: spokeAuthorizerAbi,
      functionName: 'claimCompact',
      args: [groups, [], []],
      account: writer.account,
    });
    return decodeOutcomes(result, order);
  } catch (error) {
    throw toTributaryError(error, `simulating claimCompact at ${writer.contracts.spokeAuthorizer}`);
  }
}
