/**
 * The stem of a lower-case English word after M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980) 130–137.
 * Words with other letters than a–z, and words of one or two letters, stay as they are.
 */

const C = '[^aeiou][^aeiouy]*';
const V = '[aeiouy][aeiou]*';
const MEASURE_ABOVE_0 = new RegExp(`^(?:${C})?${V}${C}`);
const MEASURE_IS_1 = new RegExp(`^(?:${C})?${V}${C}(?:${V})?$`);
const MEASURE_ABOVE_1 = new RegExp(`^(?:${C})?${V}${C}${V}${C}`);
const HAS_VOWEL = new RegExp(`^(?:${C})?[aeiouy]`);
const ENDS_CVC = new RegExp(`^${C}[aeiouy][^aeiouwxy]$`);

const STEP_2: Record<string, string> = {
  ational: 'ate',
  tional: 'tion',
  enci: 'ence',
  anci: 'ance',
  izer: 'ize',
  bli: 'ble',
  alli: 'al',
  entli: 'ent',
  eli: 'e',
  ousli: 'ous',
  ization: 'ize',
  ation: 'ate',
  ator: 'ate',
  alism: 'al',
  iveness: 'ive',
  fulness: 'ful',
  ousness: 'ous',
  aliti: 'al',
  iviti: 'ive',
  biliti: 'ble',
  logi: 'log',
};
const STEP_3: Record<string, string> = {
  icate: 'ic',
  ative: '',
  alize: 'al',
  iciti: 'ic',
  ical: 'ic',
  ful: '',
  ness: '',
};
const SUFFIX_2 = new RegExp(`^(.+?)(${Object.keys(STEP_2).join('|')})$`);
const SUFFIX_3 = new RegExp(`^(.+?)(${Object.keys(STEP_3).join('|')})$`);
const SUFFIX_4 = /^(.+?)(al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize)$|^(.+?[st])(ion)$/;

function step1(word: string): string {
  let w = word;
  if (/(?:ss|i)es$/.test(w)) w = w.slice(0, -2);
  else if (/[^s]s$/.test(w)) w = w.slice(0, -1);

  if (w.endsWith('eed')) {
    if (MEASURE_ABOVE_0.test(w.slice(0, -3))) w = w.slice(0, -1);
  } else {
    const m = /^(.+?)(?:ed|ing)$/.exec(w);
    if (m && HAS_VOWEL.test(m[1]!)) {
      w = m[1]!;
      if (/(?:at|bl|iz)$/.test(w)) w += 'e';
      else if (/([^aeiouylsz])\1$/.test(w)) w = w.slice(0, -1);
      else if (ENDS_CVC.test(w)) w += 'e';
    }
  }
  if (w.endsWith('y') && HAS_VOWEL.test(w.slice(0, -1))) w = `${w.slice(0, -1)}i`;
  return w;
}

function step5(word: string): string {
  let w = word;
  if (w.endsWith('e')) {
    const s = w.slice(0, -1);
    if (MEASURE_ABOVE_1.test(s) || (MEASURE_IS_1.test(s) && !ENDS_CVC.test(s))) w = s;
  }
  if (w.endsWith('ll') && MEASURE_ABOVE_1.test(w)) w = w.slice(0, -1);
  return w;
}

export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  // A leading y is a consonant; writing it in upper case keeps it out of the vowel classes.
  let w = step1(word.startsWith('y') ? `Y${word.slice(1)}` : word);
  let m = SUFFIX_2.exec(w);
  if (m && MEASURE_ABOVE_0.test(m[1]!)) w = m[1]! + STEP_2[m[2]!]!;
  m = SUFFIX_3.exec(w);
  if (m && MEASURE_ABOVE_0.test(m[1]!)) w = m[1]! + STEP_3[m[2]!]!;
  m = SUFFIX_4.exec(w);
  const base = m?.[1] ?? m?.[3];
  if (base && MEASURE_ABOVE_1.test(base)) w = base;
  return step5(w).toLowerCase();
}
