import { Decimal } from 'decimal.js';
import Fraction from 'fraction.js';
import type { Expression } from './expression.ts';
import {
  bits,
  CannotCompute,
  factorial,
  gcd,
  integerOf,
  MOST_FACTORIAL,
  rootOf,
  sizeOf,
  type Value,
} from './rationals.ts';

/** Bits of numerator or denominator beyond which results are no longer exact. */
const MOST_BITS = 40_000;
/** Decimal exponents beyond which a result is called too large. */
const MOST_EXPONENT = 1e9;

/** Evaluates with a number of significant digits for what cannot be exact. */
export interface Evaluator {
  evaluate(e: Expression): Value;
  near(v: Value): Decimal;
}

/** A new evaluator. `digits` is 10 to 1,100. */
export function createEvaluator(digits: number): Evaluator {
  const D = Decimal.clone({ precision: digits, rounding: Decimal.ROUND_HALF_UP });
  const PI = () => D.acos(-1);

  function near(v: Value): Decimal {
    if ('near' in v) return v.near;
    const { s, n, d } = v.exact;
    return new D((s * n).toString()).div(d.toString());
  }

  function finite(x: Decimal): Value {
    if (x.isNaN()) throw new CannotCompute('the result is not a real number');
    if (!x.isFinite() || Math.abs(x.e) > MOST_EXPONENT)
      throw new CannotCompute('the result is too large or too small to write down');
    return { near: x };
  }

  function exactOrNear(f: Fraction): Value {
    return sizeOf(f) > MOST_BITS ? finite(near({ exact: f })) : { exact: f };
  }

  function divide(a: Value, b: Value): Value {
    if (near(b).isZero()) throw new CannotCompute('division by zero is not defined');
    if ('exact' in a && 'exact' in b) return exactOrNear(a.exact.div(b.exact));
    return finite(near(a).div(near(b)));
  }

  function remainder(a: Value, b: Value): Value {
    if (near(b).isZero()) throw new CannotCompute('division by zero is not defined');
    if (!('exact' in a && 'exact' in b)) throw new CannotCompute('remainders are computed of exact numbers only');
    // The sign of the divisor, as in mathematics, and not of the dividend, as in most programming languages.
    const q = a.exact.div(b.exact).floor();
    return exactOrNear(a.exact.sub(q.mul(b.exact)));
  }

  function power(a: Value, b: Value): Value {
    const base = near(a);
    const exponent = near(b);
    if (base.isZero()) {
      if (exponent.isZero()) return { exact: new Fraction(1) };
      if (exponent.isNegative()) throw new CannotCompute('division by zero is not defined');
      return { exact: new Fraction(0) };
    }
    if ('exact' in a && 'exact' in b) {
      const { s, n, d } = b.exact;
      const size = sizeOf(a.exact);
      if (d === 1n && (size <= 1 || n * BigInt(size) <= BigInt(MOST_BITS))) {
        const k = size <= 1 ? Number(n % 2n) + 2 : Number(n);
        const raised = new Fraction((a.exact.s * a.exact.n) ** BigInt(k), a.exact.d ** BigInt(k));
        return { exact: s < 0n ? raised.inverse() : raised };
      }
      if (d > 1n && d <= 64n && n <= 64n && size * 64 <= MOST_BITS) {
        const root = a.exact.s < 0n && d % 2n === 0n ? undefined : rootOf(a.exact, Number(d));
        if (root) return power({ exact: root }, { exact: new Fraction(s * n, 1n) });
      }
    }
    const magnitude = base.abs().log(10).times(exponent).abs();
    if (!magnitude.lt(MOST_EXPONENT)) throw new CannotCompute('the result is too large or too small to write down');
    if (base.isNegative() && !exponent.isInteger()) throw new CannotCompute('the result is not a real number');
    return finite(base.pow(exponent));
  }

  function root(a: Value, k: number): Value {
    if ('exact' in a) {
      const exact = sizeOf(a.exact) <= MOST_BITS ? rootOf(a.exact, k) : undefined;
      if (exact) return { exact };
    }
    const x = near(a);
    if (x.isNegative() && k % 2 === 0) throw new CannotCompute('the root of a negative number is not a real number');
    if (k === 2) return finite(x.sqrt());
    const size = x.abs().pow(new D(1).div(k));
    return finite(x.isNegative() ? size.neg() : size);
  }

  function logarithm(a: Value, base: Decimal | undefined): Value {
    const x = near(a);
    if (!x.gt(0)) throw new CannotCompute('logarithms are defined for positive numbers only');
    if (base === undefined) return finite(x.ln());
    if (!base.gt(0) || base.eq(1)) throw new CannotCompute('the base of a logarithm is positive and not one');
    const result = x.log(base);
    // Where the answer is whole, say so exactly.
    const whole = result.round();
    if (whole.abs().lt(1e4) && base.pow(whole).eq(x)) return { exact: new Fraction(whole.toFixed()) };
    return finite(result);
  }

  function angle(a: Value): Decimal {
    const x = near(a);
    if (x.abs().gt(1e12)) throw new CannotCompute('the angle is too large');
    return x;
  }

  /** Circular functions of multiples of π come out as tiny remainders of rounding: they are zero. */
  function clean(x: Decimal): Value {
    return x.abs().lt(new D(10).pow(8 - digits)) ? { exact: new Fraction(0) } : finite(x);
  }

  function rounded(a: Value, places: bigint): Value {
    if (places < 0n || places > 100n) throw new CannotCompute('rounding takes 0 to 100 decimal places');
    if ('exact' in a) return exactOrNear(a.exact.round(Number(places)));
    return { exact: new Fraction(near(a).toDecimalPlaces(Number(places)).toFixed()) };
  }

  function whole(a: Value, how: 'floor' | 'ceil'): Value {
    return 'exact' in a ? { exact: a.exact[how]() } : { exact: new Fraction(a.near[how]().toFixed()) };
  }

  function add(a: Value, b: Value): Value {
    if ('exact' in a && 'exact' in b) return exactOrNear(a.exact.add(b.exact));
    return finite(near(a).plus(near(b)));
  }

  function multiply(a: Value, b: Value): Value {
    if ('exact' in a && 'exact' in b) return exactOrNear(a.exact.mul(b.exact));
    return finite(near(a).times(near(b)));
  }

  const minusOne: Value = { exact: new Fraction(-1) };
  const hundred: Value = { exact: new Fraction(100) };

  function compare(a: Value, b: Value): number {
    return 'exact' in a && 'exact' in b ? a.exact.compare(b.exact) : near(a).cmp(near(b));
  }

  function choose(n: bigint, k: bigint): Value {
    if (k < 0n || n < 0n || k > n) return { exact: new Fraction(0) };
    const least = k < n - k ? k : n - k;
    if (least > MOST_FACTORIAL) throw new CannotCompute(`binomials are computed up to ${MOST_FACTORIAL} factors`);
    let result = 1n;
    for (let i = 1n; i <= least; i++) {
      result = (result * (n - least + i)) / i;
      if (bits(result) > MOST_BITS) throw new CannotCompute('the result is too large to write down');
    }
    return { exact: new Fraction(result, 1n) };
  }

  function call(name: string, args: Value[]): Value {
    const a = args[0]!;
    const b = args[1];
    switch (name) {
      case 'sqrt':
        return root(a, 2);
      case 'cbrt':
        return root(a, 3);
      case 'root': {
        const k = integerOf(b!, 'the degree of a root');
        if (k < 1n || k > 1000n) throw new CannotCompute('the degree of a root is 1 to 1000');
        return root(a, Number(k));
      }
      case 'abs':
        return 'exact' in a ? { exact: a.exact.abs() } : { near: a.near.abs() };
      case 'exp':
        return power({ near: D.exp(1) }, a);
      case 'ln':
        return logarithm(a, undefined);
      case 'log':
        return logarithm(a, b ? near(b) : new D(10));
      case 'log2':
        return logarithm(a, new D(2));
      case 'log10':
        return logarithm(a, new D(10));
      case 'sin':
      case 'cos':
        return clean(angle(a)[name]());
      case 'tan': {
        const x = angle(a);
        if (
          x
            .cos()
            .abs()
            .lt(new D(10).pow(8 - digits))
        )
          throw new CannotCompute('the tangent is not defined there');
        return clean(x.tan());
      }
      case 'asin':
      case 'acos':
        if (near(a).abs().gt(1)) throw new CannotCompute('the inverse is defined between −1 and 1 only');
        return clean(near(a)[name]());
      case 'atan':
        return clean(near(a).atan());
      case 'sinh':
      case 'cosh':
      case 'tanh':
        if (near(a).abs().gt(1e6)) throw new CannotCompute('the result is too large or too small to write down');
        return clean(near(a)[name]());
      case 'floor':
      case 'ceil':
        return whole(a, name);
      case 'round':
        return rounded(a, b ? integerOf(b, 'the number of places') : 0n);
      case 'gcd':
        return { exact: new Fraction(args.map((v) => integerOf(v, 'the greatest common divisor')).reduce(gcd), 1n) };
      case 'lcm':
        return args.reduce((x, y) => {
          const [m, n] = [integerOf(x, 'the least common multiple'), integerOf(y, 'the least common multiple')];
          const g = gcd(m, n);
          return g === 0n ? { exact: new Fraction(0) } : exactOrNear(new Fraction((m / g) * n, 1n).abs());
        });
      case 'min':
        return args.reduce((x, y) => (compare(x, y) <= 0 ? x : y));
      case 'max':
        return args.reduce((x, y) => (compare(x, y) >= 0 ? x : y));
      case 'sum':
        return args.reduce(add);
      case 'product':
        return args.reduce(multiply);
      case 'mean':
        return divide(args.reduce(add), { exact: new Fraction(args.length) });
      case 'median': {
        const sorted = args.toSorted(compare);
        const middle = sorted.length >> 1;
        if (sorted.length % 2 === 1) return sorted[middle]!;
        return divide(add(sorted[middle - 1]!, sorted[middle]!), { exact: new Fraction(2) });
      }
      case 'factorial':
        return { exact: factorial(integerOf(a, 'the factorial')) };
      case 'choose':
        return choose(integerOf(a, 'a binomial'), integerOf(b!, 'a binomial'));
      default:
        throw new CannotCompute(`the function ${name} is not known here`);
    }
  }

  function constant(name: string): Value {
    if (name === 'pi') return { near: PI() };
    if (name === 'tau') return { near: PI().times(2) };
    if (name === 'e') return { near: D.exp(1) };
    if (name === 'phi') return { near: new D(5).sqrt().plus(1).div(2) };
    throw new CannotCompute(`the value of ${name} is not given`);
  }

  function evaluate(e: Expression): Value {
    switch (e.kind) {
      case 'number': {
        if (e.text.includes('e') && Math.abs(Number(/e([+-]?\d+)/.exec(e.text)![1])) > 400)
          return finite(new D(e.text));
        return {
          exact: new Fraction(
            new D(e.text).precision() > digits || !e.text.includes('e') ? e.text : new D(e.text).toFixed(),
          ),
        };
      }
      case 'name':
        return constant(e.name);
      case 'negate':
        return multiply(minusOne, evaluate(e.of));
      case 'factorial':
        return { exact: factorial(integerOf(evaluate(e.of), 'the factorial')) };
      case 'percent':
        return divide(evaluate(e.of), hundred);
      case 'call':
        return call(e.name, e.args.map(evaluate));
      case 'binary': {
        const left = evaluate(e.left);
        if ((e.op === '+' || e.op === '-') && e.right.kind === 'percent') {
          // "200 + 10 %" adds a part of the 200.
          const part = multiply(left, evaluate(e.right));
          return add(left, e.op === '+' ? part : multiply(minusOne, part));
        }
        const right = evaluate(e.right);
        if (e.op === '+') return add(left, right);
        if (e.op === '-') return add(left, multiply(minusOne, right));
        if (e.op === '*') return multiply(left, right);
        if (e.op === '/') return divide(left, right);
        return e.op === '^' ? power(left, right) : remainder(left, right);
      }
    }
  }

  return { evaluate, near };
}
