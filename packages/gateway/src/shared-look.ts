import { setTimeout as pause } from 'node:timers/promises';

/**
 * Lets many callers share one costly look: each gets a look that begins after its call, and between two looks there is a
 * pause. So strangers cannot cause more than one look for each pause, and nobody misses what happened just before its call.
 */
export function createSharedLook(look: () => Promise<void>, pauseMs: number): () => Promise<void> {
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  let endedAt = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    await running.catch(() => undefined);
    const waitMs = endedAt + pauseMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    next = undefined;
    running = look().finally(() => {
      endedAt = performance.now();
    });
    await running;
  }

  return () => {
    next ??= run();
    return next;
  };
}
