import { DateTime } from 'luxon';

/** A question about the calendar. Dates are ISO texts. */
export type DateProblem =
  | {
      kind: 'between';
      from: string;
      to: string;
      unit: 'days' | 'weeks' | 'months' | 'years' | 'hours' | 'minutes' | 'seconds' | 'workdays';
    }
  | { kind: 'weekday'; date: string }
  | { kind: 'shift'; date: string; amount: number; unit: 'days' | 'weeks' | 'months' | 'years' }
  | { kind: 'leap'; year: number }
  | { kind: 'month-length'; year: number; month: number }
  | { kind: 'day-of-year'; date: string }
  | { kind: 'needs-today' };

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const MONTH = `(?:${MONTHS.map((m) => `${m}|${m.slice(0, 3)}`).join('|')}|sept)\\.?`;
const DAY = String.raw`\d{1,2}(?:st|nd|rd|th)?`;
const DATE = `(?:\\d{4}-\\d{2}-\\d{2}|(?:the )?${DAY}(?: of)? ${MONTH},? \\d{4}|${MONTH} (?:the )?${DAY},? \\d{4}|\\d{1,2}[./]\\d{1,2}[./]\\d{4})`;

function monthOf(text: string): number {
  return MONTHS.findIndex((m) => text.startsWith(m.slice(0, 3))) + 1;
}

/** The ISO date of one written in a usual way, or undefined when it is none or may be read in two ways. */
function readDate(text: string): string | undefined {
  const t = text.replace(/^the /, '').replace(/(\d)(?:st|nd|rd|th)\b/g, '$1');
  let m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(t);
  let parts: [number, number, number] | undefined;
  if (m) {
    parts = [Number(m[1]), Number(m[2]), Number(m[3])];
  } else {
    m = /^(\d{1,2})(?: of)? ([a-z]+)\.?,? (\d{4})$/.exec(t);
    if (m) parts = [Number(m[3]), monthOf(m[2]!), Number(m[1])];
    m = parts ? null : /^([a-z]+)\.? (?:the )?(\d{1,2}),? (\d{4})$/.exec(t);
    if (m) parts = [Number(m[3]), monthOf(m[1]!), Number(m[2])];
    m = parts ? null : /^(\d{1,2})([./])(\d{1,2})\2(\d{4})$/.exec(t);
    if (m) {
      const [a, b] = [Number(m[1]), Number(m[3])];
      // With points the day comes first. With slashes both orders are in use, so one of them must be impossible.
      if (m[2] === '.' || a > 12 || a === b) parts = [Number(m[4]), b, a];
      else if (b > 12) parts = [Number(m[4]), a, b];
    }
  }
  if (!parts || parts[0] < 1) return undefined;
  const date = DateTime.fromObject({ year: parts[0], month: parts[1], day: parts[2] }, { zone: 'utc' });
  return date.isValid ? date.toISODate() : undefined;
}

const BETWEEN_UNIT = `(days?|weeks?|months?|years?|hours?|minutes?|seconds?|working days?|business days?|weekdays?|work ?days?)`;
const SHIFT = String.raw`(\d{1,6}) (days?|weeks?|months?|years?)`;
const TODAY =
  /\b(?:today|tomorrow|yesterday|now|tonight|this (?:week|month|year)|(?:next|last|this) (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|ago|from now|christmas|new year|easter)\b/;
const ABOUT_DATES =
  /\b(?:what(?:'s| is) (?:the )?(?:date|time|day)\b|what (?:day|date|year|month|time|weekday) (?:is|was|will)|how (?:many|long)\b.*\b(?:days?|weeks?|months?|years?|hours?|minutes?|until|till|since)\b|(?:which|what) day of the week|how old)\b/;

function plural(unit: string): string {
  return unit.endsWith('s') ? unit : `${unit}s`;
}

function betweenUnit(unit: string | undefined): (DateProblem & { kind: 'between' })['unit'] {
  if (unit === undefined) return 'days';
  if (/work|business|weekday/.test(unit)) return 'workdays';
  return plural(unit) as 'days';
}

/** Reads a question about dates; `text` is lower-case with number words in digits. */
export function readDateProblem(text: string): DateProblem | undefined {
  const q = text.replace(/[?!\s]+$/, '').replace(/\.$/, '');
  const date = (s: string | undefined) => (s === undefined ? undefined : readDate(s));
  const inner = (pattern: string) => new RegExp(pattern).exec(q);

  let m = inner(
    `(?:${BETWEEN_UNIT}\\b.*?)?\\b(?:between|from|since)\\s+(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(${DATE})\\s+(?:and|to|until|till|through|up to)\\s+(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(${DATE})`,
  );
  if (m) {
    const [from, to] = [date(m[2]), date(m[3])];
    const unit =
      m[1] ??
      new RegExp(`\\bin ${BETWEEN_UNIT}$`).exec(q)?.[1] ??
      new RegExp(`^(?:\\w+ ){0,4}${BETWEEN_UNIT}\\b`).exec(q)?.[1];
    if (from && to) return { kind: 'between', from, to, unit: betweenUnit(unit) };
  }
  m = inner(
    `${BETWEEN_UNIT} (?:(?:are|is) (?:there )?)?(?:until|till|to|before|after)\\s+(${DATE})\\s+(?:from|since|after|starting)\\s+(${DATE})`,
  );
  if (m) {
    const [to, from] = [date(m[2]), date(m[3])];
    if (from && to) return { kind: 'between', from, to, unit: betweenUnit(m[1]) };
  }
  m = inner(`${SHIFT} (?:after|from|later than|following|past|before|prior to|earlier than)\\s+(${DATE})`);
  if (m) {
    const d = date(m[3]);
    const back = /before|prior|earlier/.test(m[0]) ? -1 : 1;
    if (d) return { kind: 'shift', date: d, amount: back * Number(m[1]), unit: plural(m[2]!) as 'days' };
  }
  m = inner(`(?:\\badd ${SHIFT} to|\\b(subtract|take) ${SHIFT} (?:from|off))\\s+(${DATE})`);
  if (m) {
    const d = date(m[6]);
    if (d)
      return {
        kind: 'shift',
        date: d,
        amount: m[3] ? -Number(m[4]) : Number(m[1]),
        unit: plural((m[3] ? m[5] : m[2])!) as 'days',
      };
  }
  m = inner(`(${DATE})\\s*(\\+|-|plus|minus|and)\\s*${SHIFT}`);
  if (m) {
    const d = date(m[1]);
    if (d)
      return {
        kind: 'shift',
        date: d,
        amount: (/-|minus/.test(m[2]!) ? -1 : 1) * Number(m[3]),
        unit: plural(m[4]!) as 'days',
      };
  }
  m = inner(`\\b(?:day of the year|day number|ordinal date)\\b.*?(${DATE})`);
  if (m) {
    const d = date(m[1]);
    if (d) return { kind: 'day-of-year', date: d };
  }
  m =
    inner(`(?:\\b(?:what|which) (?:week)?day\\b|\\bday of the week\\b|\\bweekday\\b)[^0-9]*?(${DATE})`) ??
    inner(
      `(${DATE}).*?\\b(?:week ?day|day of the week|(?:what|which) day|a (?:mon|tues|wednes|thurs|fri|satur|sun)day)\\b`,
    );
  if (m) {
    const d = date(m[1]);
    if (d) return { kind: 'weekday', date: d };
  }
  m = inner(
    String.raw`\b(\d{1,4}) (?:(?:is|was|will be) )?(?:an? )?leap year|\bleap year\b.*?\b(\d{1,4})\b|\bis (\d{1,4}) .*leap`,
  );
  if (m && !/between|from/.test(q)) return { kind: 'leap', year: Number(m[1] ?? m[2] ?? m[3]) };
  m = inner(
    `\\bhow many days\\b.*?\\b(?:in|does|do|has|of) (?:the month of )?(${MONTH}),?(?: of)?(?: the year)? (\\d{4})$`,
  );
  if (m) return { kind: 'month-length', year: Number(m[2]), month: monthOf(m[1]!) };
  m = inner(String.raw`\bhow many days\b.*?\bin (?:the year )?(\d{4})$`);
  if (m)
    return {
      kind: 'between',
      from: `${m[1]}-01-01`,
      to: `${String(Number(m[1]) + 1).padStart(4, '0')}-01-01`,
      unit: 'days',
    };

  const about = ABOUT_DATES.test(q);
  if (about && (TODAY.test(q) || new RegExp(`(?:until|till|since|to)\\s+(?:the )?(?:${DATE}|${MONTH}\\b)`).test(q)))
    return { kind: 'needs-today' };
  if (
    /^(?:what(?:'s| is) (?:the )?(?:current )?(?:date|time|day)(?: (?:is it|today|now|it is|of the week is it))*|what (?:time|day|year|month|date)(?: of the week)? is it(?: (?:today|now))?)$/.test(
      q,
    )
  )
    return { kind: 'needs-today' };
  return undefined;
}

function spoken(date: DateTime): string {
  return date.setLocale('en').toFormat('cccc, d LLLL yyyy');
}

function at(iso: string): DateTime {
  return DateTime.fromISO(iso, { zone: 'utc' });
}

function count(n: number, unit: string): string {
  return `${n} ${n === 1 ? unit.replace(/s$/, '') : unit}`;
}

/** Whole weeks hold five working days; only the rest is walked through. */
function workdays(from: DateTime, days: number): number {
  const weeks = Math.floor(days / 7);
  let extra = 0;
  for (let i = weeks * 7; i < days; i++) if (from.plus({ days: i }).weekday <= 5) extra++;
  return weeks * 5 + extra;
}

/** Answers a question about dates in a sentence; undefined when it depends on today or leaves the calendar. */
export function solveDateProblem(p: DateProblem): string | undefined {
  switch (p.kind) {
    case 'needs-today':
      return undefined;
    case 'leap': {
      const is = DateTime.utc(p.year).isInLeapYear;
      return `${p.year} is ${is ? 'a' : 'not a'} leap year: February has ${is ? 29 : 28} days.`;
    }
    case 'month-length': {
      const month = DateTime.utc(p.year, p.month);
      return `${month.setLocale('en').toFormat('LLLL yyyy')} has ${month.daysInMonth} days.`;
    }
    case 'day-of-year':
      return `${spoken(at(p.date))} is day ${at(p.date).ordinal} of the year.`;
    case 'weekday':
      return `${p.date} is a ${at(p.date).setLocale('en').toFormat('cccc')} (${spoken(at(p.date))}).`;
    case 'shift': {
      const result = at(p.date).plus({ [p.unit]: p.amount });
      if (!result.isValid || result.year < 1 || result.year > 9999) return undefined;
      return `${count(Math.abs(p.amount), p.unit)} ${p.amount < 0 ? 'before' : 'after'} ${p.date} is ${result.toISODate()} (${spoken(result)}).`;
    }
    case 'between': {
      const [from, to] = p.from <= p.to ? [at(p.from), at(p.to)] : [at(p.to), at(p.from)];
      const days = Math.round(to.diff(from, 'days').days);
      const range = `From ${from.toISODate()} to ${to.toISODate()}`;
      if (p.unit === 'days') return `${range} it is ${count(days, 'days')}.`;
      if (p.unit === 'workdays')
        return `${range} there are ${count(workdays(from, days), 'working days')} (Monday to Friday, the last day not counted, holidays not considered).`;
      if (p.unit === 'weeks') {
        const rest = days % 7;
        return `${range} it is ${count(Math.floor(days / 7), 'weeks')}${rest ? ` and ${count(rest, 'days')}` : ''} (${count(days, 'days')}).`;
      }
      if (p.unit === 'months' || p.unit === 'years') {
        const d = to.diff(from, p.unit === 'years' ? ['years', 'months', 'days'] : ['months', 'days']);
        const parts = [
          ['years', d.years],
          ['months', d.months],
          ['days', Math.round(d.days)],
        ] as const;
        const said = parts.filter(([, n]) => n > 0).map(([unit, n]) => count(n, unit));
        return `${range} it is ${said.join(', ') || `0 ${p.unit}`} (${count(days, 'days')}).`;
      }
      const factor = { hours: 24, minutes: 1440, seconds: 86_400 }[p.unit];
      return `${range} it is ${count(days * factor, p.unit)} (${count(days, 'days')}).`;
    }
  }
}
