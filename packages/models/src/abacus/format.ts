import type { Decimal } from 'decimal.js';
import type Fraction from 'fraction.js';
import type { Evaluator } from './evaluate.ts';
import type { Value } from './rationals.ts';

/** How many digits are wanted: significant ones, or places after the point. */
export interface DigitsWanted {
  significant?: number;
  places?: number;
}

/** Digits of a number that is not exact when nothing is asked for. */
const USUAL_DIGITS = 16;
/** Digits of a whole number beyond which it is shortened. */
const MOST_DIGITS = 1_200;

/** The decimal of a fraction when it ends within 40 places, else undefined. */
function endingDecimal(f: Fraction): string | undefined {
  let d = f.d;
  let twos = 0;
  let fives = 0;
  while (d % 2n === 0n) {
    d /= 2n;
    twos++;
  }
  while (d % 5n === 0n) {
    d /= 5n;
    fives++;
  }
  const places = Math.max(twos, fives);
  if (d !== 1n || places > 40) return undefined;
  const digits = ((f.n * 10n ** BigInt(places)) / f.d).toString().padStart(places + 1, '0');
  const sign = f.s < 0n ? '-' : '';
  return sign + (places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`);
}

/** A decimal without exponent where that is readable, without trailing zeros. */
function plain(x: Decimal): string {
  return x.e > -7 && x.e < 21 ? x.toFixed() : x.toString();
}

/** "= 3/7 ≈ 0.428571428571429": a value with its sign of equality, exact where it can be. */
export function formatValue(v: Value, evaluator: Evaluator, wanted: DigitsWanted = {}): string {
  const near = evaluator.near(v);
  if (wanted.places !== undefined) {
    const shown = near.toDecimalPlaces(wanted.places).toFixed(wanted.places);
    return `${'exact' in v && near.eq(shown) ? '=' : '≈'} ${shown}`;
  }
  const significant = wanted.significant ?? USUAL_DIGITS;
  if ('near' in v) return `≈ ${plain(near.toSignificantDigits(significant))}`;
  if (wanted.significant !== undefined && v.exact.d !== 1n) {
    const shown = near.toSignificantDigits(significant);
    return `${near.eq(shown) && endingDecimal(v.exact) ? '=' : '≈'} ${plain(shown)}`;
  }
  const decimal = endingDecimal(v.exact);
  if (decimal !== undefined) {
    if (decimal.length <= MOST_DIGITS) return `= ${decimal}`;
    return `≈ ${near.toSignificantDigits(30).toString()} (a number of ${decimal.replace(/\D/g, '').length} digits)`;
  }
  const approximate = `≈ ${plain(near.toSignificantDigits(significant))}`;
  const fraction = `${v.exact.s * v.exact.n}/${v.exact.d}`;
  return fraction.length <= 60 ? `= ${fraction} ${approximate}` : approximate;
}
