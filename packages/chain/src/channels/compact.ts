import { type ChannelConfig, fromHex, type Hex, MAX_AMOUNT, TributaryError, toHex } from '@tributary/protocol';
import type { ClaimRow } from './claim.ts';

/** What became of a row, in the contract's enum order. Anything but `claimed` changed nothing. */
export const CLAIM_OUTCOMES = [
  'claimed',
  'already_claimed',
  'exceeds_ceiling',
  'exceeds_balance',
  'payer_has_code',
  'bad_signature',
] as const;
export type ClaimOutcome = (typeof CLAIM_OUTCOMES)[number];

/** Rows packed for `claimCompact`. */
export interface CompactClaims {
  groups: Hex;
  /** Index into the given rows for each packed row: rows are sorted into groups. */
  order: number[];
}

const FLAG_TOTAL_IS_CEILING = 1;
const FLAG_SETTLE = 2;
const MAX_ROWS_IN_GROUP = 65_535;

function bytesOf(value: bigint, size: number): Uint8Array {
  return size === 0 ? new Uint8Array() : fromHex(`0x${value.toString(16).padStart(2 * size, '0')}`);
}

function sizeOf(value: bigint): number {
  return value === 0n ? 0 : Math.ceil(value.toString(16).length / 2);
}

/** r ‖ yParityAndS of EIP-2098. */
function packSignature(signature: Hex): Uint8Array {
  const bytes = fromHex(signature);
  const v = bytes[64];
  if (bytes.length !== 65 || (v !== 27 && v !== 28) || bytes[32]! >= 0x80) {
    throw new TributaryError(
      'bad_signature',
      `Signature ${signature.slice(0, 20)}… is not 65 bytes with low s and v 27 or 28.`,
    );
  }
  const packed = bytes.slice(0, 64);
  if (v === 28) packed[32] = packed[32]! | 0x80;
  return packed;
}

function groupKey(c: ChannelConfig): string {
  return [c.receiver, c.receiverAuthorizer, c.token, c.withdrawDelay].join().toLowerCase();
}

/**
 * Packs claims as `IChannels.claimCompact` reads them: a header for each (receiver, receiverAuthorizer, token,
 * withdrawDelay), then rows with salts and amounts as short as the group allows.
 *
 * @param options.settle Send what was claimed to the receiver after each group.
 */
export function encodeCompactClaims(rows: readonly ClaimRow[], options: { settle?: boolean } = {}): CompactClaims {
  if (rows.length === 0) throw new RangeError('a claim needs at least one row');
  const groups = new Map<string, number[]>();
  rows.forEach((row, i) => {
    if (row.maxClaimableAmount > MAX_AMOUNT || row.totalClaimed > MAX_AMOUNT)
      throw new RangeError('amount exceeds uint128');
    const key = groupKey(row.config);
    const members = groups.get(key);
    if (members && members.length < MAX_ROWS_IN_GROUP) members.push(i);
    else groups.set(members ? `${key}#${i}` : key, [i]);
  });

  const parts: Uint8Array[] = [];
  for (const members of groups.values()) {
    const first = rows[members[0]!]!.config;
    const group = members.map((i) => rows[i]!);
    const totalIsCeiling = group.every((r) => r.totalClaimed === r.maxClaimableAmount);
    const saltBytes = Math.max(...group.map((r) => sizeOf(BigInt(r.config.salt))));
    const amountBytes = Math.max(1, ...group.map((r) => sizeOf(max(r.maxClaimableAmount, r.totalClaimed))));
    const flags = (totalIsCeiling ? FLAG_TOTAL_IS_CEILING : 0) | (options.settle ? FLAG_SETTLE : 0);
    parts.push(
      fromHex(first.receiver),
      fromHex(first.receiverAuthorizer),
      fromHex(first.token),
      bytesOf(BigInt(first.withdrawDelay), 5),
      Uint8Array.of(flags, saltBytes, amountBytes),
      bytesOf(BigInt(group.length), 2),
    );
    for (const { config, maxClaimableAmount, totalClaimed, signature } of group) {
      parts.push(
        fromHex(config.payer),
        fromHex(config.payerAuthorizer),
        bytesOf(BigInt(config.salt), saltBytes),
        bytesOf(maxClaimableAmount, amountBytes),
        ...(totalIsCeiling ? [] : [bytesOf(totalClaimed, amountBytes)]),
        packSignature(signature),
      );
    }
  }
  return { groups: toHex(join(parts)), order: [...groups.values()].flat() };
}

/** The outcome of each given row, from the bytes that `claimCompact` returns. */
export function decodeOutcomes(outcomes: Hex, order: readonly number[]): ClaimOutcome[] {
  const bytes = fromHex(outcomes);
  const result = new Array<ClaimOutcome>(order.length);
  order.forEach((row, i) => {
    const outcome = CLAIM_OUTCOMES[bytes[i] ?? -1];
    if (!outcome) throw new TributaryError('chain_error', `claimCompact gave no known outcome for row ${i}.`);
    result[row] = outcome;
  });
  return result;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
