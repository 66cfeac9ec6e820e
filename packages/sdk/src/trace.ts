import type { Reader } from '@tributary/chain';
import { type SignedReceipt, TributaryError } from '@tributary/protocol';
import { checkAuthority } from './authority.ts';
import { chainSource } from './chain-source.ts';
import { followMoney, type Trace } from './money-path.ts';
import { checkReceipt } from './receipt-check.ts';

/**
 * Follows the money of one answer through the chain's public events, with this answer's share at each step. A step that
 * has not happened yet is `null`, or in state `promised`. Throws `receipt_invalid` for a receipt that proves nothing.
 */
export async function trace(reader: Reader, signed: SignedReceipt): Promise<Trace> {
  const facts = checkReceipt(signed);
  const failed = [...facts.checks, ...(await checkAuthority(reader, signed, facts))].filter((c) => c.ok === false);
  if (failed.length > 0) {
    throw new TributaryError(
      'receipt_invalid',
      `This receipt does not hold: ${failed.map((c) => `${c.name} (${c.detail})`).join('; ')}.`,
      { hint: 'See `tributary verify` for every check.' },
    );
  }
  return followMoney(chainSource(reader), signed);
}
