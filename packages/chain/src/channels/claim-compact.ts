import { type Sent, send } from '../call.ts';
import type { Writer } from '../clients.ts';
import { toTributaryError } from '../errors.ts';
import { channelsAbi } from '../generated/index.ts';
import type { ClaimRow } from './claim.ts';
import { type ClaimOutcome, decodeOutcomes, encodeCompactClaims } from './compact.ts';

/**
 * Claims many channels in one packed call (our extra over x402); bad rows are skipped. The result tells what became of
 * each row in the simulation just before sending.
 */
export async function claimCompact(
  writer: Writer,
  rows: readonly ClaimRow[],
  options: { settle?: boolean } = {},
): Promise<Sent<ClaimOutcome[]>> {
  const { groups, order } = encodeCompactClaims(rows, options);
  const sent = await send(writer, {
    address: writer.contracts.channels,
    abi: channelsAbi,
    functionName: 'claimCompact',
    args: [groups],
  });
  return { ...sent, result: decodeOutcomes(sent.result, order) };
}

/** What `claimCompact` would do with each row now. Nothing is sent. */
export async function simulateClaimCompact(writer: Writer, rows: readonly ClaimRow[]): Promise<ClaimOutcome[]> {
  const { groups, order } = encodeCompactClaims(rows);
  try {
    const { result } = await writer.client.simulateContract({
      address: writer.contracts.channels,
      abi: channelsAbi,
      functionName: 'claimCompact',
      args: [groups],
      account: writer.account,
    });
    return decodeOutcomes(result, order);
  } catch (error) {
    throw toTributaryError(error, `simulating claimCompact at ${writer.contracts.channels}`);
  }
}
