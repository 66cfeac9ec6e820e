import { contentTerms, isStopWord, nameTerms, words } from '@tributary/work';
import { askingWorth, UNKNOWN_WORTH } from './asking.ts';
import type { PassageIndex } from './passage-index.ts';
import { synonymsOf } from './synonyms.ts';

/** What kind of answer a question wants; it decides which sentences are preferred. */
type AnswerType = 'definition' | 'number' | 'person' | 'time' | 'reason' | 'way' | 'other';

/** One thing a question asks about: a stem and what may stand for it. */
interface QueryTerm {
  term: string;
  /** How much it tells, from the index; never below a small positive number. */
  weight: number;
  /** Stems that count as this one, with the part of the weight they earn. */
  matches: ReadonlyMap<string, number>;
  /** True for words of asking itself, such as "explain". */
  asking: boolean;
  /** True when no form of it is in the index. */
  foreign: boolean;
  /** True for a name, told by its capital letter. */
  name: boolean;
}

/** A question as the ranking reads it. */
export interface Query {
  type: AnswerType;
  terms: readonly QueryTerm[];
  totalWeight: number;
  /** For definitions: the stems of what is to be defined, in order. */
  subject: readonly string[];
}

const SYNONYM_WORTH = 0.6;
const SPELLING_WORTH = 0.8;
/** Weight of words of an earlier question that a follow-up refers to. */
const EARLIER_WORTH = 0.5;

/** Which kind of answer a question wants, from the way it begins. */
function answerType(text: string): AnswerType {
  const q = text.toLowerCase();
  if (
    /\bhow (?:many|much|long|often|far|large|big|old|fast|high)\b|\b(?:what|which) (?:\w+ ){0,2}?(?:number|port|percentage|percent|rate|size|amount|limit|maximum|minimum|version|default)\b/.test(
      q,
    )
  )
    return 'number';
  if (/\bwhen\b|\bwhat (?:time|year|date)\b/.test(q)) return 'time';
  if (/^\W*(?:and |so )?who(?:m|se)?\b/.test(q)) return 'person';
  if (/\bwhy\b|\bwhat is the reason\b|\bhow come\b/.test(q)) return 'reason';
  if (/^\W*(?:what(?:'s| is| are| does)\b.*(?:mean|stand for|$)|define\b|definition of\b|explain\b|describe\b)/.test(q))
    return 'definition';
  if (/\bhow\b/.test(q)) return 'way';
  return 'other';
}

/** Stems of what "What is a voucher?" asks to define; empty when the question is longer than a definition's. */
function subjectOf(text: string): string[] {
  const m =
    /^\W*(?:what(?:'s| is| are| was| were)|define|explain|describe|what do you mean by|what does)\s+(.+?)(?:\s+(?:mean|stand for|do)\b.*)?[?.!\s]*$/i.exec(
      text,
    );
  const terms = m ? contentTerms(m[1]!).filter((t) => askingWorth(t) === 1) : [];
  return terms.length <= 4 ? terms : [];
}

/** True when a text points at something said before, such as "and what does it cost?". */
function refersBack(text: string): boolean {
  const all = words(text);
  const content = all.filter((w) => !isStopWord(w));
  return (
    content.length <= 3 && all.some((w) => /^(?:it|its|they|them|their|that|those|this|these|he|she|and)$/.test(w))
  );
}

/** Reads a question against an index. `earlier` is the user's message before, for follow-up questions. */
export function readQuery(text: string, index: PassageIndex, earlier = ''): Query {
  const own = [...new Set(contentTerms(text))];
  const before = refersBack(text) ? [...new Set(contentTerms(earlier))].filter((t) => !own.includes(t)) : [];
  const names = nameTerms(text);
  const terms: QueryTerm[] = [];
  for (const term of [...own, ...before]) {
    const known = index.frequency(term) > 0;
    const matches = new Map([[term, 1]]);
    for (const s of synonymsOf(term)) if (index.frequency(s) > 0) matches.set(s, SYNONYM_WORTH);
    for (const r of index.relatives(term)) matches.set(r, Math.max(matches.get(r) ?? 0, known ? 0.4 : 0.7));
    // A word the dataset never uses is told by its synonyms: it counts as the rarest of them.
    const others = [...matches.keys()].slice(1);
    const idf = known
      ? index.idf(term)
      : others.length > 0
        ? Math.max(...others.map(index.idf))
        : UNKNOWN_WORTH * index.idf(term);
    const worth = askingWorth(term) * (before.includes(term) ? EARLIER_WORTH : 1);
    terms.push({
      term,
      weight: Math.max(0.05, idf * worth),
      matches,
      asking: askingWorth(term) < 1,
      foreign: !known && others.length === 0,
      name: names.has(term),
    });
  }
  return {
    type: answerType(text),
    terms,
    totalWeight: terms.reduce((sum, t) => sum + t.weight, 0),
    subject: subjectOf(text),
  };
}

/** Adds to a query the spellings that a search found for stems the index does not know. */
export function withSpellings(query: Query, found: ReadonlySet<string>, index: PassageIndex): Query {
  const terms = query.terms.map((t) => {
    // A name is right as it is: another one spelled nearly the same is somebody else.
    if (index.frequency(t.term) > 0 || t.name) return t;
    const spellings = [...found].filter((f) => !t.matches.has(f) && isSpelling(t.term, f)).sort();
    if (spellings.length === 0) return t;
    const matches = new Map(t.matches);
    for (const s of spellings) matches.set(s, SPELLING_WORTH);
    return { ...t, matches, foreign: false, weight: Math.max(0.05, Math.max(...spellings.map(index.idf))) };
  });
  return { ...query, terms, totalWeight: terms.reduce((sum, t) => sum + t.weight, 0) };
}

function isSpelling(a: string, b: string): boolean {
  return (
    Math.abs(a.length - b.length) <= 2 &&
    a[0] === b[0] &&
    editDistance(a, b) <= Math.min(2, Math.round(a.length * 0.25))
  );
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
