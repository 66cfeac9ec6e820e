import { contentTerms, type Span, sentences } from '@tributary/work';
import type { IndexedPassage, PassageIndex } from './passage-index.ts';
import { comparePassages } from './passage-index.ts';
import { type Query, withSpellings } from './query.ts';

/** A sentence of a passage and how well it answers, offsets into the passage's text. */
export interface RatedSentence extends Span {
  score: number;
  /** Part of the question's weight that the sentence mentions, most of it when only its headings do, 0 to 1. */
  coverage: number;
  /** How well its form fits the kind of answer wanted, 0 to 1. */
  form: number;
}

/** A passage and how well it answers. */
export interface Evidence {
  hit: IndexedPassage;
  score: number;
  /** Part of the question's weight that passage and headings mention, 0 to 1. */
  coverage: number;
  /** True when the passage is about what is asked: it has two of the telling words, or all of them and not by the way. */
  pertinent: boolean;
  sentences: RatedSentence[];
}

const CANDIDATES = 60;
// BM25's usual constants, with lengths in stems.
const K1 = 1.2;
const B = 0.75;
const MEAN_TERMS = 60;

/** Best worth of any form of each query term among some stems. */
function worths(query: Query, has: (term: string) => boolean): number[] {
  return query.terms.map((t) => {
    let best = 0;
    for (const [form, worth] of t.matches) if (worth > best && has(form)) best = worth;
    return best;
  });
}

function covered(query: Query, worth: readonly number[]): number {
  if (query.totalWeight === 0) return 0;
  return query.terms.reduce((sum, t, i) => sum + t.weight * worth[i]!, 0) / query.totalWeight;
}

/** How close together the question's words stand: the part of neighbouring pairs found within eight stems. */
function proximity(query: Query, terms: readonly string[]): number {
  if (query.terms.length < 2) return 0;
  const places = query.terms.map((t) => terms.flatMap((term, at) => (t.matches.has(term) ? [at] : [])));
  let near = 0;
  for (let i = 1; i < places.length; i++) {
    const gaps = places[i]!.flatMap((b) => places[i - 1]!.map((a) => Math.abs(a - b)));
    const gap = Math.min(...gaps, Number.POSITIVE_INFINITY);
    if (gap > 0 && gap <= 8) near += 1 / Math.sqrt(gap);
  }
  return near / (places.length - 1);
}

const NUMBER =
  /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|half|third|quarter|none|once|twice)\b/i;
const REASON =
  /\b(?:because|since|so that|therefore|reason|otherwise|to avoid|to keep|to prevent|that is why|hence|so )\b/i;
const TIME =
  /\b(?:when|before|after|until|as soon as|once|every|seconds?|minutes?|hours?|days?|weeks?|months?|years?|at the (?:start|end)|\d{4})\b/i;
const WAY = /\b(?:by|with|through|using|first|then|run|type|set|open|call|point|add|give|start|write|put)\b|`/i;
const DEFINES = /^(?:an?|the)?\s*\W*[\w’' -]{2,60}?\W*\s*(?:is|are|means|stands for|refers to|was|were|:|—|–)\s/i;

/** How well a sentence's form fits the kind of answer wanted, 0 to 1. */
function formFits(query: Query, sentence: string, terms: readonly string[]): number {
  switch (query.type) {
    case 'number':
      return NUMBER.test(sentence) ? 1 : 0;
    case 'reason':
      return REASON.test(sentence) ? 1 : 0;
    case 'time':
      return TIME.test(sentence) ? 1 : 0;
    case 'way':
      return WAY.test(sentence) ? 0.5 : 0;
    case 'definition': {
      if (query.subject.length === 0 || !DEFINES.test(sentence)) return 0;
      // "A voucher is …" defines vouchers; "… is signed by a voucher" does not.
      const begin = terms.slice(0, query.subject.length);
      return query.subject.every((s, i) => begin[i] === s) ? 1 : 0.2;
    }
    default:
      return 0;
  }
}

function rateSentences(query: Query, hit: IndexedPassage): RatedSentence[] {
  const { text } = hit.passage;
  return sentences(text).map((span) => {
    const sentence = text.slice(span.start, span.end);
    const terms = contentTerms(sentence);
    const set = new Set(terms);
    const own = worths(query, (t) => set.has(t));
    const withHeadings = worths(query, (t) => set.has(t) || hit.headingTerms.has(t));
    const ownCoverage = covered(query, own);
    // A sentence without a single word of the question can still be the answer under a fitting heading.
    const coverage = 0.3 * ownCoverage + 0.7 * covered(query, withHeadings);
    const form = formFits(query, sentence, terms);
    const score = ownCoverage + 0.5 * coverage + 0.3 * form * (0.4 + 0.6 * coverage) + 0.15 * proximity(query, terms);
    return { ...span, coverage, form, score };
  });
}

function bm25(query: Query, hit: IndexedPassage): number {
  const counts = new Map<string, number>();
  for (const t of hit.terms) counts.set(t, (counts.get(t) ?? 0) + 1);
  const length = 1 - B + (B * hit.terms.length) / MEAN_TERMS;
  let sum = 0;
  for (const t of query.terms) {
    let n = 0;
    for (const [form, worth] of t.matches) n += worth * (counts.get(form) ?? 0);
    sum += (t.weight * n * (K1 + 1)) / (n + K1 * length);
  }
  return query.totalWeight === 0 ? 0 : sum / (query.totalWeight * (K1 + 1));
}

/**
 * See `Evidence.pertinent`. One matching word beside one that is foreign to the whole dataset must be in a heading. A word
 * that is all there is must be in a heading, be repeated, or be what a sentence defines.
 */
function isPertinent(
  query: Query,
  hit: IndexedPassage,
  worth: readonly number[],
  rated: readonly RatedSentence[],
): boolean {
  // Nothing is said here about a name that never occurs.
  if (query.terms.some((t) => t.name && t.foreign)) return false;
  const telling = query.terms.map((t, i) => ({ ...t, worth: worth[i]! })).filter((t) => !t.asking);
  const matched = telling.filter((t) => t.worth > 0);
  const [only] = matched;
  if (matched.length >= 2 || telling.length === 0) return true;
  if (only === undefined) return false;
  if (telling.length > 1 && telling.every((t) => !t.foreign)) return true;
  if ([...only.matches.keys()].some((form) => hit.headingTerms.has(form))) return true;
  if (telling.length > 1) return false;
  return hit.terms.filter((t) => only.matches.has(t)).length >= 2 || rated.some((s) => s.form === 1);
}

function rate(query: Query, hit: IndexedPassage): Evidence {
  const body = new Set(hit.terms);
  const worth = worths(query, (t) => body.has(t) || hit.headingTerms.has(t));
  const coverage = covered(query, worth);
  const rated = rateSentences(query, hit);
  const bestSentence = Math.max(0, ...rated.map((s) => s.score));
  const headings = covered(
    query,
    worths(query, (t) => hit.headingTerms.has(t)),
  );
  const innermost = hit.passage.headings.at(-1);
  const isEntry =
    query.subject.length > 0 && innermost !== undefined && contentTerms(innermost).join(' ') === query.subject.join(' ')
      ? 1
      : 0;
  const score =
    coverage +
    0.5 * bm25(query, hit) +
    0.6 * bestSentence +
    0.5 * headings +
    0.2 * proximity(query, hit.terms) +
    0.9 * isEntry;
  return {
    hit,
    score,
    coverage,
    pertinent: isPertinent(query, hit, worth, rated),
    sentences: rated,
  };
}

/**
 * Evidence for a question, best first. `full` rates the best candidates of the search anew by coverage, sentences, form,
 * headings and nearness; `fast` keeps the order of the search.
 */
export function rankPassages(asked: Query, index: PassageIndex, ranking: 'full' | 'fast'): Evidence[] {
  if (asked.terms.length === 0) return [];
  const weights = new Map<string, number>();
  for (const t of asked.terms) {
    for (const [form, worth] of t.matches) weights.set(form, Math.max(worth, weights.get(form) ?? 0));
  }
  const found = index.search(weights, ranking === 'full' ? CANDIDATES : 12);
  const query = withSpellings(asked, new Set(found.flatMap((f) => f.matched)), index);
  const rated = found.map((f) => rate(query, f.hit));
  if (ranking === 'fast') return rated.map((e, i) => ({ ...e, score: found[i]!.score }));
  return rated.sort((a, b) => b.score - a.score || comparePassages(a.hit.passage, b.hit.passage));
}
