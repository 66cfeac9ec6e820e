import { type Expression, parseExpression } from './expression.ts';

/** Small sums told as stories. Each pattern names its numbers in order; `$1` … stand for them in the calculation. */

const N = '(\\(?[\\d.]+(?:[*/+][\\d.]+\\)?)?)';
/** Anything but digits and the end of a sentence: the nouns of a story. */
const W = '[^\\d?!]*?';
const EVENLY = '(?:evenly|equally|fairly|in equal parts)';
const HOW_MANY = "(?:how (?:many|much)|what(?: is|'s)? (?:the )?(?:total|altogether|sum|price|cost|amount))";

const STORIES: readonly (readonly [RegExp, string])[] = [
  // Sharing.
  [
    new RegExp(
      `\\b(?:shar|divid|split|distribut|hand|deal)(?:e|es|ed|ing|t|ting|s|out| out)?\\b${W}\\b${N}\\b${W}\\b(?:among|between|into|by|across|to|over|with)\\b${W}${N}\\b${W}(?:${EVENLY}.*|\\b(?:each|every|per)\\b.*|people|persons|friends|children|kids|parts|groups|ways)?$`,
    ),
    '$1 / $2',
  ],
  [
    new RegExp(
      `\\b${N}\\b${W}\\b(?:(?:are|is|get|be) )?(?:shared|divided|split|distributed)\\b${W}\\b(?:among|between|into|by|across|over)\\b${W}${N}\\b.*$`,
    ),
    '$1 / $2',
  ],
  // Speed, distance, time.
  [
    new RegExp(
      `\\b(?:travel|drive|go|run|cycle|walk|fl|ride|cover|drove|went|ran|flew)\\w*\\b${W}${N} (?:km|kilomet(?:er|re)s?|miles?|met(?:er|re)s?)\\b${W}\\bin ${N} (?:hours?|h|minutes?|seconds?)\\b.*\\b(?:speed|how fast|pace)\\b`,
    ),
    '$1 / $2',
  ],
  [
    new RegExp(
      `\\b(?:speed|how fast)\\b.*${N} (?:km|kilomet(?:er|re)s?|miles?|met(?:er|re)s?)\\b${W}\\bin ${N} (?:hours?|h|minutes?|seconds?)\\b.*`,
    ),
    '$1 / $2',
  ],
  [
    new RegExp(
      `\\bat ${N} (?:km\\/h|kmh|kph|mph|km per hour|kilomet(?:er|re)s per hour|miles per hour|kilomet(?:er|re)s an hour|miles an hour)\\b${W}\\b(?:for )?${N} hours?\\b.*\\b(?:how far|distance|how many (?:km|kilomet(?:er|re)s|miles))\\b`,
    ),
    '$1 * $2',
  ],
  // Discounts and additions in percent.
  [
    new RegExp(
      `\\b(?:cost|price|worth|sold|sell|is|at|was)\\w*\\b${W}${N}\\b${W}\\b(?:discount\\w*|reduc\\w*|lower\\w*|cut|marked down|drops?|decreas\\w*|falls?)\\b${W}${N} ?(?:%|percent|per cent)(?:.*)$`,
    ),
    '$1 * (1 - $2 / 100)',
  ],
  [
    new RegExp(
      `\\b(?:cost|price|worth|sold|sell|is|at|was)\\w*\\b${W}${N}\\b${W}${N} ?(?:%|percent|per cent) (?:off|discount|reduction|cheaper|less)\\b.*$`,
    ),
    '$1 * (1 - $2 / 100)',
  ],
  [
    new RegExp(
      `\\b(?:cost|price|worth|salary|rent|earn|is|was)\\w*\\b${W}${N}\\b${W}\\b(?:increas\\w*|rais\\w*|rises?|rose|grows?|grew|goes up|went up|plus|adds?)\\b${W}${N} ?(?:%|percent|per cent)(?:.*)$`,
    ),
    '$1 * (1 + $2 / 100)',
  ],
  // So many of so much each.
  [
    new RegExp(
      `\\b${N}\\b${W}\\b(?:with|of|containing|contains?|at|holding|holds?|having|has|have|cost(?:s|ing)?|weigh(?:s|ing)?|times|for)\\b${W}${N}\\b${W}\\b(?:each|apiece|a piece|per \\w+|every \\w+)\\b.*\\b${HOW_MANY}\\b`,
    ),
    '$1 * $2',
  ],
  [
    new RegExp(
      `\\b${HOW_MANY}\\b.*\\b${N}\\b${W}\\b(?:with|of|containing|at|holding|if (?:each|every|one))\\b${W}${N}\\b(?:${W}\\b(?:each|apiece|a piece|per \\w+)\\b.*|\\W*|${W})$`,
    ),
    '$1 * $2',
  ],
  [
    new RegExp(
      `\\b(?:each|every|an?|one|1)\\b ?${W}\\b(?:holds?|has|have|contains?|costs?|weighs?|needs?|uses?|lasts?|produces?|makes?|eats?|earns?|pays?|takes?|is|fits?|gives?|reads?|drinks?|burns?)\\b${W}${N}\\b.*\\b${HOW_MANY}\\b${W}\\b${N}\\b[^\\d]*$`,
    ),
    '$1 * $2',
  ],
  // More and less.
  [
    new RegExp(
      `\\b(?:have|has|had|with|are|were|is|was|starts?|there|own(?:s|ed)?)\\b${W}${N}\\b${W}\\b(?:give|gives|gave|giving|eat|eats|ate|lose|loses|lost|sell|sells|sold|spend|spends|spent|use|uses|used|take|takes|took|remove|removes|removed|drop|drops|dropped|leave|leaves|left|break|breaks|broke|throw|throws|threw|fly|flew|die|died)\\b${W}${N}\\b.*\\b(?:left|remain\\w*|still|now|how many|how much)\\b`,
    ),
    '$1 - $2',
  ],
  [
    new RegExp(
      `\\b(?:have|has|had|with|are|were|is|was|starts?|there|own(?:s|ed)?)\\b${W}${N}\\b${W}\\b(?:get|gets|got|buy|buys|bought|find|finds|found|receive|receives|received|add|adds|added|win|wins|won|pick|picks|picked|earn|earns|earned|collect|collects|collected|join|joins|joined|arrive|arrives|arrived|come|comes|came|plant\\w*|is given|are given|gives? (?:me|him|her|them|us))\\b${W}${N}\\b.*\\b(?:now|total|altogether|in all|how many|how much)\\b`,
    ),
    '$1 + $2',
  ],
  // Change.
  [
    new RegExp(
      `\\b(?:pay|pays|paid|hand|give|gave)\\w*\\b${W}${N}\\b${W}\\b(?:for|and)\\b${W}\\b(?:costs?|costing|worth|priced at|at)\\b${W}${N}\\b.*\\bchange\\b`,
    ),
    '$1 - $2',
  ],
  [
    new RegExp(
      `\\b(?:costs?|costing|worth|is)\\b${W}${N}\\b${W}\\b(?:pay|pays|paid|give|gave|hand)\\b${W}${N}\\b.*\\bchange\\b`,
    ),
    '$2 - $1',
  ],
];

/** The calculation that a small story asks for. Only stories with exactly two numbers are read: more is for somebody cleverer. */
export function readStory(text: string): Expression | undefined {
  // One word for a single thing is no number of the story: "one ticket", "a box".
  const q = text.replace(/[?!.\s]+$/, '').replace(/\b1 (?=[a-z])/g, 'one ');
  if ((q.match(/\(?[\d.]+(?:[*/+][\d.]+\)?)?/g) ?? []).filter((n) => /\d/.test(n)).length !== 2) return undefined;
  for (const [pattern, form] of STORIES) {
    const m = pattern.exec(q);
    if (m?.[1] === undefined || m[2] === undefined) continue;
    return parseExpression(form.replace('$1', m[1]).replace('$2', m[2]));
  }
  return undefined;
}
