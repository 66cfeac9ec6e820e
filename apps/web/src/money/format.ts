import { DOLLAR_DECIMALS, formatUnits } from '@tributary/protocol';

/** Base units of a dollar. */
const DOLLAR = 10n ** BigInt(DOLLAR_DECIMALS);
const CENT = DOLLAR / 100n;
/** Millionths of a base unit: parts of single answers are that small. */
const MICRO_DECIMALS = DOLLAR_DECIMALS + 6;

function grouped(whole: string): string {
  return whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** The exact amount, all places that count: `$0.000279`, `$1,250.50`. */
export function exactDollars(amount: bigint): string {
  return dollarsOf(formatUnits(amount, DOLLAR_DECIMALS));
}

/**
 * An amount to be read at a glance: below a dollar every place of it, above it whole cents, cut off and never rounded up.
 * At least two places: `$0.000279`, `$0.50`, `$12.34`.
 */
export function shortDollars(amount: bigint): string {
  const size = amount < 0n ? -amount : amount;
  if (size < DOLLAR) return exactDollars(amount);
  return exactDollars((amount / CENT) * CENT);
}

/** An amount in millionths of a base unit, cut off after three digits that count: `$0.0000132`. */
export function microDollars(microAmount: bigint): string {
  const text = formatUnits(microAmount, MICRO_DECIMALS);
  const [whole = '0', fraction = ''] = text.split('.');
  if (whole.replace('-', '') !== '0') return dollarsOf(`${whole}.${fraction.slice(0, 2)}`);
  const first = fraction.search(/[1-9]/);
  return dollarsOf(first < 0 ? '0' : `${whole}.${fraction.slice(0, Math.max(first + 3, 2)).replace(/0+$/, '')}`);
}

function dollarsOf(text: string): string {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  return `${negative ? '−' : ''}$${grouped(whole)}.${fraction.padEnd(2, '0')}`;
}

/** An amount of any token: `12.5 TRIB`. */
export function tokenAmount(amount: bigint, decimals: number, symbol: string): string {
  const [whole = '0', fraction = ''] = formatUnits(amount, decimals).split('.');
  return `${grouped(whole)}${fraction ? `.${fraction.slice(0, 6)}` : ''} ${symbol}`;
}

/** A share in parts per million: `70 %`, `2.5 %`, `0.01 %`. */
export function percent(ppm: number): string {
  if (ppm > 0 && ppm < 100) return '< 0.01 %';
  return `${Number((ppm / 10_000).toFixed(2))} %`;
}

/** Base units of what somebody typed, or a sentence that says what is wrong with it. */
export function parseDollars(text: string): { amount: bigint } | { wrong: string } {
  const plain = text.trim().replace(/^\$/, '').replaceAll(',', '');
  if (plain === '') return { wrong: 'Type an amount, such as 5 or 0.25.' };
  const m = /^(\d{1,15})(?:\.(\d*))?$/.exec(plain);
  if (!m) return { wrong: 'An amount in dollars has digits and one point, such as 0.25.' };
  const fraction = m[2] ?? '';
  if (fraction.length > DOLLAR_DECIMALS) return { wrong: `A dollar has at most ${DOLLAR_DECIMALS} decimal places.` };
  return { amount: BigInt(m[1]! + fraction.padEnd(DOLLAR_DECIMALS, '0')) };
}

/** Parts per million of what somebody typed as a percentage, or a sentence that says what is wrong with it. */
export function parsePercent(text: string): { ppm: number } | { wrong: string } {
  const m = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(text.trim().replace(/\s*%$/, ''));
  const ppm = m ? Number(m[1]) * 10_000 + Number((m[2] ?? '').padEnd(4, '0')) : Number.NaN;
  return ppm <= 1_000_000 ? { ppm } : { wrong: 'A share is a number from 0 to 100, with at most four decimal places.' };
}
