/** A part of a text, [start, end) in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** Abbreviations that end in a full stop without ending a sentence. */
const ABBREVIATION =
  /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|ca|approx|no|nr|fig|eq|sec|dr|mr|mrs|ms|prof|st|inc|ltd|jr|al|[A-Za-z])\.$/i;
const END = /[.!?…]+["'”’)\]]*(?=\s|$)|[。！？]+|\n/g;

/**
 * The sentences of a text. A line break ends one too: extracted text has one line for each paragraph, list item and table
 * row. White space around a sentence belongs to none.
 */
export function sentences(text: string): Span[] {
  const out: Span[] = [];
  let start = 0;
  const push = (end: number) => {
    let s = start;
    let e = end;
    while (s < e && /\s/.test(text[s]!)) s++;
    while (e > s && /\s/.test(text[e - 1]!)) e--;
    if (e > s) out.push({ start: s, end: e });
    start = end;
  };
  for (const m of text.matchAll(END)) {
    const end = m.index + m[0].length;
    if (m[0] === '\n') {
      push(end);
    } else if (m[0] !== '.' || !ABBREVIATION.test(text.slice(Math.max(start, end - 10), end))) {
      const next = /^\s*(.)/.exec(text.slice(end, end + 8))?.[1];
      // "at 3.5 p.m. the node" goes on in lower case.
      if (m[0] !== '.' || next === undefined || !/\p{Ll}/u.test(next)) push(end);
    }
  }
  push(text.length);
  return out;
}
