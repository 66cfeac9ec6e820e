import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentences } from '@tributary/work';
import fc from 'fast-check';
import type { Block } from './blocks.ts';
import { readMarkdown } from './markdown.ts';
import { cutPassages } from './passages.ts';
import { readPlainText } from './plain-text.ts';

test('passages keep to their heading and to whole rows', () => {
  const { pieces } = cutPassages(
    readMarkdown(
      '# A\n\nFirst *mark*.\n\n## B\n\n| Port | Use |\n|---|---|\n| 80 | web |\n| 25 | mail |\n\n# C\n\nLast [link](http://x).',
    ),
  );
  assert.deepEqual(
    pieces.map((p) => [p.headings, p.text]),
    [
      [['A'], 'First mark.'],
      [['A', 'B'], 'Port: 80; Use: web\nPort: 25; Use: mail'],
      [['C'], 'Last link.'],
    ],
  );
});

test('plain text: headings that stand alone, underlined and in capitals', () => {
  const { blocks } = readPlainText('TITLE\n\nHow it works\n\nIt flows\nover two lines.\n\nPart\n====\n- one\n- two');
  assert.deepEqual(blocks, [
    { kind: 'heading', level: 2, text: 'TITLE' },
    { kind: 'heading', level: 3, text: 'How it works' },
    { kind: 'paragraph', text: 'It flows over two lines.' },
    { kind: 'heading', level: 1, text: 'Part' },
    { kind: 'item', text: 'one' },
    { kind: 'item', text: 'two' },
  ]);
});

const sentence = fc
  .array(fc.constantFrom('river', 'money', 'flows', 'answer', 'e.g.', '3.5', 'Über'), { minLength: 1, maxLength: 40 })
  .map((w) => `The ${w.join(' ')} end.`);
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({
    kind: fc.constant('heading' as const),
    level: fc.integer({ min: 1, max: 4 }),
    text: fc.constantFrom('One', 'Two'),
  }),
  fc.record({
    kind: fc.constantFrom('paragraph' as const, 'item' as const, 'row' as const),
    text: fc.array(sentence, { minLength: 1, maxLength: 12 }).map((s) => s.join(' ')),
  }),
);

test('offsets point at the passage’s text, passages do not overlap, and no sentence is cut', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
      const { text, pieces } = cutPassages({ blocks });
      let at = 0;
      for (const p of pieces) {
        assert.equal(text.slice(p.start, p.end), p.text);
        assert.ok(p.start >= at);
        at = p.end;
      }
      const whole = new Set(
        blocks.flatMap((b) => (b.kind === 'heading' ? [] : sentences(b.text).map((s) => b.text.slice(s.start, s.end)))),
      );
      for (const p of pieces) {
        if (p.text.length > 2_000) continue;
        for (const s of sentences(p.text)) assert.ok(whole.has(p.text.slice(s.start, s.end)));
      }
    }),
  );
});

test('what never ends is cut between words and never inside a character', () => {
  const { pieces } = cutPassages({ blocks: [{ kind: 'paragraph', text: '😀'.repeat(3_000) }] });
  assert.ok(pieces.length > 1);
  for (const p of pieces) assert.ok(p.text.isWellFormed());
});
