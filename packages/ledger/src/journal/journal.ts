import { constants, type FileHandle, mkdir, open, stat, truncate } from 'node:fs/promises';
import type { Journal } from '@tributary/payments';
import { TributaryError, toWire } from '@tributary/protocol';
import { encodeLine } from './line.ts';
import { corrupt, listSegments, readSegment, type Segment, segmentPath, syncFolder } from './segment.ts';

export interface JournalOptions<R> {
  /** Folder of the segment files; made when missing. One process at a time: see `acquireLock`. */
  dir: string;
  /** Turns the JSON of a record back into a record. Amounts were written as decimal strings. */
  parse: (json: unknown) => R;
  /** A segment is closed once it is at least this long. */
  segmentBytes?: number;
  /**
   * The next record gets at least this number. For callers that keep a fold of the journal which may be ahead of a
   * journal that was cut; numbers left out that way are read by nobody, so `replay` must start behind them.
   */
  minSeq?: number;
}

/** A journal that knows the number of its next record. */
export interface FileJournal<R> extends Journal<R> {
  nextSeq(): number;
}

/**
 * Linux writes and syncs in one call of the kernel when asked so at opening, which spares a way to a thread and back. Elsewhere a
 * synchronous write promises less than fdatasync does, so the two stay two.
 */
const SYNC_ON_WRITE = process.platform === 'linux' ? constants.O_DSYNC : 0;

/** Writes all of `bytes` at `position`; they are on disk when it resolves. */
async function writeDurably(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
  if (!SYNC_ON_WRITE) await file.datasync();
}

interface Waiting {
  json: string;
  resolve: (seq: number) => void;
  reject: (error: unknown) => void;
}

/**
 * Opens an append-only journal in segment files. Appends that come while a write is under way share the next write and
 * its sync. A torn tail, what a kill in the middle of a write leaves, is cut off here.
 *
 * Throws `journal_corrupt` where a bad record is followed by good ones. After a failed write (a full disk) every append
 * is refused with `journal_failed` until the journal is opened again.
 */
export async function openJournal<R>(options: JournalOptions<R>): Promise<FileJournal<R>> {
  const { dir, parse, segmentBytes = 64 << 20, minSeq = 0 } = options;
  await mkdir(dir, { recursive: true });
  const segments = await listSegments(dir);
  let nextSeq = 0;
  let size = 0;
  let file: FileHandle | null = null;

  const last = segments.at(-1);
  if (last) {
    ({ nextSeq, size } = await cutTornTail(last));
    file = await open(last.path, constants.O_RDWR | SYNC_ON_WRITE);
  }
  if (!file || nextSeq < minSeq) {
    nextSeq = Math.max(nextSeq, minSeq);
    await startSegment();
  }

  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let failure: TributaryError | null = null;
  let closed = false;

  async function startSegment(): Promise<void> {
    await file?.close();
    // A segment that the cut emptied may carry this very number.
    const path = segmentPath(dir, nextSeq);
    file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | SYNC_ON_WRITE, 0o644);
    await file.datasync();
    await syncFolder(dir);
    if (segments.at(-1)?.path !== path) segments.push({ path, firstSeq: nextSeq });
    size = 0;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (size >= segmentBytes) await startSegment();
        const first = nextSeq;
        const bytes = Buffer.concat(batch.map((w, i) => encodeLine(first + i, w.json)));
        await writeDurably(file!, bytes, size);
        size += bytes.length;
        nextSeq += batch.length;
        batch.forEach((w, i) => {
          w.resolve(first + i);
        });
      } catch (cause) {
        failure = new TributaryError('journal_failed', `The journal in ${dir} could not be written: ${cause}.`, {
          status: 503,
          cause,
          hint: 'Free disk space or repair the disk, then start again.',
        });
        for (const w of [...batch, ...waiting]) w.reject(failure);
        waiting = [];
      }
    }
    writing = null;
  }

  return {
    append(record) {
      if (failure) return Promise.reject(failure);
      if (closed)
        return Promise.reject(new TributaryError('journal_closed', 'The journal is closed.', { status: 503 }));
      const json = toWire(record);
      return new Promise((resolve, reject) => {
        waiting.push({ json, resolve, reject });
        writing ??= writeAll();
      });
    },
    async *replay(fromSeq = 0) {
      const end = nextSeq;
      for (const [i, segment] of segments.entries()) {
        const following = segments[i + 1]?.firstSeq;
        if (following !== undefined && following <= fromSeq) continue;
        let seq = segment.firstSeq;
        for await (const found of readSegment(segment)) {
          if (seq >= end) return;
          if ('tornAt' in found) throw corrupt(segment.path, found.tornAt);
          seq = found.seq + 1;
          if (found.seq >= fromSeq) yield { seq: found.seq, record: parse(found.record) };
        }
        if (following !== undefined && seq !== following && seq >= fromSeq) {
          throw corrupt(segment.path, size, `records ${seq} to ${following - 1} are missing`);
        }
      }
    },
    nextSeq: () => nextSeq,
    async close() {
      if (closed) return;
      closed = true;
      await writing;
      await file?.close();
    },
  };
}

async function cutTornTail(segment: Segment): Promise<{ nextSeq: number; size: number }> {
  let nextSeq = segment.firstSeq;
  let tornAt: number | null = null;
  for await (const found of readSegment(segment)) {
    if ('tornAt' in found) ({ tornAt } = found);
    else nextSeq = found.seq + 1;
  }
  if (tornAt === null) return { nextSeq, size: (await stat(segment.path)).size };
  await truncate(segment.path, tornAt);
  return { nextSeq, size: tornAt };
}
