import type { Logger } from 'pino';
import type { Books } from './books.ts';

const SOON_MS = 100;
const RETRY_MS = 15_000;

/** Sends back `exact` payments whose answers failed. */
export interface Refunds {
  /** Finds payments that a crash or a lost transaction cut short; at the start after the journal was replayed, then now and then. */
  recover(): Promise<void>;
  soon(): void;
  close(): Promise<void>;
}

export function createRefunds(books: Books, log: Logger): Refunds {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  async function payAll(): Promise<void> {
    for await (const record of books.exact.payRefunds()) {
      await books.keep([record]);
      log.info({ record }, 'a payment was sent back');
    }
  }

  function schedule(ms: number): void {
    if (closed || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      running = payAll().catch((error: unknown) => {
        log.error({ err: error }, 'a refund failed, trying again');
        schedule(RETRY_MS);
      });
    }, ms);
  }

  return {
    async recover() {
      await books.keep(await books.exact.recover());
      schedule(SOON_MS);
    },
    soon: () => schedule(SOON_MS),
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
