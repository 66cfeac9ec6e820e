import {
  type CardSubject,
  cardOf,
  type Database,
  type DueCard,
  dueCards,
  nextRetry,
  saveCard,
} from '@tributary/ledger';
import type { GuardedFetch } from '@tributary/work';
import type { Logger } from 'pino';
import { readCard } from './read-card.ts';

const BATCH = 64;
/** Cards fetched at the same time. */
const PARALLEL = 8;
/** Pause before a card that could not be read is tried again; doubles each time. */
const FIRST_RETRY_SECONDS = 15;
const LONGEST_RETRY_SECONDS = 86_400;
/** How long a fetched card is taken for the newest: what it says may change under the same address. */
const FRESH_SECONDS = 21_600;
const UNREAD = { name: '', description: '', model: '', content: null };

/** Reads the cards of assets and parties into the tables: at once where the URI has it all, else in the background. */
export interface CardReader {
  /** URIs may have changed. */
  look(): void;
  /** Resolves when every card that needs no fetching is in the tables. */
  inline(): Promise<void>;
  close(): Promise<void>;
}

export function createCardReader(deps: {
  db: Database;
  fetch: GuardedFetch;
  onRead(subjects: readonly CardSubject[]): void;
  log: Logger;
  now?: () => number;
}): CardReader {
  const { db, fetch, onRead, log, now = () => Math.floor(Date.now() / 1000) } = deps;
  let inlineDue = true;
  let closed = false;
  let again = false;
  let fetching: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function readOne({ subject, uri, failures }: DueCard, remote: boolean): Promise<void> {
    try {
      const read = await readCard(uri, fetch);
      await saveCard(db, { subject, uri, ...read, retryAt: remote ? now() + FRESH_SECONDS : null, failures: 0 });
    } catch (error) {
      log.debug({ subject, err: error }, 'a card could not be read');
      const known = await cardOf(db, subject);
      const pause = Math.min(FIRST_RETRY_SECONDS * 2 ** Math.min(failures, 16), LONGEST_RETRY_SECONDS);
      const kept = known?.uri === uri ? known : UNREAD;
      await saveCard(db, { ...kept, subject, uri, retryAt: now() + pause, failures: failures + 1 });
    }
  }

  /** Reads all that is due of one sort. */
  async function readAll(remote: boolean): Promise<void> {
    while (!closed) {
      const due = await dueCards(db, { remote, now: now(), limit: BATCH });
      if (due.length === 0) return;
      for (let i = 0; i < due.length && !closed; i += PARALLEL)
        await Promise.all(due.slice(i, i + PARALLEL).map((d) => readOne(d, remote)));
      onRead(due.map((d) => d.subject));
    }
  }

  async function fetchAll(): Promise<void> {
    let retryAt: number | null;
    do {
      again = false;
      await readAll(true);
      retryAt = await nextRetry(db);
    } while (again && !closed);
    if (retryAt !== null && !closed) timer = setTimeout(look, Math.max(1, retryAt - now()) * 1000).unref();
  }

  function look(): void {
    inlineDue = true;
    again = true;
    clearTimeout(timer);
    fetching ??= fetchAll()
      .catch((error: unknown) => {
        if (!closed) log.warn({ err: error }, 'cards could not be read');
      })
      .finally(() => {
        fetching = undefined;
      });
  }

  return {
    look,
    async inline() {
      if (!inlineDue) return;
      inlineDue = false;
      try {
        await readAll(false);
      } catch (error) {
        inlineDue = true;
        throw error;
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await fetching;
    },
  };
}
