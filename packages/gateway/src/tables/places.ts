import { setTimeout as pause } from 'node:timers/promises';
import { TributaryError } from '@tributary/protocol';

/** Runs work while there is a place for it. */
export interface Places {
  /**
   * Waits until it is `ready`, then for `work`, but not for long. The place is free again when the work itself has ended: what
   * nobody waits for any more is still done.
   * @throws `explorer_busy`, `tables_failed` when it takes too long, and what `ready` and `work` throw
   */
  take<T>(ready: () => Promise<void>, work: () => Promise<T>): Promise<T>;
}

/**
 * @param most places
 * @param waitMs how long work may take, milliseconds; getting ready may take longer
 */
export function createPlaces(most: number, waitMs: number): Places {
  let taken = 0;

  async function work<T>(ready: () => Promise<void>, run: () => Promise<T>): Promise<T> {
    await ready();
    return run();
  }

  async function inTime<T>(result: Promise<T>): Promise<T> {
    const late = new AbortController();
    const tooLate = pause(waitMs, undefined, { ref: false, signal: late.signal }).then(() => {
      throw new TributaryError('tables_failed', 'The tables behind the explorer take too long to answer.', {
        status: 503,
        retryable: true,
      });
    });
    try {
      return await Promise.race([result, tooLate]);
    } finally {
      late.abort();
      tooLate.catch(() => undefined);
    }
  }

  return {
    async take(ready, run) {
      if (taken >= most) {
        throw new TributaryError('explorer_busy', 'Too many explorer questions are under way.', {
          status: 503,
          retryable: true,
        });
      }
      taken++;
      const isReady = Promise.withResolvers<void>();
      const result = work(ready, () => {
        isReady.resolve();
        return run();
      }).finally(() => {
        taken--;
      });
      await Promise.race([isReady.promise, result]);
      return inTime(result);
    },
  };
}
