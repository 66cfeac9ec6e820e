import type { PassageIndex } from './passage-index.ts';

/**
 * What a dataset is about, small enough for a card: 24-bit hashes of its stems, each with an idf byte. A stem that is not
 * in the dataset looks as if it were with a chance below 0.1 % (10,000 entries among 2²⁴).
 */
export interface Sketch {
  /** The stem's idf, or undefined when the dataset does not have it. */
  idf(term: string): number | undefined;
  /** The idf of a stem that is in no passage. */
  unknownIdf: number;
}

const ENTRY_BYTES = 4;
/** 40 kB, 53 kB in base64: with the other hints below 64 kB. */
const MOST_ENTRIES = 10_000;
/** An idf byte counts sixteenths. */
const IDF_STEPS = 16;

/** FNV-1a folded to 24 bits. */
function hash24(term: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) h = Math.imul(h ^ term.charCodeAt(i), 0x01000193);
  return ((h >>> 24) ^ h) & 0xffffff;
}

/** Base64 of the sketch of an index. Of large vocabularies the stems found in most passages are kept. */
export function writeSketch(index: PassageIndex): string {
  const kept = [...index.vocabulary()]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST_ENTRIES)
    .map(([term]) => ({ hash: hash24(term), idf: Math.min(255, Math.round(index.idf(term) * IDF_STEPS)) }))
    .sort((a, b) => a.hash - b.hash || a.idf - b.idf);
  const bytes = Buffer.alloc(kept.length * ENTRY_BYTES);
  kept.forEach(({ hash, idf }, i) => {
    bytes.writeUIntBE(hash, i * ENTRY_BYTES, 3);
    bytes.writeUInt8(idf, i * ENTRY_BYTES + 3);
  });
  return bytes.toString('base64');
}

/** Reads a stranger's sketch; what is too long or malformed reads as empty. */
export function readSketch(base64: unknown, passages: unknown): Sketch {
  const table = new Map<number, number>();
  if (typeof base64 === 'string' && base64.length <= 64 * 1024) {
    const bytes = Buffer.from(base64, 'base64');
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const hash = bytes.readUIntBE(at, 3);
      // Of two stems with one hash the commoner counts: it promises less.
      table.set(hash, Math.min(table.get(hash) ?? 255, bytes.readUInt8(at + 3)));
    }
  }
  const n = typeof passages === 'number' && passages > 0 ? Math.min(passages, 1e9) : 1;
  return {
    idf(term) {
      const steps = table.get(hash24(term));
      return steps === undefined ? undefined : steps / IDF_STEPS;
    },
    unknownIdf: Math.log(1 + (n + 0.5) / 0.5),
  };
}
