import { computes, type Expression, hasVariable, parseExpression } from './expression.ts';
import type { Problem } from './problem.ts';

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

/** The problem of algebra in one variable that a question is, or undefined. */
export function algebraOf(q: string): Problem | undefined {
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
