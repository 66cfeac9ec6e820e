import Fraction from 'fraction.js';
import type { Evaluator } from './evaluate.ts';
import { type Expression, formatExpression, hasVariable } from './expression.ts';
import { formatValue } from './format.ts';
import { maths } from './maths.ts';
import { CannotCompute, type Value } from './rationals.ts';

/** Coefficients of a polynomial, constant first. */
type Polynomial = Value[];

const MOST_DEGREE = 12;

interface Arithmetic {
  add(a: Polynomial, b: Polynomial): Polynomial;
  scale(a: Polynomial, by: Value): Polynomial;
  multiply(a: Polynomial, b: Polynomial): Polynomial;
}

function op(evaluator: Evaluator, kind: '+' | '*' | '/', a: Value, b: Value): Value {
  if ('exact' in a && 'exact' in b) {
    if (kind === '+') return { exact: a.exact.add(b.exact) };
    if (kind === '*') return { exact: a.exact.mul(b.exact) };
    return { exact: a.exact.div(b.exact) };
  }
  const [x, y] = [evaluator.near(a), evaluator.near(b)];
  return { near: kind === '+' ? x.plus(y) : kind === '*' ? x.times(y) : x.div(y) };
}

const ZERO: Value = { exact: new Fraction(0) };
const MINUS_ONE: Value = { exact: new Fraction(-1) };

function arithmetic(evaluator: Evaluator): Arithmetic {
  return {
    add: (a, b) =>
      Array.from({ length: Math.max(a.length, b.length) }, (_, i) => op(evaluator, '+', a[i] ?? ZERO, b[i] ?? ZERO)),
    scale: (a, by) => a.map((c) => op(evaluator, '*', c, by)),
    multiply(a, b) {
      if (a.length + b.length - 2 > MOST_DEGREE)
        throw new CannotCompute(`polynomials are read up to degree ${MOST_DEGREE}`);
      const out: Polynomial = Array.from({ length: a.length + b.length - 1 }, () => ZERO);
      a.forEach((x, i) => {
        b.forEach((y, j) => {
          out[i + j] = op(evaluator, '+', out[i + j]!, op(evaluator, '*', x, y));
        });
      });
      return out;
    },
  };
}

function isZero(v: Value): boolean {
  return 'exact' in v ? v.exact.n === 0n : v.near.isZero();
}

function trim(p: Polynomial): Polynomial {
  let end = p.length;
  while (end > 1 && isZero(p[end - 1]!)) end--;
  return p.slice(0, end);
}

/** The polynomial in one variable that an expression is, or undefined when it is none. */
function polynomialOf(e: Expression, variable: string, evaluator: Evaluator): Polynomial | undefined {
  if (!hasVariable(e, variable)) return [evaluator.evaluate(e)];
  const a = arithmetic(evaluator);
  if (e.kind === 'name') return [ZERO, { exact: new Fraction(1) }];
  if (e.kind === 'negate') {
    const p = polynomialOf(e.of, variable, evaluator);
    return p && a.scale(p, MINUS_ONE);
  }
  if (e.kind !== 'binary') return undefined;
  const left = polynomialOf(e.left, variable, evaluator);
  const right = polynomialOf(e.right, variable, evaluator);
  if (!left || !right) return undefined;
  switch (e.op) {
    case '+':
      return trim(a.add(left, right));
    case '-':
      return trim(a.add(left, a.scale(right, MINUS_ONE)));
    case '*':
      return trim(a.multiply(left, right));
    case '/': {
      if (right.length > 1) return undefined;
      if (isZero(right[0]!)) throw new CannotCompute('division by zero is not defined');
      return left.map((c) => op(evaluator, '/', c, right[0]!));
    }
    case '^': {
      const n =
        right.length === 1 && 'exact' in right[0]! && right[0].exact.d === 1n
          ? Number(right[0].exact.s * right[0].exact.n)
          : -1;
      if (n < 0 || n * (left.length - 1) > MOST_DEGREE) return undefined;
      let out: Polynomial = [{ exact: new Fraction(1) }];
      for (let i = 0; i < n; i++) out = a.multiply(out, left);
      return trim(out);
    }
    default:
      return undefined;
  }
}

function exacts(p: Polynomial): Fraction[] | undefined {
  const out = p.flatMap((c) => ('exact' in c ? [c.exact] : []));
  return out.length === p.length ? out : undefined;
}

function number(e: Fraction): Expression {
  return {
    kind: 'binary',
    op: '/',
    left: { kind: 'number', text: `${e.s * e.n}` },
    right: { kind: 'number', text: `${e.d}` },
  };
}

function divisors(n: bigint): bigint[] {
  const out: bigint[] = [];
  for (let i = 1n; i * i <= n && i < 20_000n; i++) if (n % i === 0n) out.push(i, n / i);
  return out;
}

function valueAt(p: readonly Fraction[], x: Fraction): Fraction {
  return p.reduceRight((sum, c) => sum.mul(x).add(c), new Fraction(0));
}

/** Divides by (x − root), which must be a factor. */
function deflate(p: readonly Fraction[], root: Fraction): Fraction[] {
  const out: Fraction[] = [];
  let carry = new Fraction(0);
  for (let i = p.length - 1; i > 0; i--) {
    carry = carry.mul(root).add(p[i]!);
    out.unshift(carry);
  }
  return out;
}

/** Rational roots with their multiplicity (rational root theorem), and the polynomial left without them. */
function rationalRoots(p: Fraction[]): { roots: Fraction[]; rest: Fraction[] } {
  const roots: Fraction[] = [];
  let rest = p;
  while (rest.length > 1 && rest[0]!.n === 0n) {
    roots.push(new Fraction(0));
    rest = rest.slice(1);
  }
  if (rest.length === 2) return { roots: [...roots, rest[0]!.neg().div(rest[1]!)], rest: [rest[1]!] };
  const scale = rest.reduce((l, c) => l.lcm(new Fraction(c.d, 1n)), new Fraction(1));
  const first = rest[0]!.mul(scale).n;
  const last = rest.at(-1)!.mul(scale).n;
  if (first > 10n ** 12n || last > 10n ** 12n) return { roots, rest };
  const candidates = divisors(first).flatMap((a) =>
    divisors(last).flatMap((b) => [new Fraction(a, b), new Fraction(-a, b)]),
  );
  if (candidates.length > 20_000) return { roots, rest };
  for (const x of candidates) {
    while (rest.length > 2 && valueAt(rest, x).n === 0n) {
      roots.push(x);
      rest = deflate(rest, x);
    }
    if (rest.length === 2) {
      roots.push(rest[0]!.neg().div(rest[1]!));
      rest = [rest[1]!];
      break;
    }
  }
  return { roots, rest };
}

function fraction(f: Fraction): string {
  return f.d === 1n ? `${f.s * f.n}` : `${f.s * f.n}/${f.d}`;
}

function quadratic(p: readonly Fraction[], variable: string, evaluator: Evaluator): string[] {
  const [c, b, a] = [p[0]!, p[1]!, p[2]!];
  const discriminant = b.mul(b).sub(a.mul(c).mul(4));
  const square = discriminant.abs();
  const root: Expression = { kind: 'call', name: 'sqrt', args: [number(square)] };
  const twice = a.mul(2);
  const size = evaluator.near(evaluator.evaluate(root)).div(evaluator.near({ exact: twice }).abs());
  const middle = evaluator.near({ exact: b.neg().div(twice) });
  if (discriminant.s < 0n) {
    const real = middle.isZero() ? '' : `${middle.toSignificantDigits(15).toString()} `;
    const imaginary = `${size.toSignificantDigits(15).toString()}i`;
    return [`no real solution; complex: ${variable} ≈ ${real}+ ${imaginary}, ${variable} ≈ ${real}- ${imaginary}`];
  }
  const form = `(${fraction(b.neg())} ± sqrt(${fraction(discriminant)}))/${fraction(twice)}`;
  return [
    `${variable} = ${form}`,
    `${variable} ≈ ${middle.minus(size).toSignificantDigits(16).toString()}`,
    `${variable} ≈ ${middle.plus(size).toSignificantDigits(16).toString()}`,
  ];
}

/** Solves an equation in one variable; polynomials up to degree two beyond rational roots. A sentence for people. */
export function solve(left: Expression, right: Expression, variable: string, evaluator: Evaluator): string {
  const difference = polynomialOf({ kind: 'binary', op: '-', left, right }, variable, evaluator);
  if (!difference) throw new CannotCompute('only polynomial equations in one variable are solved here');
  const p = trim(difference);
  const equation = `${formatExpression(left)} = ${formatExpression(right)}`;
  if (p.length === 1) {
    return isZero(p[0]!) ? `${equation} is true for every ${variable}.` : `${equation} has no solution.`;
  }
  if (p.length === 2) {
    const x = op(evaluator, '/', op(evaluator, '*', p[0]!, MINUS_ONE), p[1]!);
    return `${equation} has the solution ${variable} ${formatValue(x, evaluator)}.`;
  }
  const exact = exacts(p);
  if (!exact) throw new CannotCompute('equations beyond the first degree are solved with exact numbers only');
  const { roots, rest } = rationalRoots(exact);
  const distinct = roots.filter((r, i) => roots.findIndex((s) => s.equals(r)) === i).sort((a, b) => a.compare(b));
  const solutions = distinct.map((r) => `${variable} = ${fraction(r)}`);
  if (rest.length === 3) solutions.push(...quadratic(rest, variable, evaluator));
  else if (rest.length > 3) throw new CannotCompute('this equation has no closed form that is known here');
  return `${equation} has the solution${solutions.length > 1 ? 's' : ''} ${solutions.join(', ')}.`;
}

function formatPolynomial(p: readonly Fraction[], variable: string): string {
  let out = '';
  for (let i = p.length - 1; i >= 0; i--) {
    const c = p[i]!;
    if (c.n === 0n) continue;
    const size = c.abs();
    const coefficient =
      i > 0 && size.equals(1) ? '' : size.d === 1n || i === 0 ? fraction(size) : `(${fraction(size)})`;
    const power = i === 0 ? '' : i === 1 ? variable : `${variable}^${i}`;
    const sign = c.s < 0n ? (out ? ' - ' : '-') : out ? ' + ' : '';
    out += sign + coefficient + power;
  }
  return out || '0';
}

/** Expands or collects a polynomial; undefined when the expression is none. */
export function expand(e: Expression, variable: string, evaluator: Evaluator): string | undefined {
  const p = polynomialOf(e, variable, evaluator);
  const exact = p && exacts(trim(p));
  return exact && formatPolynomial(exact, variable);
}

/** Factors a polynomial over the rationals as far as rational roots reach. */
export function factor(e: Expression, variable: string, evaluator: Evaluator): string {
  const p = polynomialOf(e, variable, evaluator);
  const exact = p && exacts(trim(p));
  if (!exact) throw new CannotCompute('only polynomials in one variable are factored here');
  if (exact.length < 3) return formatPolynomial(exact, variable);
  const { roots, rest } = rationalRoots(exact);
  if (roots.length === 0) return `${formatPolynomial(exact, variable)} (no rational factors)`;
  // (3x − 2) instead of 3·(x − 2/3): denominators move out of the front factor.
  let front: Fraction = rest.length === 1 ? rest[0]! : new Fraction(1);
  const factors: string[] = [];
  const distinct = roots.filter((r, i) => roots.findIndex((s) => s.equals(r)) === i).sort((a, b) => a.compare(b));
  for (const r of distinct) {
    const times = roots.filter((s) => s.equals(r)).length;
    const clear = front.div(new Fraction(r.d ** BigInt(times), 1n));
    const whole = clear.d === 1n || front.d > 1n;
    if (whole) front = clear;
    const text = formatPolynomial(
      whole ? [r.neg().mul(new Fraction(r.d, 1n)), new Fraction(r.d, 1n)] : [r.neg(), new Fraction(1)],
      variable,
    );
    const grouped = r.n === 0n ? variable : `(${text})`;
    factors.push(times > 1 ? `${grouped}^${times}` : grouped);
  }
  if (rest.length > 1) factors.push(`(${formatPolynomial(rest, variable)})`);
  const sign = front.equals(1) ? '' : front.equals(-1) ? '-' : fraction(front);
  return sign + factors.join('');
}

/** Names of functions where the maths library's differ from ours. */
function toLibrary(e: Expression): string {
  return formatExpression(e).replace(/\bln\(/g, 'log(');
}

/** The derivative, by the maths library's rules. */
export function derivative(e: Expression, variable: string): string {
  return maths()
    .derivative(toLibrary(e), variable)
    .toString()
    .replace(/\blog\(/g, 'ln(');
}

/** The expression simplified by the maths library's rules. */
export function simplify(e: Expression): string {
  return maths()
    .simplify(toLibrary(e))
    .toString()
    .replace(/\blog\(/g, 'ln(');
}
