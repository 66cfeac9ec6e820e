import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sentences } from './sentences.ts';
import { stem } from './stem.ts';
import { contentTerms, words } from './words.ts';

test('stem: examples of Porter’s paper', () => {
  const pairs: Record<string, string> = {
    caresses: 'caress',
    ponies: 'poni',
    cats: 'cat',
    feed: 'feed',
    agreed: 'agre',
    plastered: 'plaster',
    motoring: 'motor',
    sing: 'sing',
    conflated: 'conflat',
    sized: 'size',
    hopping: 'hop',
    falling: 'fall',
    filing: 'file',
    happy: 'happi',
    sky: 'sky',
    relational: 'relat',
    conditional: 'condit',
    digitizer: 'digit',
    vietnamization: 'vietnam',
    operator: 'oper',
    hopefulness: 'hope',
    formalize: 'formal',
    electrical: 'electr',
    revival: 'reviv',
    adjustment: 'adjust',
    adoption: 'adopt',
    probate: 'probat',
    controll: 'control',
    roll: 'roll',
  };
  for (const [word, expected] of Object.entries(pairs)) assert.equal(stem(word), expected, word);
});

test('words takes names apart and lowers the case', () => {
  assert.deepEqual(words('The uncoveredLimit of ERC-8004: `model_not_found`'), [
    'the',
    'uncovered',
    'limit',
    'of',
    'erc',
    '8004',
    'model',
    'not',
    'found',
  ]);
  assert.deepEqual(contentTerms('How are the contributors paid?'), ['contributor', 'pai']);
});

test('sentences: abbreviations, numbers and lines', () => {
  const text = 'Costs e.g. 3.5 dollars. Is that much? Yes (it is.) Row one\nRow two';
  assert.deepEqual(
    sentences(text).map((s) => text.slice(s.start, s.end)),
    ['Costs e.g. 3.5 dollars.', 'Is that much?', 'Yes (it is.)', 'Row one', 'Row two'],
  );
});

test('sentences: spans are in order, do not overlap, and miss only white space', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'B', '.', ' ', '\n', '?', '"', 'é', '。') }), (text) => {
      let at = 0;
      for (const { start, end } of sentences(text)) {
        assert.match(text.slice(at, start), /^\s*$/);
        assert.ok(end > start);
        at = end;
      }
      assert.match(text.slice(at), /^\s*$/);
    }),
  );
});
