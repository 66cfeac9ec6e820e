import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Address } from './hex.ts';
import { createOpener, type SealedQuestion, sealQuestion } from './sealed.ts';

const KEY = new Uint8Array(32).fill(7);
const SERVICE: Address = `0x${'ab'.repeat(20)}`;
const OTHER: Address = `0x${'cd'.repeat(20)}`;
const question = { messages: [{ role: 'user', content: 'Who else knows? ✓' }], temperature: 0 };

test('a question and its answer come through, whatever the pieces and wherever they are cut', async () => {
  const opener = await createOpener(KEY);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 60 }),
      async (texts, step) => {
        const asked = await sealQuestion(opener.publicKey, SERVICE, question);
        const { question: opened, answer } = await opener.open(SERVICE, asked.request);
        assert.deepEqual(opened, question);
        const content = texts.map((t) => answer.piece({ content: t })).join('') + answer.last({ citations: [] });
        const values: unknown[] = [];
        for (let at = 0; at < content.length; at += step)
          values.push(...asked.answer.take(content.slice(at, at + step)));
        asked.answer.end();
        assert.deepEqual(values, [...texts.map((t) => ({ content: t })), { citations: [] }]);
      },
    ),
    { numRuns: 40 },
  );
});

test('the same hot key gives the same public key, and nothing of the question is in the request', async () => {
  const [a, b] = await Promise.all([createOpener(KEY), createOpener(KEY)]);
  assert.equal(a.publicKey, b.publicKey);
  const { request } = await sealQuestion(a.publicKey, SERVICE, question);
  assert.ok(!JSON.stringify(request).includes('knows'));
});

test('a question cannot be carried to another service, opened by another key, or changed in any byte', async () => {
  const opener = await createOpener(KEY);
  const stranger = await createOpener(new Uint8Array(32).fill(8));
  const { request } = await sealQuestion(opener.publicKey, SERVICE, question);
  const unreadable = { code: 'sealed_unreadable', status: 400 };
  await assert.rejects(opener.open(OTHER, request), unreadable);
  await assert.rejects(stranger.open(SERVICE, request), unreadable);
  const change = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  await fc.assert(
    fc.asyncProperty(fc.nat(request.messages[0].content.length - 2), async (at) => {
      const changed = change(request.messages[0].content, at);
      await assert.rejects(
        opener.open(SERVICE, { ...request, messages: [{ role: 'user', content: changed }] }),
        unreadable,
      );
    }),
    { numRuns: 30 },
  );
});

test('any strange bytes are refused, never a fault of our own', async () => {
  const opener = await createOpener(KEY);
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (sealed, content) => {
      const request: SealedQuestion = { sealed, messages: [{ role: 'user', content }] };
      await assert.rejects(opener.open(SERVICE, request), { code: 'sealed_unreadable' });
    }),
    { numRuns: 60 },
  );
});

test('pieces left out, doubled, swapped, cut off or added after the end are noticed', async () => {
  const opener = await createOpener(KEY);
  const ask = async () => {
    const asked = await sealQuestion(opener.publicKey, SERVICE, question);
    const { answer } = await opener.open(SERVICE, asked.request);
    const [first, ...others] = [answer.piece(1), answer.piece(2), answer.piece(3), answer.last(4)];
    const dot = first!.indexOf('.') + 1;
    return { reader: asked.answer, salt: first!.slice(0, dot), pieces: [first!.slice(dot), ...others] as string[] };
  };
  const tampered: ((pieces: string[]) => string[])[] = [
    ([, ...rest]) => rest,
    ([a, , ...rest]) => [a!, ...rest],
    ([a, ...rest]) => [a!, a!, ...rest],
    ([a, b, ...rest]) => [b!, a!, ...rest],
    (pieces) => pieces.slice(0, -1),
    (pieces) => [...pieces, pieces[0]!],
    (pieces) => [...pieces.slice(0, -2), `!${pieces.at(-2)}`],
  ];
  for (const tamper of tampered) {
    const { reader, salt, pieces } = await ask();
    assert.throws(
      () => {
        reader.take(salt + tamper(pieces).join(''));
        reader.end();
      },
      { code: 'sealed_unreadable' },
      String(tamper),
    );
  }
});

test('two answers to one question share no key', async () => {
  const opener = await createOpener(KEY);
  const { request } = await sealQuestion(opener.publicKey, SERVICE, question);
  const [a, b] = await Promise.all([opener.open(SERVICE, request), opener.open(SERVICE, request)]);
  const piece = (text: string) => text.slice(text.indexOf('.'));
  assert.notEqual(piece(a.answer.piece('the same')), piece(b.answer.piece('the same')));
});
