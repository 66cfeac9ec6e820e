import { all, create, type MathJsInstance } from 'mathjs';

/** Significant digits of intermediate results when no more are asked for. */
export const WORKING_DIGITS = 64;

/** Units it lacks, has rounded, or takes for an astronomer's. A year has 365 days here, a month a twelfth of that. */
const UNITS = {
  year: '365 day',
  decade: '3650 day',
  century: '36500 day',
  month: '730 hour',
  knot: '1852 m/hour',
  acre: '4046.8564224 m^2',
};

let shared: MathJsInstance | undefined;

/** The maths library, made on first use: loading it takes a tenth of a second. */
export function maths(): MathJsInstance {
  if (!shared) {
    shared = create(all!, { number: 'BigNumber', precision: WORKING_DIGITS });
    for (const [name, definition] of Object.entries(UNITS)) shared.createUnit(name, { definition }, { override: true });
  }
  return shared;
}
