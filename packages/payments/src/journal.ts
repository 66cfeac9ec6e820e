/** An append-only file of promises. What `append` resolved for survives SIGKILL and power loss. */
export interface Journal<R> {
  /** Resolves with the record's sequence number when it is on disk. Records keep the order of the calls. */
  append(record: R): Promise<number>;
  /** The records from `fromSeq` on (default: all), in order. */
  replay(fromSeq?: number): AsyncIterable<{ seq: number; record: R }>;
  close(): Promise<void>;
}
