import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readDocuments } from '@tributary/data';
import { expertNamed } from '@tributary/models';
import type { Passage } from '@tributary/protocol';
import { z } from 'zod';

/** Finds the passages that answer document questions: by the built-in embedder's vectors, and by BM25 over words. */

const ROOT = new URL('../../../', import.meta.url);
const NOBODY = `0x${'00'.repeat(20)}` as const;
const Questions = z.preprocess(
  (v) => (Array.isArray(v) ? { questions: v } : v),
  z.object({
    questions: z.array(
      z.object({
        question: z.string(),
        contains: z.preprocess((v) => (typeof v === 'string' ? [v] : v), z.array(z.string()).optional()),
      }),
    ),
  }),
);

const oneSpace = (text: string) => text.replace(/\s+/g, ' ');
const textOf = (p: Passage) => [...p.headings, p.text].join('\n');

/** Places of passages, best first. */
type Search = (question: string) => Promise<number[]> | number[];

async function byVectors(passages: readonly Passage[]): Promise<Search> {
  const open = await expertNamed('embedder')!.open({}, {});
  const { signal } = new AbortController();
  const { vectors } = await open.embed!({ input: passages.map(textOf) }, signal);
  return async (question) => {
    const [asked] = (await open.embed!({ input: question }, signal)).vectors;
    const score = vectors.map((v) => v.reduce((sum, x, i) => sum + x * asked![i]!, 0));
    return score.map((_, i) => i).sort((a, b) => score[b]! - score[a]!);
  };
}

/** BM25 over words as they are written, with its usual constants (Robertson and Zaragoza 2009). */
function byWords(passages: readonly Passage[]): Search {
  const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const all = passages.map((p) => wordsOf(textOf(p)));
  const meanLength = all.reduce((sum, w) => sum + w.length, 0) / all.length;
  const count = (words: string[], word: string) => words.reduce((n, w) => (w === word ? n + 1 : n), 0);
  return (question) => {
    const score = all.map(() => 0);
    for (const word of new Set(wordsOf(question))) {
      const counts = all.map((words) => count(words, word));
      const having = counts.filter((n) => n > 0).length;
      const idf = Math.log(1 + (all.length - having + 0.5) / (having + 0.5));
      for (const [i, n] of counts.entries()) {
        score[i]! += (idf * n * 2.2) / (n + 1.2 * (0.25 + (0.75 * all[i]!.length) / meanLength));
      }
    }
    return score.flatMap((s, i) => (s > 0 ? [i] : [])).sort((a, b) => score[b]! - score[a]!);
  };
}

async function figures(file: string, passages: readonly Passage[], search: Search) {
  const { questions } = Questions.parse(
    JSON.parse(await readFile(new URL(`packages/models/src/routing/questions/${file}`, ROOT), 'utf8')),
  );
  let first = 0;
  let five = 0;
  let all = 0;
  for (const { question, contains } of questions) {
    if (!contains) continue;
    all++;
    const order = await search(question);
    const at = order.findIndex((i) => contains.some((text) => oneSpace(passages[i]!.text).includes(text)));
    if (at === 0) first++;
    if (at >= 0 && at < 5) five++;
  }
  return { all, first: first / all, five: five / all };
}

test('the embedder finds the passage that answers among its first five, about as often as words do', async () => {
  const { passages } = await readDocuments(new URL('docs/handbook/', ROOT).pathname, {
    name: 'Handbook',
    contributors: () => NOBODY,
  });
  const searches = { vectors: await byVectors(passages), words: byWords(passages) };
  for (const file of ['mixed-60.json', 'blind-60.json']) {
    for (const [name, search] of Object.entries(searches)) {
      const { all, first, five } = await figures(file, passages, search);
      const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
      console.log(`${file} by ${name}: ${percent(first)} first, ${percent(five)} of ${all} among five`);
      if (name === 'vectors') assert.ok(five >= (file === 'mixed-60.json' ? 0.9 : 0.7), `${file}: ${five}`);
    }
  }
});
