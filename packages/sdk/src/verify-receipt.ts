import { assetRegistryAbi, assets, channelsAbi, eventLogs, type Reader, read } from '@tributary/chain';
import type { Address, AnswerMessage, SignedReceipt } from '@tributary/protocol';
import { checkAuthority } from './authority.ts';
import { checkInclusion, findRoots } from './inclusion.ts';
import { type Check, checkReceipt, type ReceiptFacts } from './receipt-check.ts';

export interface VerifyOptions {
  /** The request body as parsed JSON, to check the question. */
  request?: Record<string, unknown>;
  /** The assistant message, to check the answer. */
  answer?: AnswerMessage;
  /** Fetches a published leaves file as text; null when it cannot be reached. Left out, inclusion is not looked at. */
  fetchLeaves?: (url: string) => Promise<string | null>;
}

/** What verification found. `valid` is false when any check failed; checks that cannot be told yet do not count. */
export interface Verification extends ReceiptFacts {
  valid: boolean;
  /** Whether a claim on chain covers the interval, so that the money is the service's for certain. */
  claimed: boolean;
}

/**
 * Verifies a receipt from public data alone: signatures and hashes, the signers' authority on chain, whether a claim covers
 * its interval, and whether the receipt is in the tree that was logged with the claim.
 */
export async function verifyReceipt(
  reader: Reader,
  signed: SignedReceipt,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { request, answer } = options;
  const facts = checkReceipt(signed, { ...(request ? { request } : {}), ...(answer ? { answer } : {}) });
  const checks: Check[] = [...facts.checks, ...(await checkAuthority(reader, signed, facts))];
  let claimed = false;
  // A receipt of another network cannot be looked up on this one.
  if (checks.every((c) => c.name !== 'chain' || c.ok) && checks.every((c) => c.name !== 'receipt log' || c.ok)) {
    const claim = await checkClaimed(reader, signed);
    claimed = claim.ok === true;
    checks.push(claim, await checkLogged(reader, signed, facts, options.fetchLeaves));
  }
  return { ...facts, checks, claimed, valid: checks.every((c) => c.ok !== false) };
}

async function checkClaimed(reader: Reader, { payment }: SignedReceipt): Promise<Check> {
  const name = 'claim covers the interval';
  if (payment.from === payment.to) return { name, ok: true, detail: 'a free answer: there is nothing to claim' };
  const [, totalClaimed] = await read(reader, {
    address: reader.contracts.channels,
    abi: channelsAbi,
    functionName: 'channels',
    args: [payment.channelId],
  });
  if (totalClaimed >= payment.to)
    return { name, ok: true, detail: `${totalClaimed} base units claimed, ${payment.to} needed` };
  return { name, ok: null, detail: `promised, not yet claimed: ${totalClaimed} of ${payment.to} base units` };
}

async function checkLogged(
  reader: Reader,
  signed: SignedReceipt,
  facts: ReceiptFacts,
  fetchLeaves: VerifyOptions['fetchLeaves'],
): Promise<Check> {
  const name = 'receipt is in the claim’s tree';
  if (signed.payment.from === signed.payment.to) return { name, ok: null, detail: 'a free answer is in no claim' };
  const roots = await findRoots(reader, signed);
  if (roots.length === 0) return { name, ok: null, detail: 'the service has logged no root for this interval yet' };
  const endpoint = fetchLeaves ? await endpointOf(reader, signed.receipt.service) : null;
  if (!fetchLeaves || !endpoint)
    return { name, ok: null, detail: `${roots.length} roots logged; leaves were not fetched` };
  let last: Check = { name, ok: null, detail: `the leaves could not be fetched from ${endpoint}` };
  for (const logged of roots) {
    const text = await fetchLeaves(`${endpoint}/leaves/${logged.root}`);
    if (text === null) continue;
    last = checkInclusion(signed, facts.receiptHash, logged, text);
    if (last.ok) return last;
  }
  return last;
}

/** Base URL of the node behind a service, from its asset's newest URI; null when the URI is not a service's. */
async function endpointOf(reader: Reader, service: Address): Promise<string | null> {
  const [registered] = await assets.list(reader, { account: service });
  const moved = await eventLogs(reader, assetRegistryAbi, 'URISet', {
    address: reader.contracts.assetRegistry,
    args: { account: service },
  });
  const uri = moved.at(-1)?.args.uri ?? registered?.uri ?? '';
  return /^(https?:\/\/.+)\/services\/0x[0-9a-f]{40}$/i.exec(uri)?.[1] ?? null;
}
