import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writer } from '@tributary/chain';
import {
  type ClaimReport,
  createSpokeClaimer,
  createWatchTower,
  type EarningsBook,
  type EarningsRecord,
  watchEarnings,
} from '@tributary/payments';
import { Address, Hex32, toWire } from '@tributary/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { NodeConfig } from './config.ts';
import type { LastClaim } from './earnings.ts';
import type { LeavesFolder } from './leaves.ts';
import type { NodeMetrics } from './metrics.ts';

/** Claiming in the background and on demand. */
export interface Claims {
  /** Claims everything that is owed, whatever the minimum. */
  now(): Promise<ClaimReport>;
  /** The last claim of each service, also of before the start. */
  last(): ReadonlyMap<Address, LastClaim>;
  /** Ends the background work; a claim under way is finished first. */
  close(): Promise<void>;
}

const LastClaims = z.array(z.object({ service: Address, at: z.number().int(), transaction: Hex32 }));

/** The times of last claims, for people. Money never depends on this file: it may be lost or old. */
function lastClaimsFile(home: string) {
  const file = join(home, 'last-claims.json');
  return {
    async read(): Promise<Map<Address, LastClaim>> {
      try {
        const lines = LastClaims.parse(JSON.parse(await readFile(file, 'utf8')));
        return new Map(lines.map(({ service, ...claim }) => [service, claim]));
      } catch {
        return new Map();
      }
    },
    async write(claims: ReadonlyMap<Address, LastClaim>): Promise<void> {
      const lines = [...claims].map(([service, claim]) => ({ service, ...claim }));
      await writeFile(`${file}.new`, toWire(lines));
      await rename(`${file}.new`, file);
    },
  };
}

/** Starts claiming by interval, and at once for a gateway that announces a withdrawal. */
export async function openClaims(options: {
  config: NodeConfig;
  writer: Writer;
  book: EarningsBook;
  keep(records: readonly EarningsRecord[]): Promise<void>;
  leaves: LeavesFolder;
  metrics: NodeMetrics;
  log: Logger;
  nowSeconds(): number;
}): Promise<Claims> {
  const { config, writer, book, keep, leaves, metrics, log, nowSeconds } = options;
  const file = lastClaimsFile(config.home);
  const last = await file.read();

  const claimer = createSpokeClaimer({
    writer,
    earnings: book,
    record: (record) => keep([record]),
    publish: ({ root, content }) => leaves.write(root, content),
    onError: (error) => log.error({ err: error }, 'claiming failed; it is tried again'),
  });

  async function note(report: ClaimReport): Promise<void> {
    const [transaction] = report.transactions;
    if (report.skipped.length > 0) log.warn({ skipped: report.skipped }, 'some channels could not be claimed');
    if (!transaction) return;
    for (const { channelId } of report.claimed) {
      const service = book.channel(channelId)?.config.receiver;
      if (!service) continue;
      last.set(service, { at: nowSeconds(), transaction });
      metrics.claimed(service);
    }
    log.info({ claimed: report.claimed.length, amount: String(report.amount), transaction }, 'claimed');
    await file.write(last).catch((error: unknown) => log.warn({ err: error }, 'the last claims could not be written'));
  }

  async function claimNow(only?: readonly Hex32[]): Promise<ClaimReport> {
    const report = await claimer.claimNow(only);
    await note(report);
    return report;
  }

  const tower = createWatchTower({
    reader: writer,
    book: watchEarnings({
      earnings: book,
      claimer: { ...claimer, claimNow },
      record: keep,
      dust: config.claim.dust,
    }),
    // Sessions bring channels; the tower need not search the past for new ones.
    fromBlock: await writer.client.getBlockNumber(),
    onError: (error) => log.warn({ err: error }, 'the chain could not be watched; it is tried again'),
    onWithdrawal: (channelId) =>
      log.warn({ channelId }, 'a gateway withdraws: its channel is claimed and served no more'),
  });
  await tower.start(config.watchSeconds * 1000);
  claimer.start({
    intervalMs: config.claim.intervalSeconds * 1000,
    minAmount: config.claim.minimum,
    onReport: (report) => void note(report),
  });

  return {
    now: () => claimNow(),
    last: () => last,
    async close() {
      await tower.stop();
      await claimer.stop();
    },
  };
}
