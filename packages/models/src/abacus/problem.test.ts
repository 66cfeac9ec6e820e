import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { abacus } from '../experts/abacus.ts';

async function ask(question: string): Promise<{ text: string; outcome: string }> {
  const open = await abacus.open({}, {});
  let text = '';
  const { outcome } = await open.answer(
    { messages: [{ role: 'user', content: question }] },
    {
      signal: new AbortController().signal,
      emit(delta) {
        text += delta.content;
      },
    },
  );
  return { text, outcome };
}

const ANSWERS: Record<string, string> = {
  'what is 15% of 240': '15 / 100 * 240 = 36',
  'What is fifteen percent of two hundred and forty?': '15 / 100 * 240 = 36',
  '200 + 10%': '200 + 10% = 220',
  '20% off 50': '50 * (1 - 20 / 100) = 40',
  'What percentage is 20 of 80?': '100 * 20 / 80 = 25 %',
  '0.1 + 0.2': '0.1 + 0.2 = 0.3',
  '2/3 + 1/4': '2 / 3 + 1 / 4 = 11/12 ≈ 0.9166666666666667',
  'what is 2^64?': '2^64 = 18446744073709551616',
  '-2^2': '-2^2 = -4',
  '5!': '5! = 120',
  'sqrt(2) to 20 digits': 'sqrt(2) ≈ 1.4142135623730950488',
  'What is pi to 10 decimal places?': 'pi ≈ 3.1415926536',
  'square root of 144': 'sqrt(144) = 12',
  '17 mod 5': '17 mod 5 = 2',
  'log base 2 of 1024': 'log(1024, 2) = 10',
  'sin(pi)': 'sin(pi) = 0',
  'What is the average of 3, 4 and 8?': 'mean(3, 4, 8) = 5',
  'gcd of 48 and 36': 'gcd(48, 36) = 12',
  '99 bottles minus 12 bottles': '99 - 12 = 87',
  'How much is 12 dozen times 3?': '12 * 12 * 3 = 432',
  '9^9^9': '9^9^9 ≈ 4.28124773175747e+369693099',
  'solve x^2-5x+6=0': 'x^2 - 5 * x + 6 = 0 has the solutions x = 2, x = 3.',
  'If 3x + 5 = 20, what is x?': '3 * x + 5 = 20 has the solution x = 5.',
  'solve 2x + 1 = 2x': '2 * x + 1 = 2 * x has no solution.',
  'Factor x^2 - 9': 'x^2 - 9 = (x + 3)(x - 3)',
  'Expand (x+1)^3': '(x + 1)^3 = x^3 + 3x^2 + 3x + 1',
  'derivative of x^3 + 2x': 'The derivative of x^3 + 2 * x with respect to x is 3 * x ^ 2 + 2.',
  'convert 5 miles to km': '5 miles = 8.04672 km',
  'how many minutes in 3.5 days': '3.5 days = 5040 minutes',
  'How many hours are there in three and a half days?': '3.5 days = 84 hours',
  'What is 100 degrees Celsius in Fahrenheit?': '100 degrees celsius = 212 fahrenheit',
  '5 feet 10 inches in cm': '5 feet 10 inches = 177.8 cm',
  'how many seconds are in a year': '1 year = 31536000 seconds (taking a year of 365 days)',
  'How many days are there between March 1, 2024 and December 25, 2024?':
    'From 2024-03-01 to 2024-12-25 it is 299 days.',
  'What day of the week was 20 July 1969?': '1969-07-20 is a Sunday (Sunday, 20 July 1969).',
  'What date is 90 days after 2024-01-15?': '90 days after 2024-01-15 is 2024-04-14 (Sunday, 14 April 2024).',
  'add 1 month to 31 January 2023': '1 month after 2023-01-31 is 2023-02-28 (Tuesday, 28 February 2023).',
  'Was 1900 a leap year?': '1900 is not a leap year: February has 28 days.',
  'Is 97 a prime number?': 'Yes, 97 is a prime number.',
  'prime factors of 360': '360 = 2 × 2 × 2 × 3 × 3 × 5',
  '255 in hexadecimal': '255 in hexadecimal is ff (0xff).',
  'which is larger, 2^10 or 10^3?': '2^10 (= 1024) > 10^3 (= 1000)',
  'Split 144 evenly between 12 people': '144 / 12 = 12',
  'If I have 3 boxes with 12 eggs each, how many eggs do I have?': '3 * 12 = 36',
  'I had 50 apples and gave away 17. How many are left?': '50 - 17 = 33',
  'A train travels 120 km in 2 hours. What is its average speed?': '120 / 2 = 60',
  '1/0': 'There is no result: division by zero is not defined.',
};

for (const [question, expected] of Object.entries(ANSWERS)) {
  test(question, async () => {
    assert.deepEqual(await ask(question), { text: expected, outcome: 'answered' });
  });
}

test('questions about other things are left to others', async () => {
  for (const question of [
    'what is the default port?',
    'how many contributors share revenue?',
    'What is ERC-8004?',
    'What is x402?',
    'What is 24/7 support?',
    'How many days does a withdrawal take at most?',
    'What happens on 2026-11-22?',
    'Who are you?',
    'write a poem about 7 cats',
    'Is 3 enough?',
    'What are the 5 roles of a node?',
    '42',
    'what is e',
    '2026-11-22',
    '',
  ]) {
    assert.equal((await ask(question)).outcome, 'unknown', question);
  }
});

test('what depends on today is not guessed', async () => {
  for (const question of ['What day is it today?', 'How many days until 25 December 2030?', 'What is the date?']) {
    const { text, outcome } = await ask(question);
    assert.deepEqual([outcome, text.includes('what day it is')], ['unknown', true], question);
  }
});

test('calculations made to exhaust the machine end quickly', async () => {
  const attacks = [
    '9^9^9^9^9',
    '(9^9^9)!',
    '3000!^3000!',
    '2^(2^(2^(2^(2^2))))',
    '99999999999!',
    `${'('.repeat(400)}1${')'.repeat(400)}`,
    `1${'+1'.repeat(450)}`,
    `${'-'.repeat(900)}1`,
    `${'2^'.repeat(200)}2`,
    'choose(10^9, 5*10^8)',
    'sin(10^100)',
    'e^(10^15)',
    `lcm(${Array.from({ length: 60 }, (_, i) => 10n ** 12n + BigInt(i)).join(',')})`,
    'prime factors of 340282366920938463463374607431768211457',
    'is 1000000000000000000000000000057 prime',
    'x^12 + 123456789012x + 987654321098 = 0',
    '(x+1)^999999 = 0',
    '1e9999*1e9999',
    `expand ${'(x+1)'.repeat(150)}`,
    `how many ${'a '.repeat(400)} in 5 km`,
    `have 3 ${'give '.repeat(50)} 4 ${'left '.repeat(10)}`,
    'round(pi, 10^9)',
    'sqrt(2) to 9999 digits',
  ];
  for (const attack of attacks) {
    const start = performance.now();
    await ask(attack);
    const took = performance.now() - start;
    assert.ok(took < 1_500, `${attack.slice(0, 40)} took ${took} ms`);
  }
});

test('nothing of the maths library but arithmetic can be reached', async () => {
  for (const attack of [
    'import("fs")',
    'eval("1+1")',
    'createUnit("x")',
    'f(x) = x^2',
    'parse("1")',
    'constructor(1)',
    '__proto__ + 1',
    'toString(1) + 1',
    'derivative of constructor("return process")(1)',
    'simplify process.exit(1)',
    'range(1, 10^9)',
    'ones(10000, 10000)',
    'convert 5 constructor to km',
    'convert 5 km to toString',
  ]) {
    assert.equal((await ask(attack)).outcome, 'unknown', attack);
  }
});

test('any text ends soon in an answer, the same each time', async () => {
  const piece = fc.constantFrom(
    ...'0 1 7 12 3.5 1e9 x y ( ) + - * / ^ ! % , = . ? sqrt sin of the what is solve factor expand derivative convert to in km miles days days between 2024-02-30 march and percent half dozen how many each left million log base to 9 digits prime per ° π √ ² who why'.split(
      ' ',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 30 }),
      fc.constantFrom('', ' '),
      async (words, glue) => {
        const question = words.join(glue);
        const start = performance.now();
        const first = await ask(question);
        assert.ok(performance.now() - start < 2_000, question);
        assert.deepEqual(await ask(question), first);
      },
    ),
    { numRuns: 1_500 },
  );
});
