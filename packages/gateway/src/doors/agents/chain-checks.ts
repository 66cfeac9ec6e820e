import type { Reader } from '@tributary/chain';
import { trace, verifyReceipt } from '@tributary/sdk';
import type { GuardedFetch } from '@tributary/work';
import type { ReceiptChecks } from './receipt-tools.ts';

/** The published leaves of one claim, bytes: some tens of thousands of answers. */
const MAX_LEAVES_BYTES = 8 * 1024 * 1024;
const LEAVES_TIMEOUT_MS = 10_000;

/** Holds receipts against the chain by the SDK's own checks. @param guarded for leaves, which are at strangers' URLs */
export function chainChecks(reader: Reader, guarded: GuardedFetch): ReceiptChecks {
  async function fetchLeaves(url: string): Promise<string | null> {
    try {
      const response = await guarded(url, { maxBytes: MAX_LEAVES_BYTES, timeoutMs: LEAVES_TIMEOUT_MS });
      return response.status === 200 ? response.text() : null;
    } catch {
      return null;
    }
  }
  return {
    verify: (signed, against) => verifyReceipt(reader, signed, { ...against, fetchLeaves }),
    trace: (signed) => trace(reader, signed),
  };
}
