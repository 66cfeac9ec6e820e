import { conversionOf } from './conversion.ts';
import { type DateProblem, readDateProblem } from './dates.ts';
import { algebraOf } from './equations.ts';
import { computes, type Expression } from './expression.ts';
import type { DigitsWanted } from './format.ts';
import { numberQuestion } from './number-questions.ts';
import { expressionOf, percentOf, withoutNoun } from './phrases.ts';
import { digitsForWords } from './spoken-numbers.ts';
import type { ReadUnit } from './units.ts';
import { readStory } from './word-problems.ts';

/** What an abacus can be asked. */
export type Problem =
  | { kind: 'calculate'; expression: Expression; digits: DigitsWanted; suffix?: '%'; story?: true }
  | { kind: 'convert'; parts: { amount: Expression; from: ReadUnit }[]; to: ReadUnit; digits: DigitsWanted }
  | { kind: 'solve'; left: Expression; right: Expression; variable: string }
  | { kind: 'derivative' | 'simplify' | 'expand' | 'factor'; expression: Expression; variable: string }
  | { kind: 'prime' | 'prime-factors'; of: Expression }
  | { kind: 'base'; of: bigint; to: 2 | 8 | 10 | 16 }
  | { kind: 'compare'; left: Expression; right: Expression }
  | { kind: 'date'; problem: DateProblem };

/** Longest question that is read, characters. */
const MOST_CHARS = 1_000;
const MOST_STORY_CHARS = 300;

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** One spelling for what keyboards and habits write in many: lower case, plain operators, no thousands separators. */
function normalise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[⁰¹²³⁴-⁹]+/g, (run) => `^${[...run].map((c) => SUPERSCRIPTS.indexOf(c)).join('')}`)
    .replace(/½/g, '(1/2)')
    .replace(/¼/g, '(1/4)')
    .replace(/¾/g, '(3/4)')
    .replace(/[×✕⋅·∙]/g, '*')
    .replace(/[÷∕]/g, '/')
    .replace(/[−–—]/g, '-')
    .replace(/π/g, ' pi ')
    .replace(/[‘’]/g, "'")
    .replace(/[“”"`]/g, '')
    .replace(/\$(?=\d)|€(?=\d)|£(?=\d)/g, '')
    .replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])/g, (n) => n.replaceAll(',', ''))
    .replace(/(?<![\d.])\d{1,3}(?: \d{3})+(?![\d ]*\d)/g, (n) => n.replaceAll(' ', ''))
    .replace(/(\d|\))\s*(?:us ?dollars?|dollars?|usdc?|euros?|eur|bucks)\b/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

const POLITE = /^(?:(?:ok(?:ay)?|so|well|hi|hello|hey|please|now|and|then|quick question|just|ai|bot)\b[\s,:!.-]*)+/;
const ASK =
  /^(?:(?:can|could|would|will) you (?:please )?(?:tell me|calculate|compute|work out|find|give me|help me (?:calculate|compute|find|with)|do|show me|determine|figure out|evaluate)?|i (?:need|want|would like|'d like) (?:to (?:know|calculate|compute|find|work out)|you to (?:calculate|compute|find))?|do you know|tell me|let me know|help me (?:calculate|compute|find|with))\b\s*/;
const WHAT =
  /^(?:what(?:'s|s| is| are| was| will be| would be| do you get (?:if|when) you| does| equals?)?(?: the)?(?: (?:value|result|answer|solution)(?: (?:of|to|for))?)?|how much(?: is| are| does| do| would| money is)?|how many is|calculate|compute|evaluate|work out|figure out|find(?: out)?|determine|give me|show me|do the math:?|quickly|the value of|the result of|if you)\b\s*:?\s*/;

/** Takes politeness and the asking itself off the front and the end. */
function core(text: string): string {
  let q = text;
  for (let i = 0; i < 4; i++) {
    const before = q;
    q = q.replace(POLITE, '').replace(ASK, '').replace(WHAT, '');
    if (q === before) break;
  }
  return q
    .replace(
      /(?:[\s,]*(?:please|thanks|thank you|for me|equals?(?: to)?|come to|make|exactly|in total|altogether|as a (?:number|decimal)|is what|is equal to(?: what)?|give)?)(?:[\s?.=]|(?<=[a-z\s])!)*$/,
      '',
    )
    .replace(/^the\s+/, '')
    .trim();
}

const DIGITS =
  /[,\s]*\b(?:to|with|up to|using|rounded to|correct to|accurate to|at)\s+(?:the (?:nearest|first)\s+)?(\d{1,4})\s+(?:(significant)\s+)?(decimal places|decimals?|digits|figures|places|dp|sf)(?: (?:of precision|after the (?:decimal )?point|precision))?/;

/** Takes "to 20 digits" out of a question. "Digits" are significant ones, "places" those after the point. */
function takeDigits(text: string): { rest: string; digits: DigitsWanted } {
  const m = DIGITS.exec(text);
  if (!m) return { rest: text, digits: {} };
  const n = Math.min(500, Math.max(1, Number(m[1])));
  const places = !m[2] && /^(?:dec|places|dp)|after/.test(m[3]! + (m[0].includes('after') ? 'after' : ''));
  const rest = text
    .replace(DIGITS, '')
    .replace(/,?\s*rounded$/, '')
    .trim();
  return { rest, digits: places ? { places: n } : { significant: n } };
}

/**
 * The problem that a question is, or undefined when it is none: then it is for somebody else. Only questions that are read
 * to the last word count, so a number inside a question about something else misleads nobody.
 */
export function readProblem(text: string): Problem | undefined {
  if (
    text.length === 0 ||
    text.length > MOST_CHARS ||
    !/\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|million|dozen|half|twice|double|pi|a|an|today|day|date|time|year|x|y)\b|[π√]/i.test(
      text,
    )
  ) {
    return undefined;
  }
  const flat = digitsForWords(normalise(text));
  const date = readDateProblem(flat);
  if (date) return { kind: 'date', problem: date };

  const asked = flat
    .replace(POLITE, '')
    .replace(ASK, '')
    .replace(/[\s?!.]+$/, '')
    .replace(/ (?:please|exactly)$/, '');
  const bare = core(flat);
  const { rest, digits } = takeDigits(bare);

  const yes = numberQuestion(asked) ?? numberQuestion(rest);
  if (yes) return yes;
  const converted = conversionOf(takeDigits(asked).rest, rest, digits);
  if (converted) return converted;
  const percent = percentOf(rest);
  if (percent) return { kind: 'calculate', digits, ...percent };
  const expression =
    expressionOf(rest) ??
    expressionOf(rest.replace(/^how (?:much|many) (?:is|are) /, '')) ??
    expressionOf(withoutNoun(rest));
  // "2026-11-22" and "24/7" are written like arithmetic and are none.
  if (expression && computes(expression) && !/^\d{4}-\d{1,2}-\d{1,2}$|^24\/7$/.test(rest)) {
    return { kind: 'calculate', expression, digits };
  }
  if (expression && digits.significant !== undefined && expression.kind === 'name')
    return { kind: 'calculate', expression, digits };
  if (expression && digits.places !== undefined) return { kind: 'calculate', expression, digits };
  const algebra = algebraOf(rest) ?? algebraOf(asked);
  if (algebra || flat.length > MOST_STORY_CHARS) return algebra;
  const story = readStory(flat);
  return story && { kind: 'calculate', expression: story, digits, story: true };
}
