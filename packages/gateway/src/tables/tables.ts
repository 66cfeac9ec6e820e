import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FileJournal } from '@tributary/ledger';
import { type Hex32, type SignedReceipt, TributaryError } from '@tributary/protocol';
import type { Logger } from 'pino';
import type { RecentReceipt } from '../explore/context.ts';
import type { GatewayRecord } from '../settle/record.ts';
import { createPlaces } from './places.ts';
import type { ThreadLine } from './thread-log.ts';
import type { SentError, TablesAnswer, TablesQuestion, TablesSetup, TablesWork } from './work.ts';

const BATCH = 500;
const FOLD_MS = 2_000;
/** Receipts that may wait in memory for a quiet moment. */
const MOST_PENDING = 50_000;
/** How long the thread may take to close; what is lost then is folded again. */
const CLOSE_MS = 2_000;
/** Explorer questions and receipts under way at the same time; more are turned away. */
const MOST_QUESTIONS = 64;
/** How long an explorer question may take. */
const ANSWER_MS = 20_000;

/** The SQL tables behind the explorer: the chain's events and this gateway's receipts. Both can be built again at any time. */
export interface Tables {
  /** Takes a receipt in that the journal has since the start. Cheap: it is written with others, later. */
  add(seq: number, signed: SignedReceipt): void;
  /**
   * A receipt that is not in memory, by request id or receipt hash.
   * @throws `explorer_busy`, `tables_failed`
   */
  receipt(id: Hex32): Promise<unknown>;
  /** @throws what the question is at fault of, `explorer_busy`, `tables_failed` */
  answer(question: TablesQuestion): Promise<TablesAnswer>;
  /** Receipts not in the tables yet that match, in the order asked for, at most `limit`. */
  recent(filter: {
    newestFirst: boolean;
    service: string | undefined;
    after: number | undefined;
    limit: number;
  }): RecentReceipt[];
  /** How many receipts are not in the tables yet. */
  readonly pending: number;
  close(): Promise<void>;
}

function failed(message: string): TributaryError {
  return new TributaryError('tables_failed', message, { status: 503, retryable: true });
}

function received({ code, message, hint, ...rest }: SentError): TributaryError {
  return new TributaryError(code, message, { ...rest, ...(hint === undefined ? {} : { hint }) });
}

/** A worker as an object of functions that answer when it has answered. */
function callWorker(worker: Worker, log: Logger): TablesWork {
  const waiting = new Map<number, { resolve(v: unknown): void; reject(e: unknown): void }>();
  let count = 0;
  let ended = false;
  worker.on('message', (message: { id: number; result?: unknown; error?: SentError } | { log: ThreadLine }) => {
    if ('log' in message) {
      log[message.log.level](message.log.line);
      return;
    }
    const { id, result, error } = message;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(received(error));
  });
  worker.on('exit', () => {
    ended = true;
    for (const call of waiting.values()) call.reject(gone());
    waiting.clear();
  });
  const gone = () => failed('The tables are not open.');
  const send = (name: string, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(gone());
      count++;
      waiting.set(count, { resolve, reject });
      worker.postMessage({ id: count, name, args });
    });
  const call =
    <Name extends keyof TablesWork>(name: Name) =>
    (...args: Parameters<TablesWork[Name]>) =>
      send(name, args) as ReturnType<TablesWork[Name]>;
  return {
    foldedTo: call('foldedTo'),
    fold: call('fold'),
    receipt: call('receipt'),
    answer: call('answer'),
    close: call('close'),
  };
}

/** Opens the tables in a thread of their own, in the background: no question waits for them. */
export function openTables(options: {
  setup: Omit<TablesSetup, 'journalEnd'>;
  journal: FileJournal<GatewayRecord>;
  log: Logger;
}): Tables {
  const { setup, journal, log } = options;
  const { chainId, contracts } = setup;
  // Before anything new is appended: a fold beyond this saw records that the journal has lost since.
  const workerData: TablesSetup = { ...setup, journalEnd: journal.nextSeq() };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  worker.on('error', (error) => log.error({ err: error }, 'the tables failed; the explorer is without them'));
  const work = callWorker(worker, log);
  let timer: NodeJS.Timeout | undefined;
  let folding: Promise<void> = Promise.resolve();
  let caughtUp: Promise<void> | undefined;
  const places = createPlaces(MOST_QUESTIONS, ANSWER_MS);
  let closed = false;
  let answers = false;
  worker.once('message', () => {
    answers = true;
  });

  const journalEnd = workerData.journalEnd;
  let pending: RecentReceipt[] = [];

  /** What the journal had before the start and the tables lack. */
  async function readJournal(): Promise<void> {
    let entries: RecentReceipt[] = [];
    const from = await work.foldedTo();
    if (from >= journalEnd) return;
    for await (const { seq, record } of journal.replay(from)) {
      if (seq >= journalEnd) break;
      if (record.kind === 'answer') {
        entries.push({ seq, signed: { chainId, receiptLog: contracts.receiptLog, ...record.entry } });
      }
      if (entries.length < BATCH) continue;
      await work.fold(entries, seq + 1);
      entries = [];
    }
    await work.fold(entries, journalEnd);
  }

  function catchUp(): Promise<void> {
    caughtUp ??= readJournal().catch((error: unknown) => {
      caughtUp = undefined;
      throw error;
    });
    return caughtUp;
  }

  async function foldAll(): Promise<void> {
    await catchUp();
    while (pending.length > 0) {
      const batch = pending.slice(0, BATCH);
      await work.fold(batch, batch.at(-1)!.seq + 1);
      pending = pending.slice(batch.length);
    }
  }

  /** One fold at a time. */
  function fold(): Promise<void> {
    folding = folding.catch(() => undefined).then(foldAll);
    return folding;
  }

  let seen = 0;
  function schedule(): void {
    if (closed) return;
    timer = setTimeout(() => {
      // Tables can wait for a quiet moment; questions cannot wait for the tables.
      const busy = pending.length > seen && pending.length < MOST_PENDING;
      seen = pending.length;
      if (busy) return schedule();
      fold()
        .catch((error: unknown) => {
          if (!closed) log.error({ err: error }, 'folding receipts failed');
        })
        .finally(schedule);
    }, FOLD_MS);
  }
  schedule();

  return {
    add(seq, signed) {
      pending.push({ seq, signed });
    },
    receipt: (id) => places.take(catchUp, () => work.receipt(id)),
    answer: (question) => places.take(catchUp, () => work.answer(question)),
    recent({ newestFirst, service, after, limit }) {
      const found: RecentReceipt[] = [];
      const from = newestFirst ? pending.length - 1 : 0;
      for (let i = from; i >= 0 && i < pending.length && found.length < limit; i += newestFirst ? -1 : 1) {
        const entry = pending[i]!;
        if (service !== undefined && entry.signed.receipt.service !== service) continue;
        if (after !== undefined && (newestFirst ? entry.seq >= after : entry.seq <= after)) continue;
        found.push(entry);
      }
      return found;
    },
    get pending() {
      return pending.length;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      // A thread that is still starting is not waited for: everything in the tables can be built again.
      if (answers)
        await Promise.race([work.close().catch(() => undefined), pause(CLOSE_MS, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
}
