import { canonicalJson, questionOf, sha256Hex } from '@tributary/protocol';
import { z } from 'zod';
import { derivative, expand, factor, simplify, solve } from '../abacus/algebra.ts';
import { solveDateProblem } from '../abacus/dates.ts';
import { createEvaluator, type Evaluator } from '../abacus/evaluate.ts';
import { formatExpression } from '../abacus/expression.ts';
import { formatValue } from '../abacus/format.ts';
import { WORKING_DIGITS } from '../abacus/maths.ts';
import { isPrime, primeFactors } from '../abacus/primes.ts';
import { type Problem, readProblem } from '../abacus/problem.ts';
import { CannotCompute } from '../abacus/rationals.ts';
import { convertUnits } from '../abacus/units.ts';
import type { Expert, Question, Suitability } from '../expert.ts';
import { PLAIN_SUPPORTS, plainAnswer } from './plain-answer.ts';

const AbacusOptions = z.strictObject({});
type AbacusOptions = z.infer<typeof AbacusOptions>;

const BASE_NAMES = { 2: 'binary', 8: 'octal', 10: 'decimal', 16: 'hexadecimal' } as const;

function convert(p: Problem & { kind: 'convert' }, evaluator: Evaluator): string {
  const amounts = p.parts.map((part) => evaluator.evaluate(part.amount));
  const result = p.parts
    .map(({ from }, i) => {
      const one = convertUnits(evaluator.near(amounts[i]!), from, p.to);
      if (!one) throw new CannotCompute(`${from.words} and ${p.to.words} do not measure the same thing`);
      return one;
    })
    .reduce((a, b) => a.plus(b));
  // Unit factors are exact, so a result that ends soon is exact too.
  const shown = result.toSignificantDigits(40);
  const exact = shown.precision() <= 20 && amounts.every((a) => 'exact' in a);
  const { places, significant } = p.digits;
  let text = shown.toSignificantDigits(significant ?? 16).toString();
  if (places !== undefined) text = shown.toFixed(places);
  else if (exact && significant === undefined) text = shown.toFixed();
  const units = [...p.parts.map((part) => part.from), p.to];
  const notes = [...new Set(units.flatMap((u) => u.notes))];
  const taken = notes.length > 0 && units.some((u) => u.unit !== p.to.unit) ? ` (taking ${notes.join(' and ')})` : '';
  const given = p.parts
    .map(({ from }, i) => `${formatValue(amounts[i]!, evaluator).replace(/^[=≈] /, '')} ${from.words}`)
    .join(' ');
  return `${given} ${exact && shown.eq(text) ? '=' : '≈'} ${text} ${p.to.words}${taken}`;
}

/** The answer in one or two sentences; undefined when the problem cannot be answered from the question alone. */
function compute(p: Problem): string | undefined {
  const wanted = 'digits' in p ? Math.max(p.digits.significant ?? 0, p.digits.places ?? 0) : 0;
  const evaluator = createEvaluator(Math.max(WORKING_DIGITS, wanted + 24));
  switch (p.kind) {
    case 'calculate': {
      const value = formatValue(evaluator.evaluate(p.expression), evaluator, p.digits);
      return `${formatExpression(p.expression)} ${value}${p.suffix ? ' %' : ''}`;
    }
    case 'convert':
      return convert(p, evaluator);
    case 'solve':
      return solve(p.left, p.right, p.variable, evaluator);
    case 'derivative':
      return `The derivative of ${formatExpression(p.expression)} with respect to ${p.variable} is ${derivative(p.expression, p.variable)}.`;
    case 'simplify':
      return `${formatExpression(p.expression)} = ${expand(p.expression, p.variable, evaluator) ?? simplify(p.expression)}`;
    case 'expand': {
      const expanded = expand(p.expression, p.variable, evaluator);
      if (expanded === undefined) throw new CannotCompute('only polynomials in one variable are expanded here');
      return `${formatExpression(p.expression)} = ${expanded}`;
    }
    case 'factor':
      return `${formatExpression(p.expression)} = ${factor(p.expression, p.variable, evaluator)}`;
    case 'prime': {
      const n = BigInt(formatExpression(p.of));
      return isPrime(n) ? `Yes, ${n} is a prime number.` : `No, ${n} is not a prime number.`;
    }
    case 'prime-factors': {
      const n = BigInt(formatExpression(p.of));
      return `${n} = ${primeFactors(n).join(' × ')}`;
    }
    case 'base': {
      const digits = p.of.toString(p.to);
      const prefix = { 2: '0b', 8: '0o', 10: '', 16: '0x' }[p.to];
      return `${p.of} in ${BASE_NAMES[p.to]} is ${digits}${prefix ? ` (${prefix}${digits})` : ''}.`;
    }
    case 'compare': {
      const [a, b] = [evaluator.evaluate(p.left), evaluator.evaluate(p.right)];
      const order = evaluator.near(a).cmp(evaluator.near(b));
      const sign = order === 0 ? '=' : order < 0 ? '<' : '>';
      const side = (e: typeof p.left, v: typeof a) => {
        const text = formatExpression(e);
        const value = formatValue(v, evaluator);
        return value === `= ${text}` ? text : `${text} (${value})`;
      };
      return `${side(p.left, a)} ${sign} ${side(p.right, b)}`;
    }
    case 'date':
      return solveDateProblem(p.problem);
  }
}

function reply(question: string): { text: string; outcome: 'answered' | 'unknown' } {
  const problem = readProblem(question);
  if (!problem) {
    return {
      outcome: 'unknown',
      text: 'I don’t know: I only calculate, and this is no calculation I can read. Nothing is charged.',
    };
  }
  try {
    const text = compute(problem);
    if (text !== undefined) return { outcome: 'answered', text };
  } catch (error) {
    if (!(error instanceof CannotCompute)) throw error;
    // That something is not defined is an answer too, and the right one.
    if (/not defined|not a real number|has no|defined for|defined between/.test(error.message)) {
      return { outcome: 'answered', text: `There is no result: ${error.message}.` };
    }
    return { outcome: 'unknown', text: `I can’t compute that: ${error.message}. Nothing is charged.` };
  }
  return {
    outcome: 'unknown',
    text: 'I don’t know what day it is: give both dates and I can calculate. Nothing is charged.',
  };
}

// Many cards are asked about one question.
const problems = new WeakMap<Question, { problem: Problem | undefined }>();

function problemOf(question: Question): Problem | undefined {
  let known = problems.get(question);
  if (!known) {
    known = { problem: readProblem(question.text) };
    problems.set(question, known);
  }
  return known.problem;
}

function suits(question: Question): Suitability {
  if (question.needsModel) return { score: 0, why: 'an abacus only calculates' };
  const problem = problemOf(question);
  if (!problem) return { score: 0, why: 'the question is no calculation' };
  const why =
    problem.kind === 'date'
      ? 'the question is about dates'
      : problem.kind === 'convert'
        ? 'the question converts units'
        : 'the question is a calculation';
  // A story may be about something else; what is read to the last word is not.
  return { score: problem.kind === 'calculate' && problem.story ? 0.8 : 0.98, why };
}

/** Exact arithmetic, algebra in one variable, units and dates. The same question always has the same answer. */
export const abacus: Expert<AbacusOptions> = {
  name: 'abacus',
  options: AbacusOptions,
  suits,
  open: async () => ({
    modelDigest: sha256Hex(canonicalJson({ method: 'abacus-1' })),
    hints: {},
    supports: PLAIN_SUPPORTS,
    deterministic: true,
    contextTokens: 4_096,
    maxOutputTokens: 2_048,
    async answer(request, call) {
      const { text, outcome } = reply(questionOf(request.messages));
      return plainAnswer(request, call, text, { outcome });
    },
    close: async () => {},
  }),
};
