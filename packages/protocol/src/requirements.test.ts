import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatRequest } from './chat.ts';
import { firstUnmet, requirementsOf } from './requirements.ts';

const NAMED = { type: 'function', function: { name: 'f' } };

function featuresOf(fields: Record<string, unknown>): string[] {
  const body = { messages: [{ role: 'user', content: 'hi' }], ...fields };
  return requirementsOf(body, ChatRequest.parse(body)).map((r) => r.feature);
}

test('what is not asked for needs no support, in all the ways that clients write it', () => {
  for (const nothing of [
    { stop: null, n: 1, logprobs: false, tools: [], functions: null, response_format: null, modalities: ['text'] },
    { stop: [], n: null, logit_bias: {}, tools: null, response_format: { type: 'text' }, audio: null },
    { stop: '', temperature: 0, seed: 7, store: true, anything: 'else' },
  ]) {
    assert.deepEqual(featuresOf(nothing), []);
  }
});

const ASKED: [Record<string, unknown>, string[]][] = [
  [{ stop: 'x' }, ['stop']],
  [{ stop: ['x'] }, ['stop']],
  [{ n: 2 }, ['n']],
  [{ logprobs: true }, ['logprobs']],
  [{ logit_bias: { 7: 1 } }, ['logit_bias']],
  [{ tools: [NAMED] }, ['tools']],
  [{ tools: [NAMED, { type: 'custom' }] }, ['tools', 'custom_tools']],
  [{ tools: [null] }, ['tools', 'custom_tools']],
  [{ functions: [{ name: 'f' }], function_call: 'auto' }, ['functions', 'function_call']],
  [{ response_format: { type: 'json_object' } }, ['response_format']],
  [{ response_format: {} }, ['response_format']],
  [{ modalities: ['text', 'audio'], audio: {} }, ['modalities', 'audio']],
  [{ web_search_options: {} }, ['web_search_options']],
  [{ messages: [{ role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] }] }, ['image_url']],
];

for (const [fields, features] of ASKED) {
  test(`${JSON.stringify(fields)} needs ${features.join(' and ')}`, () =>
    assert.deepEqual(featuresOf(fields), features));
}

test('a part of a message is named by its place, and the first unmet requirement is told', () => {
  const body = { messages: [{ role: 'user', content: [{ type: 'file' }] }], stop: 'x' };
  const needed = requirementsOf(body, ChatRequest.parse(body));
  assert.deepEqual(firstUnmet(needed, ['stop']), { param: 'messages.0.content.0', feature: 'file' });
  assert.equal(firstUnmet(needed, ['stop', 'file']), undefined);
});
