import type { Expression } from './expression.ts';
import { expressionOf } from './phrases.ts';
import type { Problem } from './problem.ts';

const BASES: Record<string, 2 | 8 | 10 | 16> = {
  binary: 2,
  'base 2': 2,
  octal: 8,
  'base 8': 8,
  decimal: 10,
  'base 10': 10,
  hexadecimal: 16,
  hex: 16,
  'base 16': 16,
};

/** A question about a number itself: whether it is prime, its factors, its digits in another base, which is larger. */
export function numberQuestion(q: string): Problem | undefined {
  let m =
    /^(?:is|are) (\d+) (?:a )?prime(?: number)?$/.exec(q) ?? /^whether (\d+) is (?:a )?prime(?: number)?$/.exec(q);
  const number = (text: string): Expression => ({ kind: 'number', text });
  if (m) return { kind: 'prime', of: number(m[1]!) };
  m =
    /^(?:prime factor(?:s|i[sz]ation)? of|factor(?:i[sz]e)?(?: the number)?|prime decomposition of) (\d+)(?: into primes?)?$/.exec(
      q,
    );
  if (m) return { kind: 'prime-factors', of: number(m[1]!) };
  m =
    /^(?:convert )?(?:binary |hexadecimal |hex |decimal |octal |the number )?(0x[0-9a-f]{1,64}|0b[01]{1,256}|0o[0-7]{1,80}|\d{1,80}) (?:to|in|into|as) (binary|base 2|octal|base 8|decimal|base 10|hexadecimal|hex|base 16)(?: notation)?$/.exec(
      q,
    );
  if (m) {
    const binary = /binary/.test(q.slice(0, q.indexOf(m[1]!))) && /^[01]+$/.test(m[1]!);
    const hex = /hex/.test(q.slice(0, q.indexOf(m[1]!))) && !m[1]!.startsWith('0x');
    const text = binary ? `0b${m[1]}` : hex ? `0x${m[1]}` : m[1]!;
    return { kind: 'base', of: BigInt(text), to: BASES[m[2]!]! };
  }
  m = /^(binary|octal|hexadecimal|hex)(?: (?:form|representation|notation|value|number))? (?:of|for) (\d{1,80})$/.exec(
    q,
  );
  if (m) return { kind: 'base', of: BigInt(m[2]!), to: BASES[m[1]!]! };
  m =
    /^(?:which is (?:larger|bigger|greater|smaller|more|less)|(?:is|are)) ?[:,]? (.+?) (?:or|(?:larger|bigger|greater|smaller|more|less) than|equal to|=) (.+)$/.exec(
      q,
    );
  if (m) {
    const [left, right] = [expressionOf(m[1]!), expressionOf(m[2]!)];
    if (left && right) return { kind: 'compare', left, right };
  }
  return undefined;
}
