/** Something that runs again and again until it is stopped. */
export interface Repeating {
  /** No further round begins; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Waits `pauseMs`, runs `round`, and so on. A round that throws is reported, and the next one comes all the same. */
export function createRepeating(
  round: () => Promise<void>,
  pauseMs: number,
  onError: (error: unknown) => void,
): Repeating {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  let stopped = false;
  const schedule = () => {
    timer = setTimeout(() => {
      running = round()
        .catch(onError)
        .finally(() => {
          if (!stopped) schedule();
        });
    }, pauseMs);
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
