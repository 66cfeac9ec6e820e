/** Numbers written in English words, put into digits: "two hundred and forty" → "240". */

const SMALL: Record<string, number> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};
const LARGE: Record<string, bigint> = {
  thousand: 10n ** 3n,
  million: 10n ** 6n,
  billion: 10n ** 9n,
  trillion: 10n ** 12n,
};
const PARTS: Record<string, string> = {
  half: '1/2',
  third: '1/3',
  thirds: '1/3',
  quarter: '1/4',
  quarters: '1/4',
  fourth: '1/4',
  fourths: '1/4',
  fifth: '1/5',
  fifths: '1/5',
  sixth: '1/6',
  sixths: '1/6',
  seventh: '1/7',
  sevenths: '1/7',
  eighth: '1/8',
  eighths: '1/8',
  tenth: '1/10',
  tenths: '1/10',
};

const NUMBER_WORDS = [...Object.keys(SMALL), 'hundred', ...Object.keys(LARGE)].join('|');
const RUN = new RegExp(`\\b(?:${NUMBER_WORDS})(?:(?:[\\s-]+(?:and[\\s-]+)?)(?:${NUMBER_WORDS}))*\\b`, 'g');
const PART = Object.keys(PARTS).join('|');

function digitsOf(run: string): string {
  let total = 0n;
  let group = 0n;
  let lastSmall = -1;
  const done: string[] = [];
  const flush = () => {
    done.push((total + group).toString());
    total = 0n;
    group = 0n;
    lastSmall = -1;
  };
  for (const word of run.split(/[\s-]+/)) {
    if (word === 'and') continue;
    const small = SMALL[word];
    if (small !== undefined) {
      // "one two" and "twenty eleven" are two numbers in a row, not one.
      const fits = lastSmall < 0 || (lastSmall >= 20 && lastSmall < 100 && small > 0 && small < 10);
      if (!fits) flush();
      group += BigInt(small);
      lastSmall = small;
    } else if (word === 'hundred') {
      group = (group === 0n ? 1n : group) * 100n;
      lastSmall = -1;
    } else {
      total += (group === 0n ? 1n : group) * LARGE[word]!;
      group = 0n;
      lastSmall = -1;
    }
  }
  flush();
  return done.join(' ');
}

/** Puts number words of a lower-case text into digits and fractions; "a dozen" is 12, "three and a half" is (3+1/2). */
export function digitsForWords(text: string): string {
  return text
    .replace(RUN, (run) => digitsOf(run))
    .replace(
      /(\d(?:[\d.]*\d)?)\s+(thousand|million|billion|trillion)\b/g,
      (_, n: string, word: string) => `(${n}*${LARGE[word]})`,
    )
    .replace(/(\d+) dozens?\b/g, '($1*12)')
    .replace(/\b(?:a )?dozen\b/g, '12')
    .replace(
      /(\d[\d.]*) and (?:a |one |1 )(half|quarter|third)\b/g,
      (_, n: string, part: string) => `(${n}+${PARTS[part]})`,
    )
    .replace(/\b(?:half (?:a |an )|(?:a |an |one |1 )?half of (?:a |an )?(?=[a-z]))/g, '(1/2) ')
    .replace(new RegExp(`(\\d+)[\\s-](${PART})\\b`, 'g'), (whole, n: string, part: string) => {
      return part === 'third' && n.length > 2 ? whole : `(${n}*${PARTS[part]})`;
    })
    .replace(new RegExp(`\\b(?:a |an |one )?(${PART})(?= of\\b)`, 'g'), (_, part: string) => `(${PARTS[part]})`);
}
