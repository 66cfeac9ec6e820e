import type { PassageIndex } from './passage-index.ts';

/**
 * What a dataset is about, small enough for a card: 24-bit hashes of its stems, each with a byte for its idf
 * and whether a heading has it. A stem that is not
 * in the dataset looks as if it were with a chance below 0.1 % (10,000 entries among 2²⁴).
 */
export interface Sketch {
  /** The stem's idf, or undefined when the dataset does not have it. */
  idf(term: string): number | undefined;
  /** True when a heading has the stem. */
  inHeading(term: string): boolean;
  /** The idf of a stem that is in no passage. */
  unknownIdf: number;
}

const ENTRY_BYTES = 4;
/** 40 kB, 53 kB in base64: with the other hints below 64 kB. */
const MOST_ENTRIES = 10_000;
/** An idf counts twelfths in seven bits; the eighth says that the stem is in a heading. */
const IDF_STEPS = 12;
const MOST_STEPS = 127;
const HEADING_BIT = 128;

/** FNV-1a folded to 24 bits. */
function hash24(term: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) h = Math.imul(h ^ term.charCodeAt(i), 0x01000193);
  return ((h >>> 24) ^ h) & 0xffffff;
}

/** Base64 of the sketch of an index. Of large vocabularies the stems found in most passages are kept. */
export function writeSketch(index: PassageIndex): string {
  const headings = new Set(index.all().flatMap((p) => [...p.headingTerms]));
  const kept = [...index.vocabulary()]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST_ENTRIES)
    .map(([term]) => ({
      hash: hash24(term),
      byte: Math.min(MOST_STEPS, Math.round(index.idf(term) * IDF_STEPS)) | (headings.has(term) ? HEADING_BIT : 0),
    }))
    .sort((a, b) => a.hash - b.hash || a.byte - b.byte);
  const bytes = Buffer.alloc(kept.length * ENTRY_BYTES);
  kept.forEach(({ hash, byte }, i) => {
    bytes.writeUIntBE(hash, i * ENTRY_BYTES, 3);
    bytes.writeUInt8(byte, i * ENTRY_BYTES + 3);
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
      if (!table.has(hash)) table.set(hash, bytes.readUInt8(at + 3));
    }
  }
  const n = typeof passages === 'number' && passages > 0 ? Math.min(passages, 1e9) : 1;
  return {
    idf(term) {
      const byte = table.get(hash24(term));
      return byte === undefined ? undefined : (byte & MOST_STEPS) / IDF_STEPS;
    },
    inHeading: (term) => ((table.get(hash24(term)) ?? 0) & HEADING_BIT) !== 0,
    unknownIdf: Math.log(1 + (n + 0.5) / 0.5),
  };
}
