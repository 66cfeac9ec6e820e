/** A small language of arithmetic: our own grammar, so that nothing else of a maths library can be reached from a question. */

export type Expression =
  | { kind: 'number'; text: string }
  | { kind: 'name'; name: string }
  | { kind: 'negate'; of: Expression }
  | { kind: 'factorial'; of: Expression }
  | { kind: 'percent'; of: Expression }
  | { kind: 'binary'; op: '+' | '-' | '*' | '/' | '^' | 'mod'; left: Expression; right: Expression }
  | { kind: 'call'; name: string; args: Expression[] };

const CONSTANTS = new Set(['pi', 'e', 'tau', 'phi']);
/** Functions with the least and the most number of arguments. */
const FUNCTIONS: Readonly<Record<string, readonly [number, number]>> = {
  sqrt: [1, 1],
  cbrt: [1, 1],
  root: [2, 2],
  abs: [1, 1],
  exp: [1, 1],
  ln: [1, 1],
  log: [1, 2],
  log2: [1, 1],
  log10: [1, 1],
  sin: [1, 1],
  cos: [1, 1],
  tan: [1, 1],
  asin: [1, 1],
  acos: [1, 1],
  atan: [1, 1],
  sinh: [1, 1],
  cosh: [1, 1],
  tanh: [1, 1],
  floor: [1, 1],
  ceil: [1, 1],
  round: [1, 2],
  gcd: [2, 64],
  lcm: [2, 64],
  min: [1, 64],
  max: [1, 64],
  mean: [1, 64],
  median: [1, 64],
  sum: [1, 64],
  product: [1, 64],
  factorial: [1, 1],
  choose: [2, 2],
};

const MOST_TOKENS = 400;
const MOST_DEPTH = 60;
const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d{1,4}(?![\w.]))?|\.\d+)|([a-z][a-z0-9]*)|(\*\*|[-+*/^!%(),°√]))/giy;

type Token = { kind: 'number' | 'name' | 'op'; text: string };

/** The tokens of a text, or undefined when something else is in it. */
function tokens(text: string): Token[] | undefined {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const m = TOKEN.exec(text);
    if (!m || out.length >= MOST_TOKENS) return undefined;
    if (m[1]) out.push({ kind: 'number', text: m[1].startsWith('.') ? `0${m[1]}` : m[1] });
    else if (m[2]) out.push({ kind: 'name', text: m[2].toLowerCase() });
    else out.push({ kind: 'op', text: m[3] === '**' ? '^' : m[3]! });
  }
  return out;
}

class NotAnExpression extends Error {}

/**
 * Parses arithmetic. `variables` are the names allowed beside constants and functions; with variables, a number or closing
 * bracket directly before a name or bracket multiplies (2x, 3(x+1)). Undefined for anything else.
 */
export function parseExpression(text: string, variables: ReadonlySet<string> = new Set()): Expression | undefined {
  const list = tokens(text);
  if (!list || list.length === 0) return undefined;
  let at = 0;
  let depth = 0;
  const peek = () => list[at];
  const isOp = (text: string) => peek()?.kind === 'op' && peek()?.text === text;
  const take = (text: string) => {
    if (!isOp(text)) return false;
    at++;
    return true;
  };
  const fail = (): never => {
    throw new NotAnExpression();
  };

  function sum(): Expression {
    if (++depth > MOST_DEPTH) fail();
    let left = product();
    for (;;) {
      const op = take('+') ? '+' : take('-') ? '-' : undefined;
      if (!op) break;
      left = { kind: 'binary', op, left, right: product() };
    }
    depth--;
    return left;
  }

  function product(): Expression {
    let left = unary();
    for (;;) {
      const next = peek();
      if (take('*')) left = { kind: 'binary', op: '*', left, right: unary() };
      else if (take('/')) left = { kind: 'binary', op: '/', left, right: unary() };
      else if (next?.kind === 'name' && next.text === 'mod') {
        at++;
        left = { kind: 'binary', op: 'mod', left, right: unary() };
      } else if (isOp('(') || isOp('√') || (next?.kind === 'name' && isFactor(next.text))) {
        left = { kind: 'binary', op: '*', left, right: power() };
      } else break;
    }
    return left;
  }

  function isFactor(name: string): boolean {
    return variables.has(name) || CONSTANTS.has(name) || name in FUNCTIONS;
  }

  function unary(): Expression {
    if (++depth > MOST_DEPTH) fail();
    const result: Expression = take('-') ? { kind: 'negate', of: unary() } : take('+') ? unary() : power();
    depth--;
    return result;
  }

  function power(): Expression {
    const base = postfix();
    // Powers bind to the right and more tightly than a sign before the base: −2^2 is −4, 2^−1 is ½.
    return take('^') ? { kind: 'binary', op: '^', left: base, right: unary() } : base;
  }

  function postfix(): Expression {
    let value = primary();
    for (;;) {
      if (take('!')) value = { kind: 'factorial', of: value };
      else if (take('°')) value = degrees(value);
      else if (isOp('%')) {
        at++;
        const next = peek();
        // 17 % 5 is a remainder, 15 % a part of a hundred.
        if (next?.kind === 'number' || (next?.kind === 'op' && next.text === '(')) {
          return { kind: 'binary', op: 'mod', left: value, right: postfix() };
        }
        value = { kind: 'percent', of: value };
      } else return value;
    }
  }

  function primary(): Expression {
    const token = peek() ?? fail();
    at++;
    if (token.kind === 'number') return { kind: 'number', text: token.text };
    if (token.text === '(') {
      const inside = sum();
      if (!take(')')) fail();
      return inside;
    }
    if (token.text === '√') return { kind: 'call', name: 'sqrt', args: [postfix()] };
    if (token.kind !== 'name') return fail();
    const range = FUNCTIONS[token.text];
    if (range && Object.hasOwn(FUNCTIONS, token.text)) return call(token.text, range);
    if (variables.has(token.text) || CONSTANTS.has(token.text)) return { kind: 'name', name: token.text };
    return fail();
  }

  function call(name: string, [least, most]: readonly [number, number]): Expression {
    if (!take('(')) {
      // "sqrt 2" and "sin 30°"; only one plain factor is taken.
      return least === 1 ? { kind: 'call', name, args: [postfix()] } : fail();
    }
    const args = [sum()];
    while (take(',')) args.push(sum());
    if (!take(')') || args.length < least || args.length > most) fail();
    return { kind: 'call', name, args };
  }

  try {
    const result = sum();
    return at === list.length ? result : undefined;
  } catch (error) {
    if (error instanceof NotAnExpression) return undefined;
    throw error;
  }
}

function degrees(value: Expression): Expression {
  const part: Expression = {
    kind: 'binary',
    op: '/',
    left: { kind: 'name', name: 'pi' },
    right: { kind: 'number', text: '180' },
  };
  return { kind: 'binary', op: '*', left: value, right: part };
}

/** True when something is computed, not only a number or a constant named. */
export function computes(e: Expression): boolean {
  return e.kind !== 'number' && e.kind !== 'name' && !(e.kind === 'negate' && !computes(e.of));
}

/** True when an expression contains a name outside the constants. */
export function hasVariable(e: Expression, name: string): boolean {
  switch (e.kind) {
    case 'number':
      return false;
    case 'name':
      return e.name === name;
    case 'binary':
      return hasVariable(e.left, name) || hasVariable(e.right, name);
    case 'call':
      return e.args.some((a) => hasVariable(a, name));
    default:
      return hasVariable(e.of, name);
  }
}

const RANK = { '+': 1, '-': 1, '*': 2, '/': 2, mod: 2, '^': 4 } as const;

/** The expression in one canonical spelling, which maths libraries read too. */
export function formatExpression(e: Expression, outer = 0): string {
  switch (e.kind) {
    case 'number':
      return e.text;
    case 'name':
      return e.name;
    case 'negate':
      return outer > 1 ? `(-${formatExpression(e.of, 3)})` : `-${formatExpression(e.of, 3)}`;
    case 'factorial':
      return `${formatExpression(e.of, 5)}!`;
    case 'percent':
      return `${formatExpression(e.of, 5)}%`;
    case 'call':
      return `${e.name}(${e.args.map((a) => formatExpression(a)).join(', ')})`;
    case 'binary': {
      const rank = RANK[e.op];
      const right = e.op === '^' ? rank : rank + 1;
      const left = e.op === '^' ? rank + 1 : rank;
      const space = e.op === '^' ? '' : ' ';
      const text = `${formatExpression(e.left, left)}${space}${e.op}${space}${formatExpression(e.right, right)}`;
      return rank < outer ? `(${text})` : text;
    }
  }
}
