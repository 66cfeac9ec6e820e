import { assets, channels, identity, type LoggedReceipts, type Reader } from '@tributary/chain';
import { readLeaves } from '@tributary/payments/leaves';
import { type Hex32, type SignedReceipt, sameHex } from '@tributary/protocol';
import { orNull } from './authority.ts';
import type { Check } from './receipt-check.ts';

/**
 * The roots that a service logged for intervals that contain an answer's: those posted by the wallet that the identity had
 * then, or by the service's owner. Anyone may log, and what strangers log says nothing about the service.
 */
export async function findRoots(reader: Reader, { payment, receipt }: SignedReceipt): Promise<LoggedReceipts[]> {
  const logged = await channels.loggedReceipts(reader, { channelId: payment.channelId });
  const over = logged.filter((l) => l.from <= payment.from && l.to >= payment.to);
  if (over.length === 0) return [];
  const [posters, owner, wallets] = await Promise.all([
    Promise.all(over.map((l) => channels.posterOf(reader, l))),
    orNull(assets.ownerOf(reader, receipt.service)),
    identity.agentWallets(reader, receipt.agentId),
  ]);
  return over.filter((l, i) => {
    const wallet = wallets.findLast((w) => w.blockNumber <= l.blockNumber)?.wallet;
    return [owner, wallet].some((own) => own != null && sameHex(posters[i]!, own));
  });
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
