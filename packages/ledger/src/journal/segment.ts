import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TributaryError } from '@tributary/protocol';
import { decodeLine, isWholeLine } from './line.ts';

/** A file of the journal. Its name carries the number of its first record. */
export interface Segment {
  path: string;
  firstSeq: number;
}

const NAME = /^(\d{12})\.journal$/;

export function segmentPath(dir: string, firstSeq: number): string {
  return join(dir, `${String(firstSeq).padStart(12, '0')}.journal`);
}

/** The segments of a folder, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  return (await readdir(dir))
    .filter((name) => NAME.test(name))
    .sort()
    .map((name) => ({ path: join(dir, name), firstSeq: Number(NAME.exec(name)![1]) }));
}

/** Makes the names inside a folder durable: a created or renamed file survives power loss only after this. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* lines(path: string): AsyncGenerator<{ line: Buffer; offset: number; whole: boolean }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    let block = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10)) {
      yield { line: block.subarray(0, end), offset, whole: true };
      offset += end + 1;
      block = block.subarray(end + 1);
    }
    rest = block;
  }
  if (rest.length > 0) yield { line: rest, offset, whole: false };
}

/** One thing found in a segment: a record, or the offset at which a torn tail begins. */
export type Found = { seq: number; record: unknown } | { tornAt: number };

/**
 * Reads a segment from its start. A bad record with a readable one behind it is damage and throws `journal_corrupt`
 * naming file and offset; bad bytes up to the end are a torn tail.
 */
export async function* readSegment(segment: Segment): AsyncGenerator<Found> {
  let seq = segment.firstSeq;
  let tornAt: number | null = null;
  for await (const { line, offset, whole } of lines(segment.path)) {
    if (tornAt !== null) {
      if (whole && isWholeLine(line)) throw corrupt(segment.path, tornAt);
      continue;
    }
    const record = whole ? decodeLine(line, seq) : null;
    if (record === null) tornAt = offset;
    else yield { seq: seq++, record };
  }
  if (tornAt !== null) yield { tornAt };
}

export function corrupt(path: string, offset: number, why = 'a record does not match its checksum'): TributaryError {
  return new TributaryError('journal_corrupt', `The journal ${path} is damaged at byte ${offset}: ${why}.`, {
    status: 500,
    hint: 'Restore this file from a copy. The readable records behind the damage show that it is not a torn tail.',
  });
}
