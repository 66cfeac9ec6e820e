import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collectMessage } from '../message.ts';
import { gguf } from './gguf.ts';

const MAKE = fileURLToPath(new URL('../../../../bench/gguf/make-tiny-model.ts', import.meta.url));
const PACKAGE = 'node-llama-cpp';
const there = await import(PACKAGE).then(
  () => true,
  () => false,
);
const skip = there ? false : `${PACKAGE} is not installed: npm install --no-save ${PACKAGE}`;

async function tinyModel(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-gguf-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'tiny.gguf');
  execFileSync(process.execPath, [MAKE, file], { stdio: 'ignore' });
  return file;
}

const { signal } = new AbortController();
const ask = (content: string) => ({ messages: [{ role: 'user' as const, content }], temperature: 0, max_tokens: 12 });

test('without the package it says how to get it', { skip: there && `${PACKAGE} is installed` }, async () => {
  await assert.rejects(gguf.open(gguf.options.parse({ file: 'x.gguf' }), {}), { code: 'package_missing' });
});

test('a model file answers, counts its tokens, and tells one caller nothing of another', { skip }, async (t) => {
  const expert = await gguf.open(gguf.options.parse({ file: await tinyModel(t), gpu: false, parallel: 1 }), {});
  t.after(() => expert.close());
  assert.match(expert.modelDigest, /^0x[0-9a-f]{64}$/);
  assert.equal(expert.contextTokens, 512);
  const say = async (content: string) => {
    const message = collectMessage();
    const answer = await expert.answer(ask(content), { signal, emit: (delta) => message.add(delta) });
    return { answer, text: message.message().content };
  };
  const first = await say('the river flows');
  assert.ok(first.text);
  assert.equal(first.answer.finishReason, 'length');
  assert.equal(first.answer.usage.completionTokens, 12);
  assert.ok(first.answer.usage.promptTokens > 3);
  // One context, two callers at once: the second waits, and the same question gets the same answer as before.
  const [, again] = await Promise.all([say('money flows back'), say('the river flows')]);
  assert.deepEqual(again, first);
});

test('an answer is ended by its caller; a file that is no model is refused', { skip }, async (t) => {
  const file = await tinyModel(t);
  const expert = await gguf.open(gguf.options.parse({ file, gpu: false, parallel: 1 }), {});
  t.after(() => expert.close());
  const abort = new AbortController();
  const running = expert.answer(
    { ...ask('the river'), max_tokens: 400 },
    { signal: abort.signal, emit: () => abort.abort(new Error('gone')) },
  );
  await assert.rejects(running, { message: 'gone' });
  const next = await expert.answer(ask('the river'), { signal, emit: () => undefined });
  assert.equal(next.outcome, 'answered');
  await assert.rejects(gguf.open(gguf.options.parse({ file: MAKE, gpu: false }), {}), { code: 'model_unreadable' });
});
