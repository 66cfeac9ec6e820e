import { type ClaimOutcome, type ClaimRow, channels, type Reader } from '@tributary/chain';
import type { Address, ChannelConfig, Hex32 } from '@tributary/protocol';
import type { OnChain } from './on-chain.ts';

/** A row that may be claimed, with its channel's id. */
export interface Candidate extends ClaimRow {
  channelId: Hex32;
}

/** The rows that the contract would take now, and what it says of the others. */
export interface Sifted<T> {
  good: T[];
  bad: { row: T; outcome: ClaimOutcome }[];
}

/** Puts rows to a simulated packed claim, which names the fault of each bad one. */
export async function siftCompact<T extends Candidate>(
  rows: readonly T[],
  simulate: (rows: readonly T[]) => Promise<ClaimOutcome[]>,
): Promise<Sifted<T>> {
  const outcomes = await simulate(rows);
  const good = rows.filter((_, i) => outcomes[i] === 'claimed');
  const bad = rows.flatMap((row, i) => (outcomes[i] === 'claimed' ? [] : [{ row, outcome: outcomes[i]! }]));
  return { good, bad };
}

/**
 * The same for a contract without packed claims: what it would refuse is found from the channels' state. Signatures need
 * no look: the books take only those that the contract takes.
 */
export async function siftStandard<T extends Candidate>(reader: Reader, rows: readonly T[]): Promise<Sifted<T>> {
  const states = await Promise.all(rows.map((row) => channels.state(reader, row.channelId)));
  const outcomes = rows.map((row, i): ClaimOutcome => {
    const { balance, totalClaimed } = states[i]!;
    if (row.totalClaimed <= totalClaimed) return 'already_claimed';
    if (row.totalClaimed > row.maxClaimableAmount) return 'exceeds_ceiling';
    return row.totalClaimed > balance ? 'exceeds_balance' : 'claimed';
  });
  return siftCompact(rows, async () => outcomes);
}

/** Reads the state of channels whose claim turned out otherwise than the book thought. */
export async function reread(
  reader: Reader,
  ids: readonly Hex32[],
  refresh: (channelId: Hex32, onChain: OnChain) => void,
): Promise<void> {
  for (const id of ids) refresh(id, await channels.state(reader, id));
}

/** Receivers of rows with their tokens, each pair once. */
export function receiversOf(rows: readonly { config: ChannelConfig }[]): { receiver: Address; token: Address }[] {
  const pairs = new Map(rows.map(({ config: { receiver, token } }) => [`${receiver}${token}`, { receiver, token }]));
  return [...pairs.values()];
}
