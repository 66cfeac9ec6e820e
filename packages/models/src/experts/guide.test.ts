import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import type { NetworkFacts } from '../expert.ts';
import { guide } from './guide.ts';

const facts: NetworkFacts = {
  gateway: 'http://127.0.0.1:8787/v1',
  chainId: 31337,
  services: [
    {
      model: 'tributary/library',
      name: 'Library',
      description: 'Answers from documents',
      provider: 'North',
      expert: 'library',
      price: {
        token: `0x${'0'.repeat(40)}`,
        perRequest: 1_000n,
        perMillionPrompt: 0n,
        perMillionCompletion: 2_500_000n,
      },
    },
  ],
};

async function ask(question: string, now = facts): Promise<{ text: string; outcome: string }> {
  const open = await guide.open({}, { facts: () => now });
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

test('small talk and questions about the network are answered from what is true now', async () => {
  for (const [question, part] of [
    ['Hello!', 'Hello!'],
    ['hey there', 'Hello!'],
    ['Thank you very much', 'You are welcome.'],
    ['Who are you?', 'not a language model'],
    [
      'What are the prices?',
      'tributary/library by North (0.001 dollars an answer + 2.5 dollars a million answer tokens)',
    ],
    ['Which models are available right now?', 'One service is online'],
    ['How can I join?', 'npx tributary provide'],
    ['What is your base URL?', 'http://127.0.0.1:8787/v1'],
  ] as const) {
    const { text, outcome } = await ask(question);
    assert.equal(outcome, 'answered', question);
    assert.ok(text.includes(part), `${question}: ${text}`);
  }
  assert.match((await ask('What services are there?', { ...facts, services: [] })).text, /No service is online/);
});

test('everything else is an honest "I don’t know" that says what would help', async () => {
  for (const question of [
    'Who wrote Hamlet?',
    'hello world in Python',
    'What is the price of gold?',
    '',
    'Which models did Rodin work with?',
  ]) {
    const { text, outcome } = await ask(question);
    assert.equal(outcome, 'unknown', question);
    assert.match(text, /npx tributary provide --upstream/);
  }
});

test('without facts there is no guide', async () => {
  await assert.rejects(guide.open({}, {}), (e) => TributaryError.is(e) && e.code === 'facts_missing');
});
