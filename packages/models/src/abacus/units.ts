import { Decimal } from 'decimal.js';
import { maths } from './maths.ts';

/** Units by the names people write, to the maths library's names. Time is exact only up to weeks; see `NOTES`. */
const NAMES: Record<string, string> = {};

function name(unit: string, ...words: string[]): void {
  for (const w of words) NAMES[w] = unit;
}

name('km', 'km', 'kms', 'kilometer', 'kilometers', 'kilometre', 'kilometres');
name('m', 'm', 'meter', 'meters', 'metre', 'metres');
name('cm', 'cm', 'centimeter', 'centimeters', 'centimetre', 'centimetres');
name('mm', 'mm', 'millimeter', 'millimeters', 'millimetre', 'millimetres');
name('um', 'micrometer', 'micrometers', 'micrometre', 'micrometres', 'micron', 'microns', 'µm');
name('nm', 'nm', 'nanometer', 'nanometers', 'nanometre', 'nanometres');
name('mile', 'mile', 'miles', 'mi');
name('yard', 'yard', 'yards', 'yd', 'yds');
name('foot', 'foot', 'feet', 'ft');
name('inch', 'inch', 'inches', 'in');
name('kg', 'kg', 'kgs', 'kilogram', 'kilograms', 'kilo', 'kilos', 'kilogramme', 'kilogrammes');
name('g', 'g', 'gram', 'grams', 'gramme', 'grammes');
name('mg', 'mg', 'milligram', 'milligrams');
name('tonne', 'tonne', 'tonnes', 'metric ton', 'metric tons', 't');
name('ton', 'ton', 'tons');
name('lbm', 'lb', 'lbs', 'pound', 'pounds');
name('oz', 'oz', 'ounce', 'ounces');
name('stone', 'stone', 'stones');
name('second', 's', 'sec', 'secs', 'second', 'seconds');
name('millisecond', 'ms', 'millisecond', 'milliseconds');
name('microsecond', 'microsecond', 'microseconds', 'µs');
name('nanosecond', 'ns', 'nanosecond', 'nanoseconds');
name('minute', 'min', 'mins', 'minute', 'minutes');
name('hour', 'h', 'hr', 'hrs', 'hour', 'hours');
name('day', 'day', 'days', 'd');
name('week', 'week', 'weeks');
name('month', 'month', 'months');
name('year', 'year', 'years', 'yr', 'yrs');
name('decade', 'decade', 'decades');
name('century', 'century', 'centuries');
name('l', 'l', 'liter', 'liters', 'litre', 'litres');
name('ml', 'ml', 'milliliter', 'milliliters', 'millilitre', 'millilitres');
name('gallon', 'gallon', 'gallons', 'gal');
name('quart', 'quart', 'quarts');
name('pint', 'pint', 'pints');
name('cup', 'cup', 'cups');
name('tablespoon', 'tablespoon', 'tablespoons', 'tbsp');
name('teaspoon', 'teaspoon', 'teaspoons', 'tsp');
name('fluidounce', 'fluid ounce', 'fluid ounces', 'fl oz');
name('hectare', 'hectare', 'hectares', 'ha');
name('acre', 'acre', 'acres');
name('degC', 'celsius', 'degree celsius', 'degrees celsius', '°c', 'degc', 'c', 'centigrade', 'degrees c', 'degree c');
name('degF', 'fahrenheit', 'degree fahrenheit', 'degrees fahrenheit', '°f', 'degf', 'f', 'degrees f', 'degree f');
name('K', 'kelvin', 'kelvins', 'k');
name('b', 'bit', 'bits');
name('B', 'byte', 'bytes');
for (const [word, prefix] of [
  ['kilo', 'k'],
  ['mega', 'M'],
  ['giga', 'G'],
  ['tera', 'T'],
  ['peta', 'P'],
] as const) {
  name(`${prefix}B`, `${word}byte`, `${word}bytes`, `${prefix.toLowerCase()}b`);
  name(`${prefix}b`, `${word}bit`, `${word}bits`);
}
for (const [word, prefix] of [
  ['kibi', 'Ki'],
  ['mebi', 'Mi'],
  ['gibi', 'Gi'],
  ['tebi', 'Ti'],
  ['pebi', 'Pi'],
] as const) {
  name(`${prefix}B`, `${word}byte`, `${word}bytes`, `${prefix.toLowerCase()}b`);
}
name('J', 'joule', 'joules', 'j');
name('kJ', 'kilojoule', 'kilojoules', 'kj');
name('Wh', 'wh', 'watt hour', 'watt hours');
name('kWh', 'kwh', 'kilowatt hour', 'kilowatt hours', 'kilowatt-hour', 'kilowatt-hours');
name('MWh', 'mwh', 'megawatt hour', 'megawatt hours');
name('W', 'watt', 'watts', 'w');
name('kW', 'kilowatt', 'kilowatts', 'kw');
name('MW', 'megawatt', 'megawatts', 'mw');
name('hp', 'hp', 'horsepower');
name('N', 'newton', 'newtons');
name('Pa', 'pascal', 'pascals', 'pa');
name('kPa', 'kilopascal', 'kilopascals', 'kpa');
name('bar', 'bar', 'bars');
name('psi', 'psi');
name('atm', 'atm', 'atmosphere', 'atmospheres');
name('deg', 'degree', 'degrees', '°');
name('rad', 'radian', 'radians', 'rad');
name('Hz', 'hz', 'hertz');
name('kHz', 'khz', 'kilohertz');
name('MHz', 'mhz', 'megahertz');
name('GHz', 'ghz', 'gigahertz');
name('mile/hour', 'mph');
name('km/hour', 'kmh', 'kph');
name('knot', 'knot', 'knots', 'kn');

/** One-letter words that are units only directly behind a number or as a target beside another unit. */
const SHORT = new Set(['m', 's', 'h', 'd', 'g', 'l', 'c', 'f', 'k', 't', 'j', 'w', 'in', '°']);

/** The maths library's names of a simple unit, with words for its length of year and month. */
const NOTES: Record<string, string> = {
  year: 'a year of 365 days',
  decade: 'years of 365 days',
  century: 'years of 365 days',
  month: 'a month of a twelfth of 365 days',
};
/** A unit as read from a question. */
export interface ReadUnit {
  /** As the maths library reads it. */
  unit: string;
  /** As the person wrote it. */
  words: string;
  /** What a year or month is taken for. */
  notes: string[];
}

function simpleUnit(words: string, allowShort: boolean): string | undefined {
  const w = words.trim().replace(/\s+/g, ' ');
  if (!allowShort && SHORT.has(w)) return undefined;
  return Object.hasOwn(NAMES, w) ? NAMES[w] : undefined;
}

/** Reads a unit such as "miles per hour", "square feet", "km/h" or "kilowatt hours". `text` is lower-case. */
export function readUnit(text: string, allowShort = true): ReadUnit | undefined {
  const words = text
    .trim()
    .replace(/^(?:an?|the|one)\s+/, '')
    .replace(/\.$/, '');
  if (words.length === 0 || words.length > 60) return undefined;
  const notes = new Set<string>();
  const parts = words.split(/\s*(?:\/|\bper\b|\ban hour\b)\s*/);
  if (/\ban hour\b/.test(words)) parts[parts.length - 1] = 'hour';
  if (parts.length > 2) return undefined;
  const units = parts.map((part) => {
    const m =
      /^(?:(square|cubic|sq|cu)\.? )?(.*?)(?:\s*(?:\^\s*([23])|([²³])|(?<=[a-z])([23])| (squared|cubed)))?$/.exec(part);
    const base = m ? simpleUnit(m[2]!, allowShort || parts.length > 1) : undefined;
    if (!m || base === undefined) return undefined;
    const power =
      m[1]?.startsWith('sq') || m[3] === '2' || m[4] === '²' || m[5] === '2' || m[6] === 'squared'
        ? 2
        : m[1] || m[3] || m[4] || m[5] || m[6]
          ? 3
          : 1;
    if (NOTES[base]) notes.add(NOTES[base]);
    if (power > 1) return `${base}^${power}`;
    return base;
  });
  if (units.some((u) => u === undefined)) return undefined;
  return { unit: units.join(' / '), words, notes: [...notes] };
}

const TEMPERATURE = /^(?:deg[CF]|K)$/;

/** How many `to` are `amount` times `from`. Undefined when the two do not measure the same thing. */
export function convertUnits(amount: Decimal, from: ReadUnit, to: ReadUnit): Decimal | undefined {
  const math = maths();
  const temperatures = [from, to].filter((u) => TEMPERATURE.test(u.unit)).length;
  if (temperatures === 2) {
    return new Decimal(String(math.unit(math.bignumber(amount.toString()), from.unit).toNumeric(to.unit)));
  }
  if (temperatures === 1) return undefined;
  // Only names out of the table above get here.
  const source = math.unit(`1 ${from.unit}`);
  const target = math.unit(`1 ${to.unit}`);
  if (!source.equalBase(target)) return undefined;
  return amount.times(String(math.divide(source, target)));
}
