import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Passage, sha256Hex } from '@tributary/protocol';
import fc from 'fast-check';
import type { RoutedCard } from '../expert.ts';
import { openLibrary } from '../experts/library.ts';
import { rankServices } from './auto.ts';

const TEXTS = [
  'The gateway listens on the default port 8787 unless the variable PORT says otherwise.',
  'Three contributors share the revenue of the dataset in parts per million.',
  'A voucher is a signed promise to pay up to a total over the life of a channel.',
];
const passages: Passage[] = TEXTS.map((text, i) => ({
  document: `${i}.md`,
  documentHash: sha256Hex(text),
  contributor: `0x${'0'.repeat(40)}`,
  headings: [],
  text,
  start: 0,
  end: text.length,
}));
const { hints } = openLibrary(
  { passages: 3, ranking: 'full' },
  { asset: `0x${'0'.repeat(40)}`, name: 'Handbook', digest: sha256Hex(''), passages },
);

function card(expert: string, cardHints: Record<string, unknown> = {}): { card: RoutedCard } {
  return {
    card: { expert, hints: cardHints, supports: [], model: { id: `tributary/${expert}` } as RoutedCard['model'] },
  };
}

const ALL = [card('relay'), card('guide'), card('library', hints), card('abacus')];
const ask = (content: string, rest: object = {}) => ({ messages: [{ role: 'user' as const, content }], ...rest });
const first = (content: string, services = ALL) => rankServices(ask(content), services)[0]?.service.card.expert;

test('each kind of question finds its expert, numbers and words notwithstanding', () => {
  for (const [question, expert] of [
    ['what is the default port?', 'library'],
    ['how many contributors share revenue?', 'library'],
    ['What is 2^64?', 'abacus'],
    ['how many minutes are in three and a half days', 'abacus'],
    ['Who are you?', 'guide'],
    ['Write a poem about the default port', 'relay'],
    ['What is the capital of Peru?', 'relay'],
  ] as const) {
    assert.equal(first(question), expert, question);
  }
  const withoutModel = ALL.filter((s) => s.card.expert !== 'relay');
  assert.equal(first('What is the capital of Peru?', withoutModel), 'guide');
});

test('the choice is explained in one plain sentence', () => {
  const why = (q: string) => rankServices(ask(q), ALL)[0]?.why;
  assert.equal(why('What is 2^64?'), 'tributary/abacus was chosen because the question is a calculation.');
  assert.equal(
    why('what is the default port?'),
    'tributary/library was chosen because 100 % of what the question is about occurs in Handbook.',
  );
});

test('tools and images go to language models only', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  assert.deepEqual(
    rankServices(ask('What is 2^64?', { tools }), ALL).map((r) => r.service.card.expert),
    ['relay'],
  );
  const image = [{ role: 'user' as const, content: [{ type: 'image_url', image_url: { url: 'data:' } }] }];
  assert.deepEqual(
    rankServices({ messages: image }, ALL).map((r) => r.service.card.expert),
    ['relay'],
  );
  assert.deepEqual(rankServices(ask('hi', { tools }), [card('guide')]), []);
});

test('equal services keep their order; when nobody suits, those that say so for free are asked', () => {
  const two = [card('abacus'), card('abacus')];
  assert.deepEqual(
    rankServices(ask('1+1'), two).map((r) => r.service),
    two,
  );
  const [only] = rankServices(ask('What is the capital of Peru?'), [card('library', hints)]);
  assert.equal(only?.why, 'tributary/library was asked although its documents never mention the name.');
});

test('strangers’ cards never make routing throw', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.dictionary(fc.constantFrom('terms', 'passages', 'dataset', 'x'), fc.anything()),
      fc.string(),
      (expert, junk, question) => {
        const services = [card('library', junk), card('relay', junk), card(expert, junk)];
        for (const { score } of rankServices(ask(question), services)) assert.ok(score >= 0 && score <= 1);
      },
    ),
  );
});

test('fifty services are ranked in about a millisecond', () => {
  const services = Array.from({ length: 50 }, (_, i) => ALL[i % ALL.length]!);
  const questions = Array.from({ length: 200 }, (_, i) => `How many contributors share ${i} vouchers of the channel?`);
  for (const q of questions) rankServices(ask(q), services);
  const times = questions.map((q) => {
    const start = performance.now();
    rankServices(ask(`${q} Really?`), services);
    return performance.now() - start;
  });
  const median = times.sort((a, b) => a - b)[100]!;
  console.log(`median of 50 services: ${median.toFixed(3)} ms`);
  // Far above what is measured on a quiet machine: tests run beside others.
  assert.ok(median < 5);
});
