const encoder = new TextEncoder();

/** Bytes that may wait for a slow client before the provider is slowed down as well. */
const HIGH_WATER_BYTES = 256 * 1024;

/** A server-sent event stream that is being written. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  /** Writes one event with its blank line; the promise waits for a slow client. Nothing happens once the client has gone. */
  data(json: string): Promise<void> | void;
  comment(text: string): void;
  close(): void;
}

export function createEventStream(): EventStream {
  const gone = new AbortController();
  let wake: (() => void) | undefined;
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let open = true;
  const body = new ReadableStream<Uint8Array>(
    {
      start(c) {
        controller = c;
      },
      pull() {
        wake?.();
        wake = undefined;
      },
      cancel() {
        open = false;
        wake?.();
        gone.abort();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
  );
  const write = (text: string): void => {
    if (open) controller.enqueue(encoder.encode(text));
  };
  return {
    body,
    gone: gone.signal,
    data(json) {
      write(`data: ${json}\n\n`);
      if (!open || (controller.desiredSize ?? 0) > 0) return;
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    comment(text) {
      write(`: ${text}\n\n`);
    },
    close() {
      if (!open) return;
      open = false;
      controller.close();
    },
  };
}
