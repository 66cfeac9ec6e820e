import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import {
  type Address,
  type DatasetManifest,
  type Hex32,
  manifestDigest,
  type Passage,
  sha256Hex,
  TributaryError,
} from '@tributary/protocol';
import type { ContributorRule } from './contributors.ts';
import { documentKind, extractBlocks } from './extract.ts';
import { byName, type FoundFile, listFiles, type Skipped } from './list-files.ts';
import { cutPassages } from './passages.ts';

/** A document that was read. */
export interface ReadDocument {
  name: string;
  hash: Hex32;
  contributor: Address;
  bytes: number;
  title: string;
  passages: Passage[];
}

/** A folder of documents as a dataset. */
export interface DocumentSet {
  name: string;
  manifest: DatasetManifest;
  /** `manifestDigest` of the manifest. */
  digest: Hex32;
  /** In order of name. */
  documents: ReadDocument[];
  /** Passages of all documents, in order of document and position. */
  passages: Passage[];
  /** Files that are no part of the dataset, each with the reason. */
  skipped: Skipped[];
  /** How many documents were taken over from `previous` without extracting their text again. */
  reused: number;
}

export interface ReadOptions {
  /** The dataset's name. */
  name: string;
  /** Whose a document is. Documents that are nobody's are skipped. */
  contributors: ContributorRule;
  /** An earlier reading: documents whose bytes are the same are taken over from it. */
  previous?: DocumentSet;
  /** Largest document, bytes. */
  maxDocumentBytes?: number;
  /** Largest sum of all documents, bytes. */
  maxTotalBytes?: number;
  maxDocuments?: number;
  /** Called after each document, for a progress display. */
  onProgress?: (done: number, total: number) => void;
}

const MEBIBYTE = 1024 * 1024;
const AT_ONCE = 8;

async function readBytes(file: FoundFile, most: number): Promise<Uint8Array> {
  // The name may have become a link since the folder was listed.
  const handle = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await handle.stat();
    if (size > most) throw new Error(`it has ${size} bytes, more than ${most}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Files to read: everything under a folder, or the given files by their base names. */
async function findFiles(
  source: string | readonly string[],
  most: number,
): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
  try {
    if (typeof source === 'string') {
      if ((await stat(source)).isDirectory()) return await listFiles(source, most);
      return { files: [{ name: basename(source), path: await realpath(source) }], skipped: [] };
    }
    const files = await Promise.all(source.map(async (path) => ({ name: basename(path), path: await realpath(path) })));
    return { files: files.sort(byName), skipped: [] };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const where = typeof source === 'string' ? resolve(source) : source.join(', ');
    throw new TributaryError('documents_unreadable', `Cannot read the documents in ${where}: ${message}.`, {
      param: 'documents',
      hint: 'Give a folder of Markdown, HTML, text or PDF files.',
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `cannot be read: ${message.slice(0, 200)}`;
}

/**
 * Reads a folder (or given files) of Markdown, HTML, plain text and PDF into a dataset. What cannot be read is skipped and
 * reported. The same files give the same dataset, in whatever order the file system lists them.
 * Throws `documents_unreadable` when the folder itself cannot be read.
 */
export async function readDocuments(source: string | readonly string[], options: ReadOptions): Promise<DocumentSet> {
  const { name, contributors, previous, onProgress } = options;
  const { maxDocumentBytes = 32 * MEBIBYTE, maxTotalBytes = 2048 * MEBIBYTE, maxDocuments = 100_000 } = options;
  const found = await findFiles(source, maxDocuments);
  const skipped = [...found.skipped];
  const known = new Map(previous?.documents.map((d) => [d.name, d]));
  const read: ReadDocument[] = [];
  let reused = 0;
  let done = 0;

  async function readOne(file: FoundFile): Promise<void> {
    const contributor = contributors(file.name);
    if (documentKind(file.name) === undefined) {
      skipped.push({ name: file.name, reason: 'is neither Markdown, HTML, plain text nor PDF' });
      return;
    }
    if (contributor === undefined) {
      skipped.push({ name: file.name, reason: 'has no contributor' });
      return;
    }
    const bytes = await readBytes(file, maxDocumentBytes);
    const hash = sha256Hex(bytes);
    const before = known.get(file.name);
    if (before?.hash === hash) {
      reused++;
      const passages =
        before.contributor === contributor ? before.passages : before.passages.map((p) => ({ ...p, contributor }));
      read.push({ ...before, contributor, passages });
      return;
    }
    const { title, pieces } = cutPassages(await extractBlocks(file.name, bytes));
    if (pieces.length === 0) {
      skipped.push({ name: file.name, reason: 'has no text' });
      return;
    }
    const passages = pieces.map((p) => ({ document: file.name, documentHash: hash, contributor, ...p }));
    read.push({ name: file.name, hash, contributor, bytes: bytes.length, title: title ?? file.name, passages });
  }

  const queue = found.files.values();
  async function worker(): Promise<void> {
    for (const file of queue) {
      try {
        await readOne(file);
      } catch (error) {
        skipped.push({ name: file.name, reason: reasonOf(error) });
      }
      onProgress?.(++done, found.files.length);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  const documents = withinTotal(withoutCopies(read.sort(byName), skipped), maxTotalBytes, skipped);
  const manifest: DatasetManifest = {
    name,
    documents: documents.map(({ name, hash, contributor, bytes }) => ({ name, hash, contributor, bytes })),
  };
  return {
    name,
    manifest,
    digest: manifestDigest(manifest),
    documents,
    passages: documents.flatMap((d) => d.passages),
    skipped: skipped.sort(byName),
    reused,
  };
}

/** A copy earns nothing: of documents with the same bytes the first by name stays. */
function withoutCopies(documents: readonly ReadDocument[], skipped: Skipped[]): ReadDocument[] {
  const seen = new Map<Hex32, string>();
  return documents.filter((d) => {
    const original = seen.get(d.hash);
    if (original !== undefined) skipped.push({ name: d.name, reason: `is a copy of ${original}` });
    else seen.set(d.hash, d.name);
    return original === undefined;
  });
}

/** Documents in order of name as long as they fit; the others are reported. */
function withinTotal(documents: readonly ReadDocument[], mostBytes: number, skipped: Skipped[]): ReadDocument[] {
  let total = 0;
  return documents.filter((d) => {
    const fits = total + d.bytes <= mostBytes;
    if (fits) total += d.bytes;
    else skipped.push({ name: d.name, reason: `would make the dataset larger than ${mostBytes} bytes` });
    return fits;
  });
}
