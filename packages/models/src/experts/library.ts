import type { ChatRequest, Passage } from '@tributary/protocol';
import { canonicalJson, sha256Hex, TributaryError, textOf } from '@tributary/protocol';
import { z } from 'zod';
import type { DatasetContent, Expert, OpenExpert, Question, RoutedCard, Suitability } from '../expert.ts';
import { askingWorth, UNKNOWN_WORTH } from '../library/asking.ts';
import { compose } from '../library/compose.ts';
import { comparePassages, createPassageIndex } from '../library/passage-index.ts';
import { readQuery } from '../library/query.ts';
import { type Evidence, rankPassages } from '../library/rank.ts';
import { readSketch, type Sketch, writeSketch } from '../library/sketch.ts';
import { synonymsOf } from '../library/synonyms.ts';
import { PLAIN_SUPPORTS, plainAnswer } from './plain-answer.ts';

/** Changes when the same data and question may give another answer. */
const METHOD = 'library-1';
/** Least part of a question's weight that the best passage must mention. */
const LEAST_COVERAGE = 0.45;
/** Least part of a question's weight that must occur in the dataset for the library to be asked before others. */
const LEAST_FAMILIAR = 0.4;
/** Least part that its best sentence must mention. */
const LEAST_SENTENCE = 0.2;

const LibraryOptions = z.strictObject({
  /** How many passages are cited at most. */
  passages: z.number().int().min(1).max(8).default(3),
  /** `full` reads the best candidates closely; `fast` trusts the search alone. */
  ranking: z.enum(['full', 'fast']).default('full'),
  /** Citations point to `{citationBase}/{document}#{start}-{end}`; by default to `tributary:{dataset}/…`. */
  citationBase: z.url().optional(),
});
type LibraryOptions = z.infer<typeof LibraryOptions>;

/** An open library. Its data can change without reading everything again. */
export interface OpenLibrary extends OpenExpert {
  /** Takes a new state of the dataset: documents whose hash is known stay as they are. Digest and hints change with it. */
  update(dataset: DatasetContent): { added: number; removed: number };
}

const UNKNOWN =
  'I don’t know: the documents of this library say nothing certain about that. Nothing is charged for this answer.';

function sourcesOf(request: ChatRequest): { text: string; earlier: string } {
  const asked = request.messages.filter((m) => m.role === 'user').map((m) => textOf(m.content));
  return { text: (asked.at(-1) ?? '').slice(0, 4_000), earlier: (asked.at(-2) ?? '').slice(0, 4_000) };
}

/** The evidence worth citing: the best, and others not far behind it. Empty when it is too thin for an answer. */
function worthCiting(evidence: readonly Evidence[], most: number): Evidence[] {
  const best = evidence[0];
  if (!best) return [];
  const sentence = Math.max(0, ...best.sentences.map((s) => s.coverage));
  if (!best.pertinent || best.coverage < LEAST_COVERAGE || sentence < LEAST_SENTENCE) return [];
  return evidence.slice(0, most).filter((e) => e.score >= best.score * 0.5 && e.coverage >= LEAST_COVERAGE * 0.7);
}

/** Opens a library over a dataset. Throws `dataset_missing` or `dataset_empty`. */
export function openLibrary(options: LibraryOptions, initial: DatasetContent): OpenLibrary {
  const index = createPassageIndex();
  const hashes = new Map<string, string>();
  let dataset = initial;
  let hints: Record<string, unknown> = {};

  function update(next: DatasetContent): { added: number; removed: number } {
    const byDocument = new Map<string, Passage[]>();
    for (const p of next.passages) {
      const list = byDocument.get(p.document);
      if (list) list.push(p);
      else byDocument.set(p.document, [p]);
    }
    const stateOf = (passages: readonly Passage[]) => `${passages[0]!.documentHash} ${passages[0]!.contributor}`;
    let removed = 0;
    for (const [name, state] of hashes) {
      const passages = byDocument.get(name);
      if (passages && stateOf(passages) === state) continue;
      index.removeDocument(name);
      hashes.delete(name);
      removed++;
    }
    let added = 0;
    for (const [name, passages] of byDocument) {
      if (hashes.has(name)) continue;
      index.add(passages.toSorted(comparePassages));
      hashes.set(name, stateOf(passages));
      added++;
    }
    dataset = next;
    hints = { dataset: next.name, documents: hashes.size, passages: index.size, terms: writeSketch(index) };
    return { added, removed };
  }

  function urlOf(document: string, start: number, end: number): string {
    const path = document.split('/').map(encodeURIComponent).join('/');
    const base = options.citationBase?.replace(/\/+$/, '') ?? `tributary:${dataset.asset}`;
    return `${base}/${path}#${start}-${end}`;
  }

  update(initial);
  return {
    get modelDigest() {
      return sha256Hex(canonicalJson({ method: METHOD, dataset: dataset.digest }));
    },
    get hints() {
      return hints;
    },
    supports: PLAIN_SUPPORTS,
    deterministic: true,
    contextTokens: 16_384,
    maxOutputTokens: 2_048,
    async answer(request, call) {
      const { text, earlier } = sourcesOf(request);
      const query = readQuery(text, index, earlier);
      const cited = worthCiting(rankPassages(query, index, options.ranking), options.passages);
      if (cited.length === 0) return plainAnswer(request, call, UNKNOWN, { outcome: 'unknown' });
      const composed = compose(cited, { asset: dataset.asset, urlOf });
      return plainAnswer(request, call, composed.text, {
        citations: composed.citations,
        attribution: composed.attribution,
      });
    },
    update,
    close: async () => {},
  };
}

// Reading a sketch takes longer than using it; a card's hints are one object for as long as the card is valid.
const sketches = new WeakMap<object, Sketch>();

function sketchOf(card: RoutedCard): Sketch {
  let sketch = sketches.get(card.hints);
  if (!sketch) {
    sketch = readSketch(card.hints.terms, card.hints.passages);
    sketches.set(card.hints, sketch);
  }
  return sketch;
}

/** Requests to make something up, which no quotation can fulfil. */
const CREATIVE =
  /^\W*(?:(?:please|can you|could you|would you|i want you to|i'd like you to|help me(?: to)?)\s+)*(?:write|compose|invent|imagine|draw|paint|sing|translate|rewrite|paraphrase|brainstorm|roleplay|pretend|act as|generate|draft|rap|tell (?:me )?(?:a|an|another)\b|sum(?:marise|marize|\s+up) (?:this|the following))/i;

function suits(question: Question, card: RoutedCard): Suitability {
  if (question.needsModel) return { score: 0, why: 'a library only quotes' };
  if (question.terms.length === 0) return { score: 0, why: 'the question names nothing to look up' };
  if (CREATIVE.test(question.text))
    return { score: 0, why: 'the question asks for something new, and a library only quotes' };
  const sketch = sketchOf(card);
  let total = 0;
  let known = 0;
  let telling = 0;
  let foreign = 0;
  let inHeading = false;
  for (const term of question.terms) {
    const idf = sketch.idf(term);
    const others = idf === undefined ? synonymsOf(term).flatMap((s) => sketch.idf(s) ?? []) : [];
    const found = idf !== undefined ? 1 : others.length > 0 ? 0.6 : 0;
    const rarity = idf ?? (others.length > 0 ? Math.max(...others) : UNKNOWN_WORTH * sketch.unknownIdf);
    const weight = Math.max(0.05, rarity * askingWorth(term));
    total += weight;
    known += found * weight;
    if (askingWorth(term) < 1) continue;
    if (found === 0 && question.names.has(term)) return { score: 0, why: 'its documents never mention the name' };
    if (found === 0) foreign++;
    else if (++telling === 1) inHeading = sketch.inHeading(term);
  }
  // One shared word beside a foreign one is chance unless a heading has it.
  if (foreign > 0 && telling < 2 && !inHeading) return { score: 0, why: 'its documents do not talk about that' };
  const coverage = total === 0 ? 0 : known / total;
  const name = typeof card.hints.dataset === 'string' ? card.hints.dataset.slice(0, 64) : 'its documents';
  return {
    score: coverage < LEAST_FAMILIAR ? 0 : 0.9 * coverage,
    why: `${Math.round(coverage * 100)} % of what the question is about occurs in ${name}`,
  };
}

/** Answers from a dataset of documents by quoting and citing passages. Says "I don't know" when the evidence is thin. */
export const library: Expert<LibraryOptions> = {
  name: 'library',
  options: LibraryOptions,
  suits,
  open: async (options, { dataset }) => {
    if (!dataset)
      throw new TributaryError('dataset_missing', 'A library needs a dataset.', { hint: 'Name a dataset for it.' });
    if (dataset.passages.length === 0) {
      throw new TributaryError('dataset_empty', `The dataset ${dataset.name} has no text to quote.`, {
        hint: 'Publish Markdown, HTML, plain text or PDF documents.',
      });
    }
    return openLibrary(options, dataset);
  },
};
