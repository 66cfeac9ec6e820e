import { parseExpression } from './expression.ts';
import type { DigitsWanted } from './format.ts';
import type { Problem } from './problem.ts';
import { readUnit } from './units.ts';

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

/** The conversion of units that a question asks for, in either of its trimmed forms. */
export function conversionOf(asked: string, trimmed: string, digits: DigitsWanted): Problem | undefined {
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
