import { channels, type LoggedReceipts, type Reader } from '@tributary/chain';
import { readLeaves } from '@tributary/payments/leaves';
import type { Hex32, Payment, SignedReceipt } from '@tributary/protocol';
import type { Check } from './receipt-check.ts';

/** The roots logged for intervals that contain a payment's; anyone may log, so more than one may be there. */
export async function findRoots(reader: Reader, payment: Payment): Promise<LoggedReceipts[]> {
  const logged = await channels.loggedReceipts(reader, { channelId: payment.channelId });
  return logged.filter((l) => l.from <= payment.from && l.to >= payment.to);
}

/**
 * Whether a receipt is in the tree of a logged root, exactly at its own place.
 *
 * @param content The leaves file as served; its bytes must hash to what the log says.
 */
export function checkInclusion(
  signed: SignedReceipt,
  receiptHash: Hex32,
  logged: LoggedReceipts,
  content: string,
): Check {
  const name = 'receipt is in the claim’s tree';
  const { from, to } = signed.payment;
  let file: ReturnType<typeof readLeaves>;
  try {
    file = readLeaves(content, logged);
  } catch (error) {
    return { name, ok: false, detail: error instanceof RangeError ? error.message : 'the leaves file cannot be read' };
  }
  let at = logged.from;
  for (const leaf of file.leaves) {
    if (at === from && leaf.receiptHash === receiptHash && at + leaf.amount === to) {
      return { name, ok: true, detail: `leaf at [${from}, ${to}) under root ${logged.root}` };
    }
    at += leaf.amount;
  }
  return { name, ok: false, detail: `no leaf of this receipt at [${from}, ${to})` };
}
