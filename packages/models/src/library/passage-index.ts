import type { Passage } from '@tributary/protocol';
import { contentTerms } from '@tributary/work';
import MiniSearch from 'minisearch';

/** A passage in the index. */
export interface IndexedPassage {
  id: number;
  passage: Passage;
  /** Stems of the body, in order. */
  terms: readonly string[];
  /** Stems of the headings and of the document's name. */
  headingTerms: ReadonlySet<string>;
}

/** An inverted index over passages. Results depend on the passages only, not on the order in which they came and went. */
export interface PassageIndex {
  readonly size: number;
  add(passages: readonly Passage[]): void;
  /** Removes all passages of a document; true when there were any. */
  removeDocument(name: string): boolean;
  /** Number of passages with a stem. */
  frequency(term: string): number;
  /** ln(1 + (N − n + ½)/(n + ½)): what a stem found in n of N passages tells (Robertson and Zaragoza 2009, BM25). */
  idf(term: string): number;
  /** Known stems of which one is the beginning of the other, such as "claim" and "claimer", in order. */
  relatives(term: string): string[];
  /** Every stem with the number of passages it is in, in no particular order. */
  vocabulary(): IterableIterator<[string, number]>;
  /** The best passages for weighted stems, best first. Unknown stems are matched with small spelling differences. */
  search(
    weights: ReadonlyMap<string, number>,
    most: number,
  ): { hit: IndexedPassage; score: number; matched: string[] }[];
  /** Every passage, in order of document and position. */
  all(): IndexedPassage[];
}

/** Letters that relatives share at least. */
const PREFIX = 5;

/** Order of passages: by document, then by position. */
export function comparePassages(a: Passage, b: Passage): number {
  if (a.document !== b.document) return a.document < b.document ? -1 : 1;
  return a.start - b.start;
}

/** Words of a document's name that say what it is about: the file's name without its ending, and its folders. */
function documentTerms(document: string): string[] {
  return contentTerms(document.replace(/\.[a-z0-9]{1,5}$/i, '').replaceAll('/', ' '));
}

/** A new, empty index. */
export function createPassageIndex(): PassageIndex {
  const byId = new Map<number, IndexedPassage>();
  const byDocument = new Map<string, IndexedPassage[]>();
  const frequencies = new Map<string, number>();
  const byPrefix = new Map<string, Set<string>>();
  let nextId = 0;
  const mini = new MiniSearch<{ id: number; heading: string; text: string }>({
    fields: ['heading', 'text'],
    tokenize: (text) => (text === '' ? [] : text.split(' ')),
    processTerm: (term) => term,
  });

  function row(p: IndexedPassage) {
    return { id: p.id, heading: [...p.headingTerms].join(' '), text: p.terms.join(' ') };
  }

  function remember(term: string): void {
    const prefix = term.slice(0, PREFIX);
    const family = byPrefix.get(prefix);
    if (family) family.add(term);
    else byPrefix.set(prefix, new Set([term]));
  }

  function forget(term: string): void {
    frequencies.delete(term);
    byPrefix.get(term.slice(0, PREFIX))?.delete(term);
  }

  function count(p: IndexedPassage, by: 1 | -1): void {
    for (const term of new Set([...p.terms, ...p.headingTerms])) {
      const n = (frequencies.get(term) ?? 0) + by;
      if (n === 0) forget(term);
      else {
        if (n === 1 && by === 1) remember(term);
        frequencies.set(term, n);
      }
    }
  }

  return {
    get size() {
      return byId.size;
    },
    add(passages) {
      // The passages of a section have the same headings.
      let last: { key: string; terms: ReadonlySet<string> } | undefined;
      for (const passage of passages) {
        const key = [passage.document, ...passage.headings].join('\n');
        if (last?.key !== key) {
          last = {
            key,
            terms: new Set([...passage.headings.flatMap(contentTerms), ...documentTerms(passage.document)]),
          };
        }
        const indexed: IndexedPassage = {
          id: nextId++,
          passage,
          terms: contentTerms(passage.text),
          headingTerms: last.terms,
        };
        byId.set(indexed.id, indexed);
        const ofDocument = byDocument.get(passage.document);
        if (ofDocument) ofDocument.push(indexed);
        else byDocument.set(passage.document, [indexed]);
        count(indexed, 1);
        mini.add(row(indexed));
      }
    },
    removeDocument(name) {
      const gone = byDocument.get(name);
      if (!gone) return false;
      byDocument.delete(name);
      for (const p of gone) {
        byId.delete(p.id);
        count(p, -1);
        // `remove`, not `discard`: discarded passages would count in scores until the next clean-up.
        mini.remove(row(p));
      }
      return true;
    },
    frequency: (term) => frequencies.get(term) ?? 0,
    idf(term) {
      const n = frequencies.get(term) ?? 0;
      return Math.log(1 + (byId.size - n + 0.5) / (n + 0.5));
    },
    relatives(term) {
      if (term.length < PREFIX) return [];
      return [...(byPrefix.get(term.slice(0, PREFIX)) ?? [])]
        .filter(
          (t) => t !== term && Math.abs(t.length - term.length) <= 5 && (t.startsWith(term) || term.startsWith(t)),
        )
        .sort();
    },
    vocabulary: () => frequencies.entries(),
    search(weights, most) {
      const results = mini.search([...weights.keys()].join(' '), {
        boost: { heading: 2 },
        boostTerm: (term) => weights.get(term) ?? 1,
        fuzzy: (term) => (frequencies.has(term) || term.length < 5 || /\d/.test(term) ? false : 0.25),
        maxFuzzy: 2,
        combineWith: 'OR',
      });
      return results
        .map((r) => ({
          hit: byId.get(Number(r.id))!,
          // MiniSearch keeps a running mean of lengths, whose last digits depend on history.
          score: Number(r.score.toPrecision(9)),
          matched: r.terms.toSorted(),
        }))
        .sort((a, b) => b.score - a.score || comparePassages(a.hit.passage, b.hit.passage))
        .slice(0, most);
    },
    all: () => [...byId.values()].sort((a, b) => comparePassages(a.passage, b.passage)),
  };
}
