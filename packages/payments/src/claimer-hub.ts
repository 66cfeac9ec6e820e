import { channels, type Writer } from '@tributary/chain';
import { hubDue } from './claim-due.ts';
import { type Candidate, receiversOf, reread, siftCompact, siftStandard } from './claim-rows.ts';
import { type Claimer, type ClaimReport, emptyReport, inBatches, MAX_ROWS_PER_CLAIM } from './claimer-types.ts';
import type { HubBook } from './hub-types.ts';
import { type Repeating, repeat } from './repeat.ts';
import { createSerial } from './serial.ts';

export interface HubClaimerOptions {
  /** The gateway's account: receiver or receiverAuthorizer of its channels. */
  writer: Writer;
  hub: HubBook;
  /** Whether `Channels` takes packed claims; asked of the contract when left out. */
  compact?: boolean;
  onError?: (error: unknown) => void;
}

/**
 * Claims what payers owe the gateway, then settles. The chain is the record: after a crash the totals are read from it, so a
 * claim that was sent is not sent again.
 */
export function createHubClaimer(options: HubClaimerOptions): Claimer {
  const { writer, hub, onError = () => undefined } = options;
  const serial = createSerial();
  let compact: Promise<boolean> | undefined;
  let running: Repeating | undefined;

  async function isCompact(): Promise<boolean> {
    if (options.compact !== undefined) return options.compact;
    compact ??= channels.supportsCompact(writer);
    return compact;
  }

  async function claimBatch(rows: Candidate[], report: ClaimReport): Promise<void> {
    const packed = await isCompact();
    const { good, bad } = packed
      ? await siftCompact(rows, (r) => channels.simulateClaimCompact(writer, r))
      : await siftStandard(writer, rows);
    const outdated = bad.map(({ row }) => row.channelId);
    await reread(writer, outdated, hub.refresh);
    for (const { row, outcome } of bad) {
      if (outcome !== 'already_claimed') report.skipped.push({ channelId: row.channelId, outcome });
    }
    if (good.length === 0) return;
    if (packed) {
      const { hash, result } = await channels.claimCompact(writer, good, { settle: true });
      report.transactions.push(hash);
      note(
        good.filter((_, i) => result[i] === 'claimed'),
        report,
      );
    } else {
      report.transactions.push((await channels.claim(writer, good)).hash);
      note(good, report);
      for (const { receiver, token } of receiversOf(good)) {
        report.transactions.push((await channels.settle(writer, receiver, token)).hash);
      }
    }
  }

  function note(rows: readonly Candidate[], report: ClaimReport): void {
    for (const { channelId, totalClaimed } of rows) {
      const amount = totalClaimed - (hub.channel(channelId)?.onChain?.totalClaimed ?? 0n);
      hub.refresh(channelId, { totalClaimed });
      report.claimed.push({ channelId, amount, totalClaimed });
      report.amount += amount;
    }
  }

  async function round(only?: readonly string[]): Promise<ClaimReport> {
    const report = emptyReport();
    const rows = hub
      .claims()
      .filter((c) => !only || only.includes(c.channelId))
      .map(({ channelId, config, voucher, totalClaimed }): Candidate => {
        const { maxClaimableAmount, signature } = voucher;
        return { channelId, config, maxClaimableAmount, signature, totalClaimed };
      });
    for (const batch of inBatches(rows, MAX_ROWS_PER_CLAIM)) await claimBatch(batch, report);
    return report;
  }

  return {
    claimNow: (only) => serial(() => round(only)),
    start({ intervalMs, minAmount = 1n, onReport }) {
      running ??= repeat(
        async () => {
          const due = hub.claims().filter((c) => hubDue(hub, c) >= minAmount);
          if (due.length > 0) onReport?.(await serial(() => round(due.map((c) => c.channelId))));
        },
        intervalMs,
        onError,
      );
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}
