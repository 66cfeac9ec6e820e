/** Something that runs on and on until it is stopped. */
export interface Repeating {
  /** No further round begins; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Runs `round`, waits `pauseMs`, and so on. A round that throws is reported, and the next one comes all the same. */
export function repeat(round: () => Promise<unknown>, pauseMs: number, onError: (error: unknown) => void): Repeating {
  let stopped = false;
  let wake: (() => void) | undefined;
  const loop = async () => {
    while (!stopped) {
      try {
        await round();
      } catch (error) {
        onError(error);
      }
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const ended = loop();
  return {
    async stop() {
      stopped = true;
      wake?.();
      await ended;
    },
  };
}
