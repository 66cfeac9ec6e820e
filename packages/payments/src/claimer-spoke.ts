import { assets, channels, type Payout, type ReceiptsEntry, type Writer } from '@tributary/chain';
import { type Address, type Hex32, sameHex } from '@tributary/protocol';
import { spokeDue } from './claim-due.ts';
import { type Candidate, receiversOf, reread, siftCompact, siftStandard } from './claim-rows.ts';
import { type Claimer, type ClaimReport, emptyReport, inBatches, MAX_ROWS_PER_CLAIM } from './claimer-types.ts';
import type { EarningsBook, EarningsClaim, EarningsRecord } from './earnings-types.ts';
import { type Leaves, leavesOf } from './leaves.ts';
import { type Repeating, repeat } from './repeat.ts';
import { createSerial } from './serial.ts';

export interface SpokeClaimerOptions {
  /** Anyone's account: it only pays the gas. */
  writer: Writer;
  earnings: EarningsBook;
  /** Writes a record to the journal and applies it when it is on disk. */
  record: (record: EarningsRecord) => Promise<void>;
  /** Keeps a leaves file, by root, before its root is posted. Must be durable when it resolves. */
  publish: (leaves: Leaves) => Promise<void>;
  /** Whether `Channels` takes packed claims; asked of the contract when left out. */
  compact?: boolean;
  onError?: (error: unknown) => void;
}

/** A claim with its posting: the root over the receipts of [from, to), null when none are waiting. */
interface Job extends Candidate {
  claim: EarningsClaim;
  leaves: Leaves | null;
}

/** Gas for each `flush()` of an account: two upstreams take 185k the first time. */
const FLUSH_GAS = 400_000n;
const MAX_FLUSH_DEPTH = 16;

/**
 * Claims what gateways owe a node's services: exactly the ceilings through the SpokeAuthorizer, with the root of the receipts
 * behind them, settles to the accounts and passes the money on along the graph.
 */
export function createSpokeClaimer(options: SpokeClaimerOptions): Claimer {
  const { writer, earnings, record, publish, onError = () => undefined } = options;
  const serial = createSerial();
  let compact: Promise<boolean> | undefined;
  let running: Repeating | undefined;

  async function isCompact(): Promise<boolean> {
    if (options.compact !== undefined) return options.compact;
    compact ??= channels.supportsCompact(writer);
    return compact;
  }

  const claimedOf = (channelId: Hex32): bigint => earnings.channel(channelId)?.onChain?.totalClaimed ?? 0n;

  function jobOf(claim: EarningsClaim): Job {
    const { channelId, config, voucher, from, to } = claim;
    const { maxClaimableAmount, signature } = voucher;
    const leaves = to > from ? leavesOf(claim) : null;
    return { channelId, config, maxClaimableAmount, signature, totalClaimed: maxClaimableAmount, claim, leaves };
  }

  /** Posted already, by a process that died before it could write that down. What strangers post counts for nothing. */
  async function isLogged({ channelId, claim: { from, to }, leaves }: Job): Promise<boolean> {
    for (const l of await channels.loggedReceipts(writer, { channelId })) {
      const same = l.root === leaves?.root && l.leavesHash === leaves.leavesHash && l.from === from && l.to === to;
      if (same && sameHex(await channels.posterOf(writer, l), writer.account.address)) return true;
    }
    return false;
  }

  async function close({ channelId, claim: { from, to }, leaves }: Job): Promise<void> {
    if (leaves) await record({ kind: 'earnings.claimed', channelId, from, to, root: leaves.root });
  }

  async function claimBatch(jobs: Job[], report: ClaimReport): Promise<void> {
    const packed = await isCompact();
    const { good, bad } = packed
      ? await siftCompact(jobs, (r) => channels.simulateSpokeClaim(writer, r))
      : await siftStandard(writer, jobs);
    await reread(
      writer,
      bad.map(({ row }) => row.channelId),
      earnings.refresh,
    );
    const toLog: Job[] = good.filter((job) => job.leaves);
    for (const { row, outcome } of bad) {
      if (outcome !== 'already_claimed') report.skipped.push({ channelId: row.channelId, outcome });
      // What is claimed already (anyone may claim) still wants its root.
      if (!row.leaves || claimedOf(row.channelId) < row.claim.to) continue;
      if (await isLogged(row)) await close(row);
      else toLog.push(row);
    }
    if (good.length === 0 && toLog.length === 0) return;

    for (const { leaves } of toLog) if (leaves) await publish(leaves);
    const entries = toLog.map(({ channelId, claim: { from, to }, leaves }): ReceiptsEntry => {
      return { channelId, from, to, root: leaves!.root, leavesHash: leaves!.leavesHash };
    });
    const payouts = receiversOf(jobs).map((p): Payout => ({ ...p, flushGas: FLUSH_GAS }));
    if (packed && good.length > 0) {
      report.transactions.push((await channels.spokeClaimCompact(writer, good, entries, payouts)).hash);
    } else {
      report.transactions.push((await channels.spokeClaim(writer, good, entries, payouts)).hash);
    }
    for (const { channelId, totalClaimed } of good) {
      const amount = totalClaimed - claimedOf(channelId);
      earnings.refresh(channelId, { totalClaimed });
      report.claimed.push({ channelId, amount, totalClaimed });
      report.amount += amount;
    }
    for (const job of toLog) await close(job);
    await flushUpstream(
      payouts.map((p) => p.receiver),
      report,
    );
  }

  /** The accounts upstream of the services, each after everything that pays it. */
  async function flushUpstream(services: readonly Address[], report: ClaimReport): Promise<void> {
    const depth = new Map<Address, number>();
    let level: Address[] = [...services];
    for (let d = 1; level.length > 0 && d <= MAX_FLUSH_DEPTH; d++) {
      const next = new Set<Address>();
      for (const account of level) {
        for (const up of await assets.upstream(writer, account)) {
          depth.set(up.account, d);
          next.add(up.account);
        }
      }
      level = [...next];
    }
    if (depth.size === 0) return;
    const order = [...depth].sort(([, a], [, b]) => a - b).map(([account]) => account);
    report.transactions.push((await assets.flushMany(writer, order)).hash);
  }

  async function round(only?: readonly Hex32[]): Promise<ClaimReport> {
    const report = emptyReport();
    const claims = earnings.claims().filter((c) => !only || only.some((id) => sameHex(id, c.channelId)));
    for (const batch of inBatches(claims.map(jobOf), MAX_ROWS_PER_CLAIM)) await claimBatch(batch, report);
    return report;
  }

  return {
    claimNow: (only) => serial(() => round(only)),
    start({ intervalMs, minAmount = 1n, onReport }) {
      running ??= repeat(
        async () => {
          const due = earnings.claims().filter((c) => max(c.to - c.from, spokeDue(earnings, c)) >= minAmount);
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

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
