import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve } from '@tributary/payments';
import { hashAnswer, hashAttribution, hashRequest, Receipt } from '@tributary/protocol';
import fc from 'fast-check';
import {
  ask,
  GATEWAY_KEY,
  id,
  MODEL,
  openSession,
  post,
  questionHeaders,
  receipts,
  SALT,
  SERVICE,
  startTestNode,
  type TestNode,
} from '../test-support.ts';

interface Tributary {
  receipt: Record<string, unknown>;
  signature: `0x${string}`;
  attribution: [];
  outcome: string;
}
interface Completion {
  id: string;
  object: string;
  model: string;
  choices: { message: { role: string; content: string }; finish_reason: string }[];
  usage: Record<string, number>;
  tributary: Tributary;
}
interface Chunk {
  id?: string;
  object: string;
  choices?: { delta: { role?: string; content?: string }; finish_reason: string | null }[];
  usage?: Record<string, number> | null;
  tributary?: Tributary;
  error?: { message: string; code: string; type: string };
}

async function errorOf(response: Response): Promise<{ status: number; code: string; param: string | null }> {
  const { error } = (await response.json()) as { error: { code: string; param: string | null } };
  return { status: response.status, code: error.code, param: error.param };
}

async function eventsOf(response: Response): Promise<(Chunk | '[DONE]')[]> {
  const text = await response.text();
  assert.ok(text.endsWith('\n\n'));
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((e) => {
      assert.match(e, /^data: /);
      return e === 'data: [DONE]' ? '[DONE]' : (JSON.parse(e.slice(6)) as Chunk);
    });
}

function checkReceipt(node: TestNode, tributary: Tributary, text: string, content: string): Receipt {
  const receipt = Receipt.parse(tributary.receipt);
  const body = { messages: [{ role: 'user', content: text }] };
  assert.equal(receipt.requestHash, hashRequest(SALT, body));
  assert.equal(receipt.responseHash, hashAnswer(SALT, { content }));
  assert.equal(receipt.attributionHash, hashAttribution(tributary.attribution));
  assert.equal(curve.recover(receipts.receipt(receipt), tributary.signature), node.key.address);
  assert.equal(receipt.service, SERVICE);
  assert.equal(receipt.agentId, 7n);
  return receipt;
}

test('a whole answer is a chat completion with a receipt for exactly what was asked and answered', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a b c');
  assert.equal(response.status, 200);
  const completion = (await response.json()) as Completion;
  assert.equal(completion.object, 'chat.completion');
  assert.equal(completion.model, MODEL);
  assert.deepEqual(completion.choices[0]!.message.content, 'a b c');
  assert.equal(completion.choices[0]!.finish_reason, 'stop');
  assert.deepEqual(completion.usage, { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 });
  const receipt = checkReceipt(node, completion.tributary, 'a b c', 'a b c');
  assert.equal(receipt.requestId, id(1));
  assert.equal(receipt.price, 100n + 10n + 40n);
  assert.equal(completion.tributary.outcome, 'answered');
});

test('a streamed answer ends with finish, usage, receipt and [DONE], and its first chunk names the role', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a b c', { body: { stream: true } });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const events = await eventsOf(response);
  const chunks = events.slice(0, -1) as Chunk[];
  assert.equal(events.at(-1), '[DONE]');
  assert.deepEqual(chunks[0]!.choices![0]!.delta, { role: 'assistant', content: '' });
  const content = chunks.flatMap((c) => c.choices?.map((x) => x.delta.content ?? '') ?? []).join('');
  assert.equal(content, 'a b c');
  const [finish, usage, receiptEvent] = chunks.slice(-3);
  assert.equal(finish!.choices![0]!.finish_reason, 'stop');
  assert.deepEqual(usage!.choices, []);
  assert.deepEqual(usage!.usage, { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 });
  assert.equal(receiptEvent!.object, 'tributary.receipt');
  checkReceipt(node, receiptEvent!.tributary!, 'a b c', 'a b c');
  assert.equal(new Set(chunks.slice(0, -1).map((c) => c.id)).size, 1);
});

test('the receipt never charges more than Tributary-Max-Price', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a', { headers: { 'tributary-max-price': '120' } });
  const { tributary } = (await response.json()) as Completion;
  assert.equal(tributary.receipt.price, '120');
});

test('an honest unknown is free and has a receipt all the same', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const { tributary } = (await (await ask(node, token, id(1), 'unknown')).json()) as Completion;
  assert.equal(tributary.outcome, 'unknown');
  assert.equal(checkReceipt(node, tributary, 'unknown', 'I do not know.').price, 0n);
  assert.equal(node.book.channels()[0]!.uncovered, 0n);
});

test('a failing expert charges nothing and tells nothing of its inside', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  for (const stream of [false, true]) {
    const response = await ask(node, token, id(stream ? 1 : 2), 'fail', { body: { stream } });
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.doesNotMatch(text, /secret/);
  }
  assert.equal(node.book.channels()[0]!.uncovered, 0n);
  assert.equal(node.state.running.size, 0);
});

test('a stream that fails midway ends with an error event, without [DONE] and without a receipt', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a break', { body: { stream: true } });
  assert.equal(response.status, 200);
  const events = await eventsOf(response);
  const last = events.at(-1) as Chunk;
  assert.equal(last.error?.code, 'internal_error');
  assert.doesNotMatch(JSON.stringify(events), /secret|tributary\.receipt/);
  assert.equal(node.book.channels()[0]!.uncovered, 0n);
});

test('too many answers without a voucher are refused with 402 uncovered_limit', async (t) => {
  const node = await startTestNode(t, { uncoveredLimit: 400n });
  const token = await openSession(node);
  const headers = { 'tributary-max-price': '150' };
  assert.equal((await ask(node, token, id(1), 'a', { headers })).status, 200);
  assert.equal((await ask(node, token, id(2), 'a', { headers })).status, 200);
  const third = await ask(node, token, id(3), 'a', { headers });
  assert.deepEqual(await errorOf(third), { status: 402, code: 'uncovered_limit', param: null });
});

test('a topped-up channel serves again after one look at the chain', async (t) => {
  const node = await startTestNode(t, { onChain: { balance: 200n } });
  const token = await openSession(node);
  const headers = { 'tributary-max-price': '150' };
  assert.equal((await ask(node, token, id(1), 'a', { headers })).status, 200);
  node.chain.state = { ...node.chain.state, balance: 1_000n };
  assert.equal((await ask(node, token, id(2), 'a', { headers })).status, 200);
  assert.equal(node.chain.reads, 2);
});

test('a question under way cannot be asked a second time, nor after it was answered', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const first = await ask(node, token, id(1), 'a hang', { body: { stream: true } });
  assert.equal((await errorOf(await ask(node, token, id(1), 'b'))).code, 'request_running');
  await first.body!.cancel();
  assert.equal((await ask(node, token, id(2), 'b')).status, 200);
  assert.equal((await errorOf(await ask(node, token, id(2), 'b'))).code, 'request_replayed');
});

test('DELETE ends an answer with a receipt for what had been produced', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'two words hang', { body: { stream: true } });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('words')) text += (await reader.read()).value ?? '';
  const stop = (requestId: string) =>
    fetch(`${node.url}/v1/chat/completions/${requestId}`, {
      method: 'DELETE',
      headers: { 'tributary-session': token },
    });
  assert.equal((await stop(id(1))).status, 202);
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  assert.match(text, /data: \[DONE\]\n\n$/);
  const receiptLine = text.split('\n').find((l) => l.includes('tributary.receipt'))!;
  const { tributary } = JSON.parse(receiptLine.slice(6)) as Chunk;
  const receipt = checkReceipt(node, tributary!, 'two words hang', 'two words ');
  assert.equal(receipt.completionTokens, 3);
  assert.equal(receipt.price, 100n + 4n + 6n);
  assert.equal((await stop(id(1))).status, 404);
});

test('DELETE needs the session that asked', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a hang', { body: { stream: true } });
  const other = node.state.tokens.issue({ channelId: id(99), service: SERVICE, expiresAt: 2 ** 33 });
  const url = `${node.url}/v1/chat/completions/${id(1)}`;
  assert.equal((await fetch(url, { method: 'DELETE', headers: { 'tributary-session': other } })).status, 404);
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 401);
  await response.body!.cancel();
});

test('a gateway that hangs up midway is forgotten: the expert is stopped and nothing is counted', async (t) => {
  const stopped = Promise.withResolvers<void>();
  const node = await startTestNode(t, {
    answer: async (_request, call) => {
      await call.emit({ content: 'first' });
      call.signal.addEventListener('abort', () => stopped.resolve());
      return new Promise(() => undefined);
    },
  });
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a', { body: { stream: true } });
  await response.body!.cancel();
  await stopped.promise;
  await new Promise(setImmediate);
  assert.equal(node.state.running.size, 0);
  assert.equal(node.book.channels()[0]!.uncovered, 0n);
});

test('a slow reader holds the expert up instead of filling the memory', async (t) => {
  let emitted = 0;
  const node = await startTestNode(t, {
    answer: async (_request, call) => {
      for (; emitted < 100_000; emitted++) {
        await call.emit({ content: 'x'.repeat(10_000) });
        if (call.signal.aborted) break;
      }
      throw new Error('unread');
    },
  });
  const token = await openSession(node);
  const response = await ask(node, token, id(1), 'a', { body: { stream: true } });
  // The sockets' buffers fill up; when the count stands still over many turns, the expert is waiting.
  let before = -1;
  for (let still = 0; still < 500; still = emitted === before ? still + 1 : 0) {
    before = emitted;
    await new Promise(setImmediate);
  }
  assert.ok(emitted < 5_000, `${emitted} events of 10 kB were taken from the expert`);
  await response.body!.cancel();
});

const badHeaders: [string, string, string | undefined, number, string][] = [
  ['no session', 'tributary-session', undefined, 401, 'session_expired'],
  ['a made-up session', 'tributary-session', 'abc', 401, 'session_expired'],
  ['no request id', 'tributary-request', undefined, 400, 'bad_header'],
  ['a short request id', 'tributary-request', '0x12', 400, 'bad_header'],
  ['no salt', 'tributary-salt', undefined, 400, 'bad_header'],
  ['a salt that is no hex', 'tributary-salt', 'salt', 400, 'bad_header'],
  ['no service', 'tributary-service', undefined, 400, 'bad_header'],
  ['a service of somebody else', 'tributary-service', `0x${'99'.repeat(20)}`, 404, 'service_not_found'],
  ['no price', 'tributary-max-price', undefined, 400, 'bad_header'],
  ['a negative price', 'tributary-max-price', '-1', 400, 'bad_header'],
  ['a price with a point', 'tributary-max-price', '1.5', 400, 'bad_header'],
  ['a price below the least', 'tributary-max-price', '99', 402, 'max_price_too_low'],
];
for (const [what, name, value, status, code] of badHeaders) {
  test(`a question with ${what} is refused`, async (t) => {
    const node = await startTestNode(t);
    const token = await openSession(node);
    const headers: Record<string, string> = questionHeaders(token, id(1));
    if (value === undefined) delete headers[name];
    else headers[name] = value;
    const body = { model: MODEL, messages: [{ role: 'user', content: 'a' }] };
    const error = await errorOf(await post(`${node.url}/v1/chat/completions`, body, headers));
    assert.equal(error.status, status);
    assert.equal(error.code, code);
    assert.equal(node.state.running.size, 0);
  });
}

const badBodies: [string, Record<string, unknown>, string, string | null][] = [
  ['another model', { model: 'other' }, 'model_not_found', 'model'],
  ['no model', { model: undefined }, 'model_not_found', 'model'],
  ['no messages', { messages: undefined }, 'invalid_value', 'messages'],
  ['empty messages', { messages: [] }, 'invalid_value', 'messages'],
  ['a role nobody has', { messages: [{ role: 'king', content: 'a' }] }, 'invalid_value', 'messages.0.role'],
  ['a content that is a number', { messages: [{ role: 'user', content: 1 }] }, 'invalid_value', 'messages.0.content'],
  ['a temperature above 2', { temperature: 3 }, 'invalid_value', 'temperature'],
  ['no tokens', { max_completion_tokens: 0 }, 'invalid_value', 'max_completion_tokens'],
  ['stream that is no boolean', { stream: 'yes' }, 'invalid_value', 'stream'],
  ['tools', { tools: [{ type: 'function' }] }, 'unsupported_parameter', 'tools'],
  ['two choices', { n: 2 }, 'unsupported_parameter', 'n'],
  ['a stop word', { stop: 'x' }, 'unsupported_parameter', 'stop'],
  ['log probabilities', { logprobs: true }, 'unsupported_parameter', 'logprobs'],
  ['a JSON schema', { response_format: { type: 'json_schema' } }, 'unsupported_parameter', 'response_format'],
  ['sound', { modalities: ['text', 'audio'] }, 'unsupported_parameter', 'modalities'],
  ['a web search', { web_search_options: {} }, 'unsupported_parameter', 'web_search_options'],
  ['the gateway’s models', { models: ['a'] }, 'unsupported_parameter', 'models'],
  ['the gateway’s provider', { provider: { sort: 'price' } }, 'unsupported_parameter', 'provider'],
  [
    'a picture',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    'unsupported_parameter',
    'messages.0.content.0',
  ],
];
for (const [what, body, code, param] of badBodies) {
  test(`a body with ${what} is refused by name`, async (t) => {
    const node = await startTestNode(t);
    const token = await openSession(node);
    const error = await errorOf(await ask(node, token, id(1), 'a', { body }));
    assert.equal(error.code, code);
    assert.equal(error.param, param);
    assert.equal(node.book.channels()[0]!.uncovered, 0n);
  });
}

test('what a card supports goes to the expert, and null, empty and default values count as not given', async (t) => {
  const seen: unknown[] = [];
  const node = await startTestNode(t, {
    supports: ['tools'],
    answer: async (request) => {
      seen.push(request.tools);
      return {
        outcome: 'answered',
        finishReason: 'stop',
        usage: { promptTokens: 1, completionTokens: 1 },
        attribution: [],
        citations: [],
        notes: [],
      };
    },
  });
  const token = await openSession(node);
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const body = { tools, n: 1, stop: null, logprobs: false, response_format: { type: 'text' }, functions: [] };
  assert.equal((await ask(node, token, id(1), 'a', { body })).status, 200);
  assert.deepEqual(seen, [tools]);
});

test('a body that is no JSON, no object, of another type or too large is refused', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const send = async (body: string, headers: Record<string, string> = {}) =>
    errorOf(await post(`${node.url}/v1/chat/completions`, body, { ...questionHeaders(token, id(1)), ...headers }));
  assert.equal((await send('{')).code, 'invalid_json');
  assert.equal((await send('[]')).code, 'invalid_json');
  assert.equal((await send('null')).code, 'invalid_json');
  assert.equal((await send('{}', { 'content-type': 'text/plain' })).code, 'unsupported_media_type');
  assert.equal((await send(`{"model":"${'x'.repeat(8 * 1024 * 1024)}"}`)).code, 'request_too_large');
});

test('a body without a length is read no further than the limit', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1024 * 1024;
      controller.enqueue(new Uint8Array(1024 * 1024).fill(32));
      if (sent >= 64 * 1024 * 1024) controller.close();
    },
  });
  const response = await fetch(`${node.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...questionHeaders(token, id(1)) },
    body,
    duplex: 'half',
  } as RequestInit).catch((e: unknown) => e as Error);
  // The node may close before we have written all: either way it did not take everything.
  if (response instanceof Response) assert.equal(response.status, 413);
  assert.ok(sent < 64 * 1024 * 1024);
});

test('no bytes of strangers raise an internal error', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.json()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      async (text, more) => {
        const raw = await post(`${node.url}/v1/chat/completions`, text, questionHeaders(token, id(++n)));
        assert.ok(raw.status < 500, await raw.text());
        const extended = await ask(node, token, id(++n), 'a', { body: more as Record<string, unknown> });
        assert.ok(extended.status < 500, await extended.text());
      },
    ),
    { numRuns: 100 },
  );
});

test('a withdrawal that is pending stops serving', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  node.book.refresh(node.book.channels()[0]!.channelId, { withdrawRequestedAt: 5 });
  assert.equal((await errorOf(await ask(node, token, id(1), 'a'))).code, 'withdrawal_pending');
});

test('a session of a channel that the book does not know has to be made again', async (t) => {
  const node = await startTestNode(t);
  const token = node.state.tokens.issue({ channelId: id(77), service: SERVICE, expiresAt: 2 ** 33 });
  assert.deepEqual(await errorOf(await ask(node, token, id(1), 'a')), {
    status: 401,
    code: 'session_expired',
    param: 'tributary-session',
  });
});

test('the receipt is signed by the hot key, not by the one who pays', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  const { tributary } = (await (await ask(node, token, id(1), 'a')).json()) as Completion;
  const digest = receipts.receipt(Receipt.parse(tributary.receipt));
  assert.equal(curve.recover(digest, tributary.signature), node.key.address);
  assert.notEqual(node.key.address, curve.addressOf(GATEWAY_KEY));
});
