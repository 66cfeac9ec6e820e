import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { ask, eventsOf, type Said, streamOf, wholeOf } from '../test-support.ts';
import { readCompletions } from './index.ts';

const MODEL = 'tributary/echo';
const hello = { model: MODEL, prompt: 'Hi' };
const chatOf = (body: object) => ask(readCompletions, body).parsed.raw;
const say = (content: string): Said => ({ delta: { content } });

test('a prompt is one user’s message; sixteen tokens are what this API gives by default', () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  assert.deepEqual(chatOf(hello), { model: MODEL, messages, max_completion_tokens: 16 });
  assert.deepEqual(
    chatOf({
      ...hello,
      prompt: ['Hi'],
      max_tokens: 5,
      temperature: 0,
      stop: ['\n'],
      seed: 7,
      logprobs: 0,
      n: 1,
      best_of: 1,
      suffix: null,
      echo: false,
      logit_bias: { '50256': -100 },
      user: 'u',
    }),
    {
      model: MODEL,
      messages,
      max_completion_tokens: 5,
      temperature: 0,
      stop: ['\n'],
      seed: 7,
      logprobs: true,
      top_logprobs: 0,
      logit_bias: { '50256': -100 },
      user: 'u',
    },
  );
});

const REFUSED: [object, string, string][] = [
  [{ model: MODEL }, 'missing_required_parameter', 'prompt'],
  [{ prompt: 'Hi' }, 'missing_required_parameter', 'model'],
  [{ ...hello, prompt: ['a', 'b'] }, 'unsupported_parameter', 'prompt'],
  [{ ...hello, prompt: [1, 2] }, 'unsupported_parameter', 'prompt'],
  [{ ...hello, prompt: [[1, 2]] }, 'unsupported_parameter', 'prompt'],
  [{ ...hello, n: 2 }, 'unsupported_parameter', 'n'],
  [{ ...hello, best_of: 3 }, 'unsupported_parameter', 'best_of'],
  [{ ...hello, suffix: 'end' }, 'unsupported_parameter', 'suffix'],
  [{ ...hello, echo: true, logprobs: 1 }, 'unsupported_parameter', 'echo'],
  [{ ...hello, logprobs: 9 }, 'invalid_value', 'logprobs'],
  [{ ...hello, max_tokens: 0 }, 'invalid_value', 'max_tokens'],
  [{ ...hello, stream_options: {} }, 'invalid_value', 'stream_options'],
  [{ ...hello, tools: [] }, 'unknown_parameter', 'tools'],
];
for (const [body, code, param] of REFUSED) {
  test(`refuses ${JSON.stringify(body)} and names ${param}`, () => {
    assert.throws(
      () => chatOf(body),
      (e) => TributaryError.is(e) && e.status === 400 && e.code === code && e.param === param,
    );
  });
}

const logprobs = {
  content: [
    { token: 'Hel', logprob: -0.1, top_logprobs: [{ token: 'Hel', logprob: -0.1 }] },
    { token: 'lo', logprob: -0.2, top_logprobs: [] },
  ],
};

test('a whole answer is a text completion with its receipt', () => {
  const body = wholeOf(readCompletions, hello, { content: 'Hello' }, 'length', logprobs);
  assert.equal(body.object, 'text_completion');
  assert.deepEqual(body.choices, [
    {
      text: 'Hello',
      index: 0,
      logprobs: {
        tokens: ['Hel', 'lo'],
        token_logprobs: [-0.1, -0.2],
        top_logprobs: [{ Hel: -0.1 }, {}],
        text_offset: [0, 3],
      },
      finish_reason: 'length',
    },
  ]);
  assert.equal(body.usage.total_tokens, 18);
  assert.equal(body.usage.cost, 0.00105);
  assert.equal(body.tributary.receipt.salt, '0x00');
  assert.equal(wholeOf(readCompletions, { ...hello, echo: true }, { content: '!' }).choices[0].text, 'Hi!');
});

test('a stream has the chunks and fields of this API, and usage only when asked for', () => {
  const asked = { ...hello, stream: true, echo: true };
  const text = streamOf(readCompletions, asked, [say('Hel'), { delta: { reasoning_content: 'hm' } }, say('lo')]);
  const events = eventsOf(text).map((e) => e.data);
  assert.equal(events.map((e) => e.choices[0].text).join(''), 'HiHello');
  assert.equal(events.at(-1).choices[0].finish_reason, 'stop');
  assert.equal(events.at(-1).tributary.receipt.salt, '0x00');
  assert.ok(events.every((e) => !('usage' in e)));
  assert.ok(text.endsWith('data: [DONE]\n\n'));
});

test('offsets of streamed log probabilities count from the beginning of the text', () => {
  const pieces = logprobs.content.map(
    (token): Said => ({ delta: { content: token.token }, logprobs: { content: [token] } }),
  );
  const events = eventsOf(streamOf(readCompletions, { ...hello, stream: true, logprobs: 1 }, pieces));
  assert.deepEqual(
    events.flatMap((e) => e.data.choices[0].logprobs?.text_offset ?? []),
    [0, 3],
  );
});

const RECORDED = new URL('../../../../../../shared/vectors/openai/completion-text-usage.sse.txt', import.meta.url);
test('our chunks are those of a recorded stream', { skip: !existsSync(RECORDED) && 'no recorded stream here' }, () => {
  const shape = (text: string) => {
    const events = eventsOf(text).map((e) => e.data);
    return [events[0], events.at(-1)].map((e) => Object.keys(e).sort());
  };
  const asked = { ...hello, stream: true, stream_options: { include_usage: true } };
  const [first, last] = shape(streamOf(readCompletions, asked, [say('Hi')]));
  const [theirs, theirLast] = shape(readFileSync(RECORDED, 'utf8'));
  assert.deepEqual(first, [...theirs!, 'provider'].sort());
  assert.deepEqual(last, [...theirLast!, 'provider', 'tributary'].sort());
});

test('any JSON is a chat request or a 400, and whatever a provider sends is said', () => {
  const field = fc.jsonValue();
  const prompt = fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 }));
  const sound = fc.record({ model: fc.constant(MODEL), prompt });
  const unsound = fc.record(
    {
      model: fc.oneof(fc.constant(MODEL), field),
      prompt: fc.oneof(prompt, field),
      n: field,
      stop: field,
      logprobs: field,
    },
    { requiredKeys: [] },
  );
  let translated = 0;
  fc.assert(
    fc.property(fc.oneof(sound, unsound, field), field, fc.string(), (value, junk, text) => {
      try {
        assert.equal(ask(readCompletions, value).parsed.chat.messages.length, 1);
        translated++;
      } catch (error) {
        assert.ok(TributaryError.is(error), String(error));
        assert.equal(error.status, 400);
      }
      assert.equal(wholeOf(readCompletions, hello, { content: text }, 'stop', junk).choices[0].text, text);
      assert.equal(wholeOf(readCompletions, hello, { content: text }, 'stop', { content: junk }).choices[0].text, text);
    }),
    { numRuns: 500 },
  );
  assert.ok(translated > 0);
});
