import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeUpstream } from './fake-upstream.ts';

const ask = (url: string, body: object) =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model: 'm', messages: [], ...body }) });

test('a fake upstream answers whole and in a stream that ends in [DONE], with usage where asked', async () => {
  await using fake = await fakeUpstream({ kind: 'answer', text: 'four' });
  const whole = (await (await ask(fake.url, {})).json()) as { choices: { message: { content: string } }[] };
  assert.equal(whole.choices[0]?.message.content, 'four');
  const stream = await (await ask(fake.url, { stream: true, stream_options: { include_usage: true } })).text();
  const events = stream
    .trim()
    .split('\n\n')
    .map((e) => e.replace('data: ', ''));
  assert.equal(events.at(-1), '[DONE]');
  const parsed = events.slice(0, -1).map((e) => JSON.parse(e));
  assert.equal(parsed.map((e) => e.choices[0]?.delta.content ?? '').join(''), 'four');
  assert.deepEqual(parsed.at(-1).usage, { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 });
});

test('a fake upstream fails in the scripted way: status, cut, malformed, lies', async () => {
  await using fake = await fakeUpstream((_, i) => {
    if (i === 0) return { kind: 'status', status: 503 };
    if (i === 1) return { kind: 'cut', afterPieces: 2 };
    if (i === 2) return { kind: 'malformed' };
    return { kind: 'answer', usage: { prompt_tokens: 1_000_000, completion_tokens: 1_000_000 } };
  });
  assert.equal((await ask(fake.url, {})).status, 503);
  const cut = await ask(fake.url, { stream: true });
  await assert.rejects(cut.text());
  await assert.rejects((await ask(fake.url, {})).json());
  assert.equal(
    ((await (await ask(fake.url, {})).json()) as { usage: { total_tokens: number } }).usage.total_tokens,
    2_000_000,
  );
  assert.equal(fake.requests.length, 4);
});

test('a hanging fake upstream notices when its caller hangs up', async () => {
  await using fake = await fakeUpstream({ kind: 'hang' });
  const abort = new AbortController();
  const pending = fetch(`${fake.url}/v1/chat/completions`, { method: 'POST', body: '{}', signal: abort.signal });
  await fake.received(1);
  abort.abort();
  await assert.rejects(pending);
  assert.equal(await fake.requests[0]?.ended, 'broken');
});
