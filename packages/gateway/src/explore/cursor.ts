import type { Order } from '@tributary/ledger';
import { type Address, TributaryError } from '@tributary/protocol';

/** Cursors as clients see them. They say where a list goes on, so a page is not moved by what came in meanwhile. */

function wrong(): TributaryError {
  return new TributaryError('invalid_cursor', 'This cursor is not one that this list gave.', {
    param: 'cursor',
    hint: 'Pass `next` of the answer before, or leave it out to begin.',
  });
}

/** Matches a cursor; undefined stays undefined. @throws `invalid_cursor` */
function parts(cursor: string | undefined, form: RegExp): string[] | undefined {
  if (cursor === undefined) return undefined;
  const found = form.exec(cursor);
  if (!found) throw wrong();
  return found.slice(1);
}

export function orderCursor(next: Order | null): string | null {
  return next && `${next.blockNumber}.${next.logIndex}.${next.row}`;
}

export function readOrder(cursor: string | undefined): Order | undefined {
  const found = parts(cursor, /^([0-9]{1,15})\.([0-9]{1,9})\.([0-9]{1,9})$/);
  return found && { blockNumber: Number(found[0]), logIndex: Number(found[1]), row: Number(found[2]) };
}

export function readNumber(cursor: string | undefined): number | undefined {
  const found = parts(cursor, /^([0-9]{1,15})$/);
  return found && Number(found[0]);
}

export function readBig(cursor: string | undefined): bigint | undefined {
  const found = parts(cursor, /^([0-9]{1,78})$/);
  return found && BigInt(found[0]!);
}

export function readAddress(cursor: string | undefined): Address | undefined {
  const found = parts(cursor, /^(0x[0-9a-f]{40})$/);
  return found && (found[0] as Address);
}

export function readHolder(cursor: string | undefined): { shares: bigint; holder: Address } | undefined {
  const found = parts(cursor, /^([0-9]{1,39})\.(0x[0-9a-f]{40})$/);
  return found && { shares: BigInt(found[0]!), holder: found[1] as Address };
}

/** A page of a list in memory, whose cursor is the last entry's name. */
export function pageAfter<T>(
  list: readonly T[],
  nameOf: (item: T) => string,
  after: string | undefined,
  limit: number,
): { page: T[]; next: string | null } {
  const at = after === undefined ? -1 : list.findIndex((item) => nameOf(item) === after);
  if (after !== undefined && at < 0) throw wrong();
  const page = list.slice(at + 1, at + 1 + limit);
  return { page, next: at + 1 + limit < list.length ? nameOf(page.at(-1)!) : null };
}
