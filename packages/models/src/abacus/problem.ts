import { type DateProblem, readDateProblem } from './dates.ts';
import { computes, type Expression, hasVariable, parseExpression } from './expression.ts';
import type { DigitsWanted } from './format.ts';
import { digitsForWords } from './spoken-numbers.ts';
import { type ReadUnit, readUnit } from './units.ts';
import { readStory } from './word-problems.ts';

/** What an abacus can be asked. */
export type Problem =
  | { kind: 'calculate'; expression: Expression; digits: DigitsWanted; suffix?: '%'; story?: true }
  | { kind: 'convert'; parts: { amount: Expression; from: ReadUnit }[]; to: ReadUnit; digits: DigitsWanted }
  | { kind: 'solve'; left: Expression; right: Expression; variable: string }
  | { kind: 'derivative' | 'simplify' | 'expand' | 'factor'; expression: Expression; variable: string }
  | { kind: 'prime' | 'prime-factors'; of: Expression }
  | { kind: 'base'; of: bigint; to: 2 | 8 | 10 | 16 }
  | { kind: 'compare'; left: Expression; right: Expression }
  | { kind: 'date'; problem: DateProblem };

/** Longest question that is read, characters. */
const MOST_CHARS = 1_000;
const MOST_STORY_CHARS = 300;

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** One spelling for what keyboards and habits write in many: lower case, plain operators, no thousands separators. */
function normalise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[⁰¹²³⁴-⁹]+/g, (run) => `^${[...run].map((c) => SUPERSCRIPTS.indexOf(c)).join('')}`)
    .replace(/½/g, '(1/2)')
    .replace(/¼/g, '(1/4)')
    .replace(/¾/g, '(3/4)')
    .replace(/[×✕⋅·∙]/g, '*')
    .replace(/[÷∕]/g, '/')
    .replace(/[−–—]/g, '-')
    .replace(/π/g, ' pi ')
    .replace(/[‘’]/g, "'")
    .replace(/[“”"`]/g, '')
    .replace(/\$(?=\d)|€(?=\d)|£(?=\d)/g, '')
    .replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])/g, (n) => n.replaceAll(',', ''))
    .replace(/(?<![\d.])\d{1,3}(?: \d{3})+(?![\d ]*\d)/g, (n) => n.replaceAll(' ', ''))
    .replace(/(\d|\))\s*(?:us ?dollars?|dollars?|usdc?|euros?|eur|bucks)\b/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

const POLITE = /^(?:(?:ok(?:ay)?|so|well|hi|hello|hey|please|now|and|then|quick question|just|ai|bot)\b[\s,:!.-]*)+/;
const ASK =
  /^(?:(?:can|could|would|will) you (?:please )?(?:tell me|calculate|compute|work out|find|give me|help me (?:calculate|compute|find|with)|do|show me|determine|figure out|evaluate)?|i (?:need|want|would like|'d like) (?:to (?:know|calculate|compute|find|work out)|you to (?:calculate|compute|find))?|do you know|tell me|let me know|help me (?:calculate|compute|find|with))\b\s*/;
const WHAT =
  /^(?:what(?:'s|s| is| are| was| will be| would be| do you get (?:if|when) you| does| equals?)?(?: the)?(?: (?:value|result|answer|solution)(?: (?:of|to|for))?)?|how much(?: is| are| does| do| would| money is)?|how many is|calculate|compute|evaluate|work out|figure out|find(?: out)?|determine|give me|show me|do the math:?|quickly|the value of|the result of|if you)\b\s*:?\s*/;

/** Takes politeness and the asking itself off the front and the end. */
function core(text: string): string {
  let q = text;
  for (let i = 0; i < 4; i++) {
    const before = q;
    q = q.replace(POLITE, '').replace(ASK, '').replace(WHAT, '');
    if (q === before) break;
  }
  return q
    .replace(
      /(?:[\s,]*(?:please|thanks|thank you|for me|equals?(?: to)?|come to|make|exactly|in total|altogether|as a (?:number|decimal)|is what|is equal to(?: what)?|give)?)(?:[\s?.=]|(?<=[a-z\s])!)*$/,
      '',
    )
    .replace(/^the\s+/, '')
    .trim();
}

const DIGITS =
  /[,\s]*\b(?:to|with|up to|using|rounded to|correct to|accurate to|at)\s+(?:the (?:nearest|first)\s+)?(\d{1,4})\s+(?:(significant)\s+)?(decimal places|decimals?|digits|figures|places|dp|sf)(?: (?:of precision|after the (?:decimal )?point|precision))?/;

/** Takes "to 20 digits" out of a question. "Digits" are significant ones, "places" those after the point. */
function takeDigits(text: string): { rest: string; digits: DigitsWanted } {
  const m = DIGITS.exec(text);
  if (!m) return { rest: text, digits: {} };
  const n = Math.min(500, Math.max(1, Number(m[1])));
  const places = !m[2] && /^(?:dec|places|dp)|after/.test(m[3]! + (m[0].includes('after') ? 'after' : ''));
  const rest = text
    .replace(DIGITS, '')
    .replace(/,?\s*rounded$/, '')
    .trim();
  return { rest, digits: places ? { places: n } : { significant: n } };
}

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

function expressionOf(text: string): Expression | undefined {
  let t = text;
  for (const [pattern, by] of PHRASES) t = t.replace(pattern, by as string);
  for (const [pattern, by] of WORDS) t = t.replace(pattern, by);
  return parseExpression(t.trim());
}

/** Amounts written as "3.5", "(1/2)" or "2 * 5". */
const AMOUNT = String.raw`(-?(?:[\d.]+(?:e[+-]?\d+)?|\([^()]*\))(?:\s*[*/+]\s*(?:[\d.]+|\([^()]*\)))*)`;
const UNIT = String.raw`([a-zµ°][a-zµ°²³ \d^./-]*?)`;
const CONVERSIONS: readonly (readonly [RegExp, 'amount-from-to' | 'to-amount-from' | 'to-from' | 'from-to'])[] = [
  [
    new RegExp(
      `^(?:convert |change |turn |express )?${AMOUNT} ?${UNIT} (?:to|into|in|as|expressed in|converted (?:to|into)|equals how many|(?:is|are)(?: equal to)? how (?:many|much)) (?:an? )?${UNIT}$`,
    ),
    'amount-from-to',
  ],
  [
    new RegExp(
      `^how (?:many|much) ${UNIT} (?:are (?:there )?in|is in|is|are|in|make up|make|equals?|fit in(?:to)?|does|do|go in(?:to)?|are contained in|has|have|correspond to) ${AMOUNT} ?${UNIT}(?: (?:have|has|contain|make|equal))?$`,
    ),
    'to-amount-from',
  ],
  [
    new RegExp(
      `^how (?:many|much) ${UNIT} (?:are (?:there )?in|is in|is|are|in|make up|make|equals?|fit in(?:to)?|does|do|go in(?:to)?|has|have) (?:an? |one |1 )${UNIT}(?: (?:have|has|contain|make|equal))?$`,
    ),
    'to-from',
  ],
  [new RegExp(`^(?:number of )?${UNIT} in ${AMOUNT} ?${UNIT}$`), 'to-amount-from'],
  [new RegExp(`^(?:number of )?${UNIT} in (?:an? |one )${UNIT}$`), 'to-from'],
  [new RegExp(`^(?:convert |express )?(?:an? |one )${UNIT} (?:to|into|in|as) ${UNIT}$`), 'from-to'],
  [new RegExp(`^how long (?:is|are) ${AMOUNT} ?${UNIT} in ${UNIT}$`), 'amount-from-to'],
];

/** "5 feet 10 inches in cm": amounts in two units of one kind. */
const COMPOUND = new RegExp(
  `^(?:convert |how (?:much|many) (?:is|are) )?${AMOUNT} ?${UNIT},? (?:and )?${AMOUNT} ?${UNIT} (?:to|into|in|as) (?:an? )?${UNIT}$`,
);

function compoundOf(text: string, digits: DigitsWanted): Problem | undefined {
  const m = COMPOUND.exec(text);
  const to = m ? readUnit(m[5]!) : undefined;
  if (!m || !to) return undefined;
  const parts = [
    [m[1]!, m[2]!],
    [m[3]!, m[4]!],
  ].flatMap(([amountText, unitText]) => {
    const amount = parseExpression(amountText!);
    const from = readUnit(unitText!);
    return amount && from ? [{ amount, from }] : [];
  });
  return parts.length === 2 ? { kind: 'convert', parts, to, digits } : undefined;
}

function conversionOf(asked: string, trimmed: string, digits: DigitsWanted): Problem | undefined {
  for (const text of new Set([asked, trimmed])) {
    for (const [pattern, order] of CONVERSIONS) {
      const m = pattern.exec(text);
      if (!m) continue;
      const one = order === 'to-from' || order === 'from-to';
      const [amountText, fromText, toText] = one
        ? ['1', order === 'to-from' ? m[2]! : m[1]!, order === 'to-from' ? m[1]! : m[2]!]
        : order === 'to-amount-from'
          ? [m[2]!, m[3]!, m[1]!]
          : [m[1]!, m[2]!, m[3]!];
      const amount = parseExpression(amountText);
      const from = readUnit(fromText);
      const to = readUnit(toText);
      if (amount && from && to) return { kind: 'convert', parts: [{ amount, from }], to, digits };
    }
  }
  return compoundOf(trimmed, digits);
}

const VERBS: readonly (readonly [RegExp, 'derivative' | 'simplify' | 'expand' | 'factor'])[] = [
  [/^(?:(?:first )?derivative of|differentiate|d\/d[a-z] (?:of )?|derive) ?(.+)$/, 'derivative'],
  [/^simplif(?:y|ied form of|ication of)(?: the expression)? (.+)$/, 'simplify'],
  [/^(?:expand|multiply out|expansion of|expanded form of)(?: the expression)? (.+)$/, 'expand'],
  [/^(?:factor(?:i[sz]e)?|factori[sz]ation of|factored form of)(?: the (?:expression|polynomial))? (.+)$/, 'factor'],
];
const VARIABLES = new Set('abcdfghijklmnopqrstuvwxyz');

function withoutProse(text: string): string {
  return text
    .replace(/^(?:the )?(?:equation|function|expression|polynomial)s?:? /, '')
    .replace(/^(?:f\(x\)|y|f) ?= ?(?=.*x)/, '')
    .replace(/\bsquared\b/g, '^2')
    .replace(/\bcubed\b/g, '^3')
    .replace(/\bto the power (?:of )?/g, '^')
    .replace(/\bplus\b/g, '+')
    .replace(/\bminus\b/g, '-')
    .replace(/\btimes\b/g, '*')
    .replace(/\bdivided by\b/g, '/')
    .replace(/\b(?:equals?|is equal to|is)\b/g, '=')
    .trim();
}

/** An expression in exactly one variable. */
function inOneVariable(text: string, wanted?: string): { expression: Expression; variable: string } | undefined {
  const names = wanted ? [wanted] : [...new Set(text.match(/(?<![a-z])[a-df-z](?![a-z])/g) ?? [])];
  if (names.length !== 1 || !VARIABLES.has(names[0]!)) return undefined;
  const expression = parseExpression(text, new Set(names));
  return expression && { expression, variable: names[0]! };
}

function algebraOf(q: string): Problem | undefined {
  const respect = /^(.*?),?\s+(?:with respect to|wrt|in terms of|for) ([a-z])$/.exec(q);
  const body = respect ? respect[1]! : q;
  for (const [pattern, kind] of VERBS) {
    const m = pattern.exec(body);
    const read = m && inOneVariable(withoutProse(m[1]!), respect?.[2]);
    if (read) return { kind, ...read };
    const plain = m && kind === 'simplify' ? parseExpression(withoutProse(m[1]!)) : undefined;
    if (plain && computes(plain)) return { kind: 'calculate', expression: plain, digits: {} };
  }
  // "if 3x + 5 = 20, what is x", "solve … for x", "roots of …", or the equation alone.
  const given =
    /^(?:if|given(?: that)?|suppose|when|let) (.+?=.+?)[,;]? (?:then )?(?:(?:what(?:'s| is)|find|solve for|how much is|calculate) (?:the value of )?)?([a-z])$/.exec(
      body,
    );
  const asked =
    /^(?:solve(?: for ([a-z]))?:?(?: the)?|(?:the )?(?:solutions?|roots|zeros|zeroes) (?:of|to)|for (?:which|what)(?: values? of)? ([a-z]) (?:is|does|do)|what value of ([a-z]) (?:makes|solves|satisfies)|([a-z]) if|([a-z]) when|([a-z]) in) (.+)$/.exec(
      body,
    );
  const text = withoutProse(given ? given[1]! : asked ? asked[7]! : body);
  const wanted = given?.[2] ?? asked?.slice(1, 7).find((v) => v !== undefined) ?? respect?.[2];
  const sides = text.split('=').map((s) => s.trim());
  if (sides.length > 2 || (sides.length === 1 && !asked)) return undefined;
  const read = inOneVariable(`(${sides[0]})-(${sides[1] ?? '0'})`, wanted);
  if (!read || !hasVariable(read.expression, read.variable)) return undefined;
  const names = new Set([read.variable]);
  const left = parseExpression(sides[0]!, names);
  const right = parseExpression(sides[1] ?? '0', names);
  return left && right ? { kind: 'solve', left, right, variable: read.variable } : undefined;
}

const BASES: Record<string, 2 | 8 | 10 | 16> = {
  binary: 2,
  'base 2': 2,
  octal: 8,
  'base 8': 8,
  decimal: 10,
  'base 10': 10,
  hexadecimal: 16,
  hex: 16,
  'base 16': 16,
};

function numberQuestion(q: string): Problem | undefined {
  let m =
    /^(?:is|are) (\d+) (?:a )?prime(?: number)?$/.exec(q) ?? /^whether (\d+) is (?:a )?prime(?: number)?$/.exec(q);
  const number = (text: string): Expression => ({ kind: 'number', text });
  if (m) return { kind: 'prime', of: number(m[1]!) };
  m =
    /^(?:prime factor(?:s|i[sz]ation)? of|factor(?:i[sz]e)?(?: the number)?|prime decomposition of) (\d+)(?: into primes?)?$/.exec(
      q,
    );
  if (m) return { kind: 'prime-factors', of: number(m[1]!) };
  m =
    /^(?:convert )?(?:binary |hexadecimal |hex |decimal |octal |the number )?(0x[0-9a-f]{1,64}|0b[01]{1,256}|0o[0-7]{1,80}|\d{1,80}) (?:to|in|into|as) (binary|base 2|octal|base 8|decimal|base 10|hexadecimal|hex|base 16)(?: notation)?$/.exec(
      q,
    );
  if (m) {
    const binary = /binary/.test(q.slice(0, q.indexOf(m[1]!))) && /^[01]+$/.test(m[1]!);
    const hex = /hex/.test(q.slice(0, q.indexOf(m[1]!))) && !m[1]!.startsWith('0x');
    const text = binary ? `0b${m[1]}` : hex ? `0x${m[1]}` : m[1]!;
    return { kind: 'base', of: BigInt(text), to: BASES[m[2]!]! };
  }
  m = /^(binary|octal|hexadecimal|hex)(?: (?:form|representation|notation|value|number))? (?:of|for) (\d{1,80})$/.exec(
    q,
  );
  if (m) return { kind: 'base', of: BigInt(m[2]!), to: BASES[m[1]!]! };
  m =
    /^(?:which is (?:larger|bigger|greater|smaller|more|less)|(?:is|are)) ?[:,]? (.+?) (?:or|(?:larger|bigger|greater|smaller|more|less) than|equal to|=) (.+)$/.exec(
      q,
    );
  if (m) {
    const [left, right] = [expressionOf(m[1]!), expressionOf(m[2]!)];
    if (left && right) return { kind: 'compare', left, right };
  }
  return undefined;
}

/** "99 bottles minus 12 bottles" without its bottles: one noun behind every number says nothing about the calculation. */
function withoutNoun(text: string): string {
  const nouns = [...text.matchAll(/\d ([a-z]{3,})\b/g)].map((m) => m[1]!.replace(/s$/, ''));
  const noun = nouns.at(-1);
  if (noun === undefined || nouns.filter((n) => n === noun).length < 2) return '';
  return text.replace(new RegExp(`(?<=\\d) ${noun}s?\\b`, 'g'), '');
}

/**
 * The problem that a question is, or undefined when it is none: then it is for somebody else. Only questions that are read
 * to the last word count, so a number inside a question about something else misleads nobody.
 */
export function readProblem(text: string): Problem | undefined {
  if (
    text.length === 0 ||
    text.length > MOST_CHARS ||
    !/\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|million|dozen|half|twice|double|pi|a|an|today|day|date|time|year|x|y)\b|[π√]/i.test(
      text,
    )
  ) {
    return undefined;
  }
  const flat = digitsForWords(normalise(text));
  const date = readDateProblem(flat);
  if (date) return { kind: 'date', problem: date };

  const asked = flat
    .replace(POLITE, '')
    .replace(ASK, '')
    .replace(/[\s?!.]+$/, '')
    .replace(/ (?:please|exactly)$/, '');
  const bare = core(flat);
  const { rest, digits } = takeDigits(bare);

  const yes = numberQuestion(asked) ?? numberQuestion(rest);
  if (yes) return yes;
  const converted = conversionOf(takeDigits(asked).rest, rest, digits);
  if (converted) return converted;
  for (const [pattern, form, suffix] of PERCENT) {
    if (!pattern.test(rest)) continue;
    const expression = parseExpression(rest.replace(pattern, form).replace(/%/g, ''));
    if (expression) return { kind: 'calculate', expression, digits, ...(suffix ? { suffix } : {}) };
  }
  const expression =
    expressionOf(rest) ??
    expressionOf(rest.replace(/^how (?:much|many) (?:is|are) /, '')) ??
    expressionOf(withoutNoun(rest));
  // "2026-11-22" and "24/7" are written like arithmetic and are none.
  if (expression && computes(expression) && !/^\d{4}-\d{1,2}-\d{1,2}$|^24\/7$/.test(rest)) {
    return { kind: 'calculate', expression, digits };
  }
  if (expression && digits.significant !== undefined && expression.kind === 'name')
    return { kind: 'calculate', expression, digits };
  if (expression && digits.places !== undefined) return { kind: 'calculate', expression, digits };
  const algebra = algebraOf(rest) ?? algebraOf(asked);
  if (algebra || flat.length > MOST_STORY_CHARS) return algebra;
  const story = readStory(flat);
  return story && { kind: 'calculate', expression: story, digits, story: true };
}
