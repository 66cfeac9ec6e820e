import { stem } from './stem.ts';

/** Words that say how a sentence is built and not what it is about. */
const STOP_WORDS = new Set(
  (
    'a about above after again against all also am an and any are aren as at be because been before being below between both but by ' +
    'can cannot could couldn did didn do does doesn doing don down during each else ever every few for from further get gets got ' +
    'had hadn has hasn have haven having he her here hers him his how i if in into is isn it its itself just let ll many may me might ' +
    'mine more most much must my need no nor not of off on once only or other our ours out over own per please re same shall she ' +
    'should shouldn so some such than that the their theirs them then there these they this those through to too under until up ' +
    'upon us use used uses using ve very via was wasn we were weren what when where whether which while who whom whose why will with ' +
    'within without won would wouldn yet you your yours s t d m exactly actually really'
  ).split(' '),
);

const WORD = /[\p{L}\p{N}]+/gu;
const CAMEL = /(\p{Ll}|\p{N})(\p{Lu})(?=\p{Ll})/gu;

/** Lower-case words and numbers of a text in order; `camelCase` and `snake_case` names are taken apart. */
export function words(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .replace(CAMEL, '$1 $2')
      .toLowerCase()
      // An apostrophe inside a word belongs to it: "provider's" is "provider" and a stop word.
      .match(WORD) ?? []
  );
}

/** True for words without a meaning of their own, such as "the" and "which". */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

/** Forms that no suffix rule leads back to their word. */
const IRREGULAR: Record<string, string> = Object.fromEntries(
  (
    'paid pay|made make|kept keep|chosen choose|chose choose|sent send|held hold|found find|lost lose|sold sell|bought buy|built build|' +
    'written write|wrote write|taken take|took take|given give|gave give|known know|knew know|came come|ran run|begun begin|began begin|' +
    'broken break|broke break|spent spend|met meet|told tell|said say|shown show|done do|went go|gone go|brought bring|thought think|' +
    'caught catch|taught teach|meant mean|understood understand|grew grow|grown grow|drawn draw|drew draw|driven drive|drove drive|' +
    'chosen choose|hidden hide|hid hide|led lead|stolen steal|stole steal|torn tear|tore tear|won win|born bear|children child|people person|' +
    'indices index|vertices vertex|criteria criterion|data data|men man|women woman|signed sign|lent lend|bound bind|fallen fall|fell fall'
  )
    .split('|')
    .map((pair) => pair.split(' ') as [string, string]),
);

// Stemming is most of the cost of indexing; a language has few words.
const stems = new Map<string, string>();
const MOST_STEMS = 100_000;

/** `stem`, remembered. */
export function stemOf(word: string): string {
  let s = stems.get(word);
  if (s === undefined) {
    s = stem(Object.hasOwn(IRREGULAR, word) ? IRREGULAR[word]! : word);
    if (stems.size >= MOST_STEMS) stems.clear();
    stems.set(word, s);
  }
  return s;
}

/** Limits told in stop words: "at most eight" is about a maximum. */
const AT_MOST = /\b(?:at most|no more than|not more than|up to)\b/gi;
const AT_LEAST = /\b(?:at least|no less than|no fewer than|not less than)\b/gi;

/** Stems of the words of a text that carry meaning, in order, with repeats. */
export function contentTerms(text: string): string[] {
  return words(text.replace(AT_MOST, ' maximum ').replace(AT_LEAST, ' minimum '))
    .filter((w) => !STOP_WORDS.has(w) && w.length <= 64)
    .map(stemOf);
}

/** A word with a capital letter that does not begin a sentence. */
const NAME = /(?<=[^\s.!?:"“(]["”)]?\s+)\p{Lu}[\p{L}\p{N}]+/gu;

/** Stems of the names in a question, told by their capital letters. Empty when everything is written in capitals. */
export function nameTerms(text: string): ReadonlySet<string> {
  const names = text.match(NAME) ?? [];
  const all = words(text).length;
  return new Set(names.length * 2 > all ? [] : names.flatMap(contentTerms));
}
