import { type Expression, parseExpression } from './expression.ts';

/** Arithmetic as people say it: words for operators and functions, and questions about parts of a hundred. */

const N = String.raw`((?:[-+]?[\d.]+|\([^()]*\))(?:%|!)?)`;

/** Words of arithmetic to operators. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:percent(?:age)?|per cent|pct)\b/g, '%'],
  [/\bto the power (?:of )?|\braised to (?:the power (?:of )?)?(?:the )?|\bto the (?=\d+(?:st|nd|rd|th)\b)/g, '^'],
  [/\^\s*(\d+)(?:st|nd|rd|th)(?: power)?/g, '^$1'],
  [/\bsquared\b/g, '^2'],
  [/\bcubed\b/g, '^3'],
  [/\b(?:the )?(?:square root|sqrt) (?:of )?/g, 'sqrt '],
  [/\b(?:the )?cube root (?:of )?/g, 'cbrt '],
  [/\b(?:the )?factorial of (\d+)/g, 'factorial($1)'],
  [/(\d+) factorial\b/g, '$1!'],
  [/\b(?:the )?(?:absolute value|modulus) of /g, 'abs '],
  [/\b(?:the )?(?:natural log(?:arithm)?) (?:of )?/g, 'ln '],
  [/\b(?:the )?log(?:arithm)?(?: to)?(?: the)? base (\d+|e) (?:of )?(\d[\d.]*)/g, 'log($2, $1)'],
  [/\b(?:the )?log(?:arithm)? (?:of )?(\d[\d.]*) (?:to |in |with )?(?:the )?base (\d+|e)\b/g, 'log($1, $2)'],
  [/\b(?:the )?(?:logarithm|log) (?:of )?/g, 'log '],
  [/\b(?:the )?(?:sine) (?:of )?/g, 'sin '],
  [/\b(?:the )?(?:cosine) (?:of )?/g, 'cos '],
  [/\b(?:the )?(?:tangent) (?:of )?/g, 'tan '],
  [/\b(sin|cos|tan|ln|log|exp|abs|sqrt) of /g, '$1 '],
  [/(?<=\d) ?degrees?\b(?! (?:celsius|fahrenheit|c|f)\b)/g, '°'],
  [/\b(?:plus|added to|add|and then add)\b/g, '+'],
  [/\b(?:minus|less|take away)\b/g, '-'],
  [/\b(?:times|multiplied by|multiply by|of the|x)\b(?=\s*[\d(-])/g, '*'],
  [/(?<=\d)x(?=\d)/g, '*'],
  [/\b(?:divided by|over|divide by)\b/g, '/'],
  [/\b(?:modulo|modulus)\b/g, 'mod'],
  [/(?<=[%)]|\d)\s*\bof\b/g, '*'],
];

const ITEM = String.raw`-?[\d.]+(?:\/[\d.]+)?%?`;
const LIST = `(${ITEM}(?:\\s*(?:,|and|, and)\\s*${ITEM})+)`;
const PHRASES: readonly (readonly [RegExp, string | ((...m: string[]) => string)])[] = [
  [
    new RegExp(String.raw`\b(?:sum|total) of (?:the (?:numbers|integers) )?${LIST}`, 'g'),
    (_, l) => `sum(${commas(l!)})`,
  ],
  [new RegExp(String.raw`\bproduct of (?:the numbers )?${LIST}`, 'g'), (_, l) => `product(${commas(l!)})`],
  [
    new RegExp(String.raw`\b(?:average|mean|arithmetic mean) (?:value )?of (?:the numbers )?${LIST}`, 'g'),
    (_, l) => `mean(${commas(l!)})`,
  ],
  [new RegExp(String.raw`\bmedian of (?:the numbers )?${LIST}`, 'g'), (_, l) => `median(${commas(l!)})`],
  [
    new RegExp(
      String.raw`\b(?:largest|biggest|greatest|maximum|max|highest)(?: (?:number|value))? (?:of|among|in) (?:the numbers )?${LIST}`,
      'g',
    ),
    (_, l) => `max(${commas(l!)})`,
  ],
  [
    new RegExp(
      String.raw`\b(?:smallest|minimum|min|least|lowest)(?: (?:number|value))? (?:of|among|in) (?:the numbers )?${LIST}`,
      'g',
    ),
    (_, l) => `min(${commas(l!)})`,
  ],
  [
    new RegExp(
      String.raw`\b(?:greatest common (?:divisor|factor)|highest common factor|gcd|gcf|hcf) (?:of )?${LIST}`,
      'g',
    ),
    (_, l) => `gcd(${commas(l!)})`,
  ],
  [
    new RegExp(
      String.raw`\b(?:least common multiple|lowest common multiple|smallest common multiple|lcm) (?:of )?${LIST}`,
      'g',
    ),
    (_, l) => `lcm(${commas(l!)})`,
  ],
  [new RegExp(String.raw`\bdifference (?:between|of) ${N} and ${N}`, 'g'), 'abs($1 - $2)'],
  [new RegExp(String.raw`\bquotient of ${N} (?:and|by) ${N}`, 'g'), '($1)/($2)'],
  [new RegExp(String.raw`\bsubtract ${N} from ${N}`, 'g'), '($2 - $1)'],
  [new RegExp(String.raw`\b(?:add|sum) ${N} (?:and|to|with) ${N}`, 'g'), '($1 + $2)'],
  [new RegExp(String.raw`\bmultiply ${N} (?:by|and|with) ${N}`, 'g'), '($1 * $2)'],
  [new RegExp(String.raw`\bdivide ${N} (?:by|into|among|between) ${N}`, 'g'), '($1 / $2)'],
  [
    new RegExp(
      String.raw`\b(?:remainder|rest) (?:of |when |if |left when |after )?(?:dividing )?${N}(?: is)? (?:divided )?(?:by|divided by|/) ${N}`,
      'g',
    ),
    '($1 mod $2)',
  ],
  [/\bround (-?[\d.]+) to (?:the nearest )?(?:integer|whole(?: number)?|one|unit)\b/g, 'round($1)'],
  [/\bround (-?[\d.]+)$/g, 'round($1)'],
  [
    /\b(?:number of )?(?:ways (?:to|of) )?(?:choos(?:e|ing)|pick(?:ing)?|select(?:ing)?) (\d+) (?:\w+ )?(?:from|out of|of) (?:a (?:set|group) of )?(\d+)(?: \w+)?$/g,
    'choose($2, $1)',
  ],
  [/\b(\d+) choose (\d+)\b/g, 'choose($1, $2)'],
  [/\b(?:the )?(\d+)(?:st|nd|rd|th) root of (\d[\d.]*)/g, 'root($2, $1)'],
  [/\b(?:twice|double|two times)(?: of)? (?=[\d(])/g, '2 * '],
  [/\b(?:thrice|triple|three times)(?: of)? (?=[\d(])/g, '3 * '],
];

function commas(list: string): string {
  return list.replace(/\s*(?:,? and |,)\s*/g, ', ');
}

/** Questions about parts of a hundred that are no plain expression. */
const PERCENT: readonly (readonly [RegExp, string, '%'?])[] = [
  [
    new RegExp(
      `^(?:percent(?:age)?|per cent|%) (?:of|out of) ${N} (?:is|are|does|would be) ${N}(?: (?:make|represent))?$`,
    ),
    '100 * $2 / $1',
    '%',
  ],
  [new RegExp(`^(?:percent(?:age)?|per cent|%) (?:is|are) ${N} (?:of|out of|from) ${N}$`), '100 * $1 / $2', '%'],
  [
    new RegExp(`^${N} (?:is|are) (?:what|which|how many) (?:percent(?:age)?|per cent|%) of ${N}$`),
    '100 * $1 / $2',
    '%',
  ],
  [
    new RegExp(`^${N} (?:out of|of|from) ${N} (?:as a|in|expressed as a) (?:percent(?:age)?|per cent|%)$`),
    '100 * $1 / $2',
    '%',
  ],
  [
    new RegExp(
      `^(?:percent(?:age)?|per cent|%) (?:change|increase|decrease|difference|growth|rise|drop|reduction)(?: (?:is|in going))? (?:from|between) ${N} (?:to|and) ${N}$`,
    ),
    '100 * ($2 - $1) / $1',
    '%',
  ],
  [
    new RegExp(`^${N} (?:increased|raised|plus|grown|marked up) by ${N} ?(?:percent|per cent|%)$`),
    '$1 * (1 + $2 / 100)',
  ],
  [new RegExp(`^(?:increase|raise) ${N} by ${N} ?(?:percent|per cent|%)$`), '$1 * (1 + $2 / 100)'],
  [
    new RegExp(`^${N} (?:decreased|reduced|lowered|discounted|cut) by ${N} ?(?:percent|per cent|%)$`),
    '$1 * (1 - $2 / 100)',
  ],
  [new RegExp(`^(?:decrease|reduce|discount|lower|cut) ${N} by ${N} ?(?:percent|per cent|%)$`), '$1 * (1 - $2 / 100)'],
  [
    new RegExp(`^${N} (?:with|at|after|less|minus)(?: an?)? ${N} ?(?:percent|per cent|%) (?:discount|off|reduction)$`),
    '$1 * (1 - $2 / 100)',
  ],
  [new RegExp(`^${N} ?(?:percent|per cent|%) off(?: of)? ${N}$`), '$2 * (1 - $1 / 100)'],
  [
    new RegExp(
      `^${N} (?:with|plus|including)(?: an?)? ${N} ?(?:percent|per cent|%) (?:tax|vat|tip|interest|markup|surcharge|fee)$`,
    ),
    '$1 * (1 + $2 / 100)',
  ],
  [
    new RegExp(
      `^(?:an? )?${N} ?(?:percent|per cent|%) (?:tip|tax|vat|fee|commission|interest)?\\s?(?:on|of) (?:an? )?${N}(?: (?:bill|meal|dollars?|euros?|purchase|price|order))*$`,
    ),
    '$1 / 100 * $2',
  ],
];

/** The arithmetic that a phrase says in words and signs; undefined when anything else is in it. */
export function expressionOf(text: string): Expression | undefined {
  let t = text;
  for (const [pattern, by] of PHRASES) t = t.replace(pattern, by as string);
  for (const [pattern, by] of WORDS) t = t.replace(pattern, by);
  return parseExpression(t.trim());
}

/** The calculation of a question about percentages, with the sign that its result carries. */
export function percentOf(text: string): { expression: Expression; suffix?: '%' } | undefined {
  for (const [pattern, form, suffix] of PERCENT) {
    if (!pattern.test(text)) continue;
    const expression = parseExpression(text.replace(pattern, form).replace(/%/g, ''));
    if (expression) return { expression, ...(suffix ? { suffix } : {}) };
  }
  return undefined;
}

/** "99 bottles minus 12 bottles" without its bottles: one noun behind every number says nothing about the calculation. */
export function withoutNoun(text: string): string {
  const nouns = [...text.matchAll(/\d ([a-z]{3,})\b/g)].map((m) => m[1]!.replace(/s$/, ''));
  const noun = nouns.at(-1);
  if (noun === undefined || nouns.filter((n) => n === noun).length < 2) return '';
  return text.replace(new RegExp(`(?<=\\d) ${noun}s?\\b`, 'g'), '');
}
