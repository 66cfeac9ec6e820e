import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, type ChatRequest, type Passage, sha256Hex, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import type { Answer, DatasetContent } from '../expert.ts';
import { splitPpm } from '../library/compose.ts';
import { library, openLibrary } from './library.ts';

const DATASET: Address = `0x${'da'.repeat(20)}`;
const address = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`;

const TEXTS: Record<string, string> = {
  'voucher.md': 'A voucher is a signed promise to pay. Vouchers are cumulative, so only the newest counts.',
  'deposit.md': 'A deposit is money that a payer locks in a channel. The deposit limits what vouchers can pay.',
  'delay.md': 'The withdrawal delay is at least 15 minutes and at most 30 days.',
  'journal.md': 'Promises are written to a journal before anybody relies on them. The journal is synced to disk.',
  'rivers.md': 'A tributary is a river that feeds a larger one.',
};

function passage(document: string, text: string): Passage {
  return {
    document,
    documentHash: sha256Hex(text),
    contributor: address(document.length),
    headings: [document.replace('.md', '')],
    text,
    start: 0,
    end: text.length,
  };
}

function dataset(texts: Record<string, string>): DatasetContent {
  const passages = Object.entries(texts).map(([d, t]) => passage(d, t));
  return { asset: DATASET, name: 'Test', digest: sha256Hex(JSON.stringify(texts)), passages };
}

const OPTIONS = library.options.parse({});

async function ask(
  open: Awaited<ReturnType<typeof library.open>>,
  question: string | ChatRequest['messages'],
  request: Partial<ChatRequest> = {},
): Promise<Answer & { text: string }> {
  let text = '';
  const messages = typeof question === 'string' ? [{ role: 'user' as const, content: question }] : question;
  const answer = await open.answer(
    { messages, ...request },
    {
      signal: new AbortController().signal,
      emit(delta) {
        text += delta.content;
      },
    },
  );
  return { ...answer, text };
}

test('an answer quotes, cites, and says whose it is', async () => {
  const answer = await ask(openLibrary({ ...OPTIONS, passages: 1 }, dataset(TEXTS)), 'What is a voucher?');
  assert.equal(
    answer.text,
    'A voucher is a signed promise to pay. Vouchers are cumulative, so only the newest counts. [1]\n\nSources:\n[1] voucher (voucher.md)',
  );
  assert.equal(answer.outcome, 'answered');
  assert.deepEqual(answer.citations, [
    {
      type: 'url_citation',
      url_citation: { start_index: 0, end_index: 93, url: `tributary:${DATASET}/voucher.md#0-89`, title: 'voucher' },
      dataset: DATASET,
      document: 'voucher.md',
      contributor: address(10),
      quote: TEXTS['voucher.md'],
    },
  ]);
  assert.deepEqual(answer.attribution, [
    {
      dataset: DATASET,
      document: 'voucher.md',
      documentHash: sha256Hex(TEXTS['voucher.md']!),
      contributor: address(10),
      weightPpm: 1_000_000,
    },
  ]);
});

test('an honest "I don’t know" has no sources', async () => {
  const open = openLibrary(OPTIONS, dataset(TEXTS));
  for (const question of ['What is the capital of France?', 'Who wrote Hamlet?', '', '???', 'the of and']) {
    const answer = await ask(open, question);
    assert.equal(answer.outcome, 'unknown', question);
    assert.deepEqual([answer.attribution, answer.citations], [[], []]);
  }
});

test('spelling mistakes, other forms and synonyms are understood', async () => {
  const open = openLibrary(OPTIONS, dataset(TEXTS));
  for (const [question, document] of [
    ['What is a vuocher?', 'voucher.md'],
    ['explain the jornal', 'journal.md'],
    ['How long do I wait for withdrawing?', 'delay.md'],
    ['What is the maximum withdrawal period?', 'delay.md'],
  ] as const) {
    assert.equal((await ask(open, question)).citations[0]?.document, document, question);
  }
});

test('a follow-up question refers to the one before', async () => {
  const open = openLibrary(OPTIONS, dataset(TEXTS));
  const answer = await ask(open, [
    { role: 'user', content: 'What is the journal?' },
    { role: 'assistant', content: '…' },
    { role: 'user', content: 'And where is it synced?' },
  ]);
  assert.equal(answer.citations[0]?.document, 'journal.md');
});

test('stop and the token limit are honoured, and citations stay inside the text', async () => {
  const open = openLibrary(OPTIONS, dataset(TEXTS));
  const stopped = await ask(open, 'What is a voucher?', { stop: ' promise' });
  assert.equal(stopped.text, 'A voucher is a signed');
  assert.equal(stopped.finishReason, 'stop');
  const short = await ask(open, 'What is a voucher?', { max_tokens: 3 });
  assert.equal(short.text, 'A voucher is');
  assert.deepEqual([short.finishReason, short.usage.completionTokens], ['length', 3]);
  assert.ok(short.citations.every((c) => c.url_citation.end_index <= short.text.length));
});

test('streamed and whole answers are the same bytes, every time', async () => {
  const open = openLibrary(OPTIONS, dataset(TEXTS));
  const first = await ask(open, 'How are vouchers and the deposit related?');
  const again = await ask(openLibrary(OPTIONS, dataset(TEXTS)), 'How are vouchers and the deposit related?', {
    stream: true,
    temperature: 2,
    seed: 7,
  });
  assert.deepEqual(again, first);
});

test('data that came and went leaves no trace: an updated library answers like a new one', async () => {
  const names = Object.keys(TEXTS);
  const state = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
  const questions = [
    'What is a voucher?',
    'Where are promises written?',
    'How long is the delay?',
    'What feeds a river?',
    'depossit',
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 5 }), fc.boolean(), async (states, edit) => {
      const contents = states.map((s) =>
        Object.fromEntries(s.map((n) => [n, TEXTS[n]! + (edit && s.length % 2 ? ' Edited.' : '')])),
      );
      const kept = openLibrary(OPTIONS, dataset(contents[0]!));
      for (const c of contents.slice(1)) kept.update(dataset(c));
      const fresh = openLibrary(OPTIONS, dataset(contents.at(-1)!));
      assert.deepEqual(kept.hints, fresh.hints);
      assert.equal(kept.modelDigest, fresh.modelDigest);
      for (const q of questions) assert.deepEqual(await ask(kept, q), await ask(fresh, q));
    }),
    { numRuns: 40 },
  );
});

test('attribution sums to exactly one million for any question', async () => {
  const open = openLibrary({ ...OPTIONS, passages: 8 }, dataset(TEXTS));
  const word = fc.constantFrom(
    'voucher',
    'deposit',
    'journal',
    'delay',
    'river',
    'promise',
    'what',
    'is',
    'the',
    'money',
    'zebra',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 8 }), async (w) => {
      const { attribution, outcome, citations } = await ask(open, w.join(' '));
      const sum = attribution.reduce((s, a) => s + a.weightPpm, 0);
      assert.equal(sum, outcome === 'unknown' ? 0 : 1_000_000);
      assert.equal(new Set(attribution.map((a) => a.document)).size, attribution.length);
      assert.deepEqual(new Set(citations.map((c) => c.document)), new Set(attribution.map((a) => a.document)));
    }),
  );
});

test('splitPpm gives whole parts of a million that follow the weights', () => {
  assert.deepEqual(splitPpm([1, 1, 1]), [333_334, 333_333, 333_333]);
  assert.deepEqual(splitPpm([0, 0]), [500_000, 500_000]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 }), (weights) => {
      const parts = splitPpm(weights);
      assert.equal(
        parts.reduce((a, b) => a + b),
        1_000_000,
      );
      const total = weights.reduce((a, b) => a + b);
      if (total > 0.1) assert.ok(parts.every((p, i) => Math.abs(p - (weights[i]! / total) * 1e6) < 200));
    }),
  );
});

test('the dataset must be there and have text', async () => {
  await assert.rejects(library.open(OPTIONS, {}), (e) => TributaryError.is(e) && e.code === 'dataset_missing');
  await assert.rejects(
    library.open(OPTIONS, { dataset: dataset({}) }),
    (e) => TributaryError.is(e) && e.code === 'dataset_empty',
  );
});

test('the hints of a large vocabulary stay below 64 kB', () => {
  const texts = Object.fromEntries(
    Array.from({ length: 300 }, (_, d) => [
      `${d}.md`,
      Array.from({ length: 100 }, (_, w) => `word${d}x${w}`).join(' '),
    ]),
  );
  const { hints } = openLibrary(OPTIONS, dataset(texts));
  assert.ok(JSON.stringify(hints).length < 64 * 1024);
});
