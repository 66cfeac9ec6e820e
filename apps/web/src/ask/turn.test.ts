import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asLoaded, cutAtMarks, requestFor, type Turn, toKeep, wordsOf, wordsSoFar } from './turn.ts';

function turn(parts: Partial<Turn> = {}): Turn {
  return {
    id: '1',
    question: 'Why?',
    model: 'auto',
    request: {},
    state: 'done',
    text: 'Because.',
    answer: {
      text: 'Because.',
      outcome: 'answered',
      citations: [],
      model: 'm',
      provider: 'p',
      service: '0x',
      why: null,
      receipt: null,
      message: { content: 'Because.' },
    },
    error: null,
    askedAt: 0,
    firstTokenMs: null,
    elapsedMs: null,
    ...parts,
  };
}

test('a question carries what was answered before it, and nothing that failed', () => {
  const failed = turn({ state: 'failed', answer: null, question: 'Broken?' });
  assert.deepEqual(requestFor([turn(), failed], 'And now?', 'auto'), {
    model: 'auto',
    messages: [
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Because.' },
      { role: 'user', content: 'And now?' },
    ],
  });
  const long = Array.from({ length: 50 }, () => turn());
  assert.equal((requestFor(long, 'x', 'auto').messages as unknown[]).length, 13);
});

test('what was under way when the page closed has been stopped', () => {
  assert.deepEqual(
    asLoaded([turn(), turn({ state: 'streaming' }), turn({ state: 'failed' })]).map((t) => t.state),
    ['done', 'stopped', 'failed'],
  );
  assert.equal(toKeep(Array.from({ length: 100 }, () => turn())).length, 40);
});

test('the list of sources is left out where citations stand for it', () => {
  const text = 'A fact. [1]\n\nSources:\n[1] Receipts › What (handbook/receipts.md)';
  assert.equal(wordsOf(text, 1), 'A fact. [1]');
  assert.equal(wordsOf(text, 0), text);
  assert.equal(wordsOf('Sources: many', 1), 'Sources: many');
});

test('while an answer comes, what is shown only grows', () => {
  const text = 'A fact.\nAnother one. [1]\n\nSources:\n[1] Receipts › What (handbook/receipts.md)\n[2] Other (b.md)';
  let shown = '';
  for (let length = 0; length <= text.length; length++) {
    const next = wordsSoFar(text.slice(0, length));
    assert.ok(next.startsWith(shown), `${JSON.stringify(next)} after ${JSON.stringify(shown)}`);
    shown = next;
  }
  assert.equal(shown, wordsOf(text, 2));
});

test('marks become links where there is a citation, and no word is lost', () => {
  assert.deepEqual(cutAtMarks('a [1] b [7]', 2), ['a ', { mark: 1 }, ' b [7]']);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('[1]', '[2]', '[9]', 'word ', '[', ']', '0')), fc.nat(3), (pieces, count) => {
      const text = pieces.join('');
      const joined = cutAtMarks(text, count).map((p) => (typeof p === 'string' ? p : `[${p.mark}]`));
      assert.equal(joined.join(''), text);
    }),
  );
});
