/** How much structure a text of a stranger may have; texts and numbers inside are bounded by its length alone. */
export interface JsonBounds {
  /** Levels of lists and objects: recursion over a value must not exhaust the stack. */
  depth: number;
  /** Lists and objects in all: each costs many times its two characters of memory. */
  containers: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Counts the lists and objects of a JSON text before it is parsed, in one pass. What is no JSON at all is left to the parser.
 *
 * @returns how many there are
 * @throws `RangeError` beyond the bounds
 */
export function countContainers(text: string, bounds: JsonBounds): number {
  let depth = 0;
  let count = 0;
  let inText = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inText) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inText = false;
      continue;
    }
    if (code === QUOTE) inText = true;
    // `[` and `{`, `]` and `}` differ in one bit.
    else if ((code | 0x20) === 0x7b) {
      if (++depth > bounds.depth) throw new RangeError(`nested more than ${bounds.depth} levels deep`);
      if (++count > bounds.containers) throw new RangeError(`more than ${bounds.containers} lists and objects`);
    } else if ((code | 0x20) === 0x7d) depth--;
  }
  return count;
}

/**
 * `JSON.parse` within bounds.
 * @throws `SyntaxError` for what is no JSON, `RangeError` beyond the bounds
 */
export function parseBounded(text: string, bounds: JsonBounds): unknown {
  countContainers(text, bounds);
  return JSON.parse(text);
}
