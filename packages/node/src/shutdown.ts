/** What has been opened and is to be closed again. */
export interface Shutdown {
  /** Closed before everything that was added earlier. */
  add(close: () => Promise<unknown> | unknown): void;
  /** Closes all, the newest first; a second call does nothing. The first failure is thrown when everything was tried. */
  close(): Promise<void>;
}

function createShutdown(): Shutdown {
  const parts: (() => Promise<unknown> | unknown)[] = [];
  return {
    add: (close) => void parts.push(close),
    async close() {
      const failures: unknown[] = [];
      for (const part of parts.splice(0).toReversed()) {
        try {
          await part();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Runs `open`; when it fails, what it had added is closed before its error goes on. */
export async function openOrClose<T>(open: (shutdown: Shutdown) => Promise<T>): Promise<T> {
  const shutdown = createShutdown();
  try {
    return await open(shutdown);
  } catch (error) {
    await shutdown.close().catch(() => undefined);
    throw error;
  }
}
