import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Role, type SendMessageRequest, type StreamResponse, type Task, TaskState } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { encodeHeader, HEADER_PAYMENT_REQUIRED, HEADER_PAYMENT_RESPONSE } from '@tributary/payments';
import { withFee } from '@tributary/protocol';
import fc from 'fast-check';
import { FEE_PPM, startFakeNode, startTestGateway, type TestGateway } from '../../test-support.ts';
import type { AskChat } from '../agents/ask-chat.ts';
import { createA2aDoor } from './index.ts';
import { textPart } from './tasks.ts';
import { X402_EXTENSIONS } from './x402.ts';

/** The A2A door: by the official client through a gateway, and by bare messages where money is refused. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them
type Json = any;

function ask(text: string, more: Partial<NonNullable<SendMessageRequest['message']>> = {}): SendMessageRequest {
  return {
    tenant: '',
    message: {
      messageId: crypto.randomUUID(),
      contextId: '',
      taskId: '',
      role: Role.ROLE_USER,
      parts: [textPart(text)],
      metadata: { 'tributary.model': 'tributary/echo' },
      extensions: [],
      referenceTaskIds: [],
      ...more,
    },
    configuration: undefined,
    metadata: undefined,
  };
}

const client = (gateway: TestGateway) => new ClientFactory().createFromUrl(gateway.url);
const paying = (gateway: TestGateway) => ({ serviceParameters: { authorization: `Bearer ${gateway.apiKey}` } });

const textOf = (task: Task) =>
  task.artifacts[0]?.parts.map((p) => (p.content?.$case === 'text' ? p.content.value : '')).join('');
const factsOf = (task: Task): Json =>
  task.artifacts[0]?.parts.flatMap((p) => (p.content?.$case === 'data' ? [p.content.value] : []))[0];

test('the card names its models, both versions, the ways to pay; clients of 0.3 read it as well', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const card = (await (await fetch(`${gateway.url}/.well-known/agent-card.json`)).json()) as Json;
  assert.deepEqual(
    card.supportedInterfaces.map((i: Json) => [i.url, i.protocolBinding, i.protocolVersion]),
    [
      [`${gateway.url}/a2a`, 'JSONRPC', '1.0'],
      [`${gateway.url}/a2a`, 'JSONRPC', '0.3'],
    ],
  );
  assert.deepEqual(
    card.skills.map((s: Json) => s.id),
    ['auto', 'tributary/echo'],
  );
  assert.equal(card.capabilities.extensions[0].uri, X402_EXTENSIONS[0]);
  assert.deepEqual([card.url, card.preferredTransport], [`${gateway.url}/a2a`, 'JSONRPC']);
});

test('a message is answered by a task with the answer, its facts and its receipt', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const agent = await client(gateway);
  assert.equal(agent.protocolVersion, '1.0');
  const task = (await agent.sendMessage(ask('one two three'), paying(gateway))) as Task;
  assert.equal(task.status?.state, TaskState.TASK_STATE_COMPLETED);
  assert.equal(textOf(task), 'one two three');
  const facts = factsOf(task);
  assert.equal(facts.model, 'tributary/echo');
  assert.equal(facts.receipt.payment.payerTo, String(gateway.charged()));
  assert.equal(gateway.charged(), withFee(BigInt(facts.receipt.receipt.price), FEE_PPM));

  const again = await agent.getTask({ tenant: '', id: task.id }, paying(gateway));
  assert.equal(textOf(again), 'one two three');
  const listed = await agent.listTasks(
    { tenant: '', contextId: '', status: 0, pageToken: '', statusTimestampAfter: undefined },
    paying(gateway),
  );
  assert.deepEqual([listed.totalSize, listed.tasks[0]?.id, listed.tasks[0]?.artifacts], [1, task.id, []]);
  gateway.expectNothingOpen();
});

test('attack: whoever guesses keys through this door is counted by address as everybody else', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const agent = await client(gateway);
  const behindProxy = { serviceParameters: { 'x-forwarded-for': '203.0.113.7' } };
  await agent.sendMessage(ask('x'));
  for await (const _ of agent.sendMessageStream(ask('x'), behindProxy));
  assert.deepEqual(gateway.remotes, ['127.0.0.1', '203.0.113.7']);
});

test('tasks of an API key are nobody else’s', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const agent = await client(gateway);
  const task = (await agent.sendMessage(ask('secret'), paying(gateway))) as Task;
  await assert.rejects(agent.getTask({ tenant: '', id: task.id }), /There is no task/);
  const other = { serviceParameters: { authorization: 'Bearer trib_other' } };
  await assert.rejects(agent.getTask({ tenant: '', id: task.id }, other), /There is no task/);
  const listed = await agent.listTasks({
    tenant: '',
    contextId: '',
    status: 0,
    pageToken: '',
    statusTimestampAfter: undefined,
  });
  assert.equal(listed.totalSize, 0);
});

test('a streamed answer comes in pieces, in the order of the protocol', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const agent = await client(gateway);
  const events: StreamResponse[] = [];
  for await (const event of agent.sendMessageStream(ask('one two three'), paying(gateway))) events.push(event);
  const kinds = events.map((e) => e.payload?.$case);
  assert.equal(kinds[0], 'task');
  assert.equal(kinds.at(-1), 'statusUpdate');
  const artifacts = events.flatMap((e) => (e.payload?.$case === 'artifactUpdate' ? [e.payload.value] : []));
  const text = artifacts
    .flatMap((a) => a.artifact?.parts ?? [])
    .map((p) => (p.content?.$case === 'text' ? p.content.value : ''));
  assert.equal(text.join(''), 'one two three');
  assert.deepEqual([artifacts[0]?.append, artifacts.at(-1)?.append, artifacts.at(-1)?.lastChunk], [false, true, true]);
  const last = events.at(-1)?.payload;
  assert.ok(last?.$case === 'statusUpdate' && last.value.status?.state === TaskState.TASK_STATE_COMPLETED);
  gateway.expectNothingOpen();
});

test('an answer can be followed by a second caller, and cancelled', async (t) => {
  const echo = await startFakeNode(t);
  const gate = Promise.withResolvers<void>();
  echo.node.gate = gate.promise;
  const gateway = await startTestGateway(t, [echo], {
    patience: { firstTokenMs: 5_000, idleMs: 5_000, wholeMs: 5_000, stopMs: 2_000 },
  });
  const agent = await client(gateway);
  const stream = agent.sendMessageStream(ask('one two three'), paying(gateway));
  const first = (await stream.next()).value?.payload;
  assert.ok(first?.$case === 'task');
  await stream.next();
  const { id } = first.value;
  const followed = agent.resubscribeTask({ tenant: '', id }, paying(gateway));
  const seen = (await followed.next()).value?.payload;
  assert.ok(seen?.$case === 'task' && seen.value.status?.state === TaskState.TASK_STATE_WORKING);
  const canceled = await agent.cancelTask({ tenant: '', id, metadata: undefined }, paying(gateway));
  assert.equal(canceled.status?.state, TaskState.TASK_STATE_CANCELED);
  for await (const _ of followed);
  gate.resolve();
  const task = await agent.getTask({ tenant: '', id }, paying(gateway));
  assert.equal(task.status?.state, TaskState.TASK_STATE_CANCELED);
  // What was written until then is paid, and its receipt is there.
  assert.equal(factsOf(task).receipt.payment.payerTo, String(gateway.charged()));
  assert.equal(echo.node.stopped, 1);
  await assert.rejects(agent.cancelTask({ tenant: '', id, metadata: undefined }, paying(gateway)));
  gateway.expectNothingOpen();
});

test('what cannot be done is refused by name', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const agent = await client(gateway);
  const refused = (request: SendMessageRequest) => agent.sendMessage(request, paying(gateway));
  const image = { content: { $case: 'url' as const, value: 'https://example.com/a.png' } };
  const part = { ...image, metadata: undefined, filename: '', mediaType: 'image/png' };
  await assert.rejects(refused(ask('x', { parts: [part] })), /image\/png/);
  await assert.rejects(refused(ask(' ')), /no text/);
  await assert.rejects(refused(ask('x', { taskId: 'no-such' })), /no-such/);
  await assert.rejects(refused(ask('x', { metadata: { 'tributary.max_tokens': -1 } })), /tributary.max_tokens/);
  await assert.rejects(refused({ ...ask('x'), tenant: 'a' }), /tenant/);
  const push = { tenant: '', id: '', taskId: '', url: 'http://127.0.0.1', token: '', authentication: undefined };
  const configuration = { acceptedOutputModes: [], taskPushNotificationConfig: push, returnImmediately: false };
  await assert.rejects(refused({ ...ask('x'), configuration }), /push/i);
  const task = (await refused(ask('x', { metadata: { 'tributary.model': 'no/such' } }))) as Task;
  assert.equal(task.status?.state, TaskState.TASK_STATE_FAILED);
  assert.match(JSON.stringify(task.status?.message?.parts), /model_not_found/);
  await assert.rejects(refused(ask('again', { taskId: task.id })), /ended/);
  assert.equal(gateway.charged(), 0n);
  gateway.expectNothingOpen();
});

const post = (gateway: TestGateway, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/a2a`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('clients of version 0.3 are answered in their own words', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const message = {
    kind: 'message',
    messageId: 'm',
    role: 'user',
    parts: [{ kind: 'text', text: 'one two' }],
    metadata: { 'tributary.model': 'tributary/echo' },
  };
  const call = { jsonrpc: '2.0', id: 7, params: { message } };
  const headers = { authorization: `Bearer ${gateway.apiKey}` };
  const { result } = (await (await post(gateway, { ...call, method: 'message/send' }, headers)).json()) as Json;
  assert.deepEqual([result.kind, result.status.state], ['task', 'completed']);
  assert.equal(result.artifacts[0].parts[0].text, 'one two');
  const stream = await post(gateway, { ...call, method: 'message/stream' }, headers);
  const events = (await stream.text()).split('\n\n').filter(Boolean);
  const last = JSON.parse(events.at(-1)!.slice(6)) as Json;
  assert.deepEqual(
    [last.result.kind, last.result.status.state, last.result.final],
    ['status-update', 'completed', true],
  );
});

const offer = {
  scheme: 'exact',
  network: 'eip155:1',
  amount: '9',
  asset: '0x05',
  payTo: '0x06',
  maxTimeoutSeconds: 60,
  extra: {},
};

/** A gateway that takes `{"pays": true}` for money. */
function payingDoor(refusal = 'invalid_exact_evm_signature') {
  const asked: Json[] = [];
  const askChat: AskChat = async (request) => {
    const header = request.headers.get('payment-signature');
    const payment = header ? (JSON.parse(Buffer.from(header, 'base64').toString()) as Json) : null;
    if (!payment?.pays) {
      const required = { x402Version: 2, error: 'Payment required', resource: { url: 'u' }, accepts: [offer] };
      const error = { message: 'Pay first.', code: payment ? refusal : 'payment_required', param: null };
      const headers = { [HEADER_PAYMENT_REQUIRED]: encodeHeader(required) };
      return Response.json({ error }, { status: 402, headers });
    }
    asked.push(await request.json());
    const receipt = { receipt: { requestId: '0x01' }, payment: { receiptHash: '0x02' } };
    return Response.json(
      {
        model: 'm',
        provider: 'P',
        choices: [{ message: { content: 'paid for' }, finish_reason: 'stop' }],
        usage: { cost: 0.5 },
        tributary: { service: '0x03', model: 'm', outcome: 'answered', receipt },
      },
      {
        headers: {
          [HEADER_PAYMENT_RESPONSE]: encodeHeader({ success: true, transaction: '0x04', network: 'eip155:1' }),
        },
      },
    );
  };
  const door = createA2aDoor({
    ask: askChat,
    models: () => [],
    publicUrl: () => 'http://gateway.test',
    onError: (error) => assert.fail(String(error)),
  });
  const send = async (message: object, headers: Record<string, string> = {}): Promise<Json> => {
    const request = new Request('http://gateway.test/a2a', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'SendMessage',
        params: { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'a question' }], ...message } },
      }),
    });
    const response = await door.call(request);
    return { ...((await response.json()) as Json), headers: response.headers };
  };
  return { send, asked };
}

test('without money a task says on what terms; the payment names the task, and the question is asked once', async () => {
  const { send, asked } = payingDoor();
  const first = await send({}, { 'a2a-extensions': X402_EXTENSIONS[0] });
  assert.equal(first.headers.get('a2a-extensions'), X402_EXTENSIONS[0]);
  const { task } = first.result;
  assert.equal(task.status.state, 'TASK_STATE_INPUT_REQUIRED');
  const { metadata } = task.status.message;
  assert.equal(metadata['x402.payment.status'], 'payment-required');
  assert.deepEqual(metadata['x402.payment.required'].accepts, [offer]);
  const submitted = { 'x402.payment.status': 'payment-submitted', 'x402.payment.payload': { pays: true } };
  const paid = (await send({ taskId: task.id, parts: [{ text: 'Here it is.' }], metadata: submitted })).result.task;
  assert.equal(paid.id, task.id);
  assert.equal(paid.status.state, 'TASK_STATE_COMPLETED');
  assert.equal(paid.status.message.metadata['x402.payment.status'], 'payment-completed');
  assert.equal(paid.status.message.metadata['x402.payment.receipts'][0].transaction, '0x04');
  assert.equal(paid.artifacts[0].parts[0].text, 'paid for');
  assert.deepEqual(
    asked.map((body) => body.messages),
    [[{ role: 'user', content: 'a question' }]],
  );
  // The payment is not kept.
  assert.ok(!JSON.stringify(paid.history).includes('pays'));
});

test('a payment that is worth nothing ends the task; one that only came late may be made anew', async () => {
  const bad = { metadata: { 'x402.payment.payload': { pays: false } } };
  const failed = (await payingDoor().send(bad)).result.task;
  assert.equal(failed.status.state, 'TASK_STATE_FAILED');
  assert.equal(failed.status.message.metadata['x402.payment.status'], 'payment-failed');
  assert.equal(failed.status.message.metadata['x402.payment.error'], 'INVALID_SIGNATURE');
  const late = (await payingDoor('invalid_batch_settlement_evm_cumulative_amount_mismatch').send(bad)).result.task;
  assert.equal(late.status.state, 'TASK_STATE_INPUT_REQUIRED');
  assert.equal(late.status.message.metadata['x402.payment.status'], 'payment-required');
});

test('a payment that the client will not make ends the task', async () => {
  const { send } = payingDoor();
  const { task } = (await send({})).result;
  const rejected = (await send({ taskId: task.id, metadata: { 'x402.payment.status': 'payment-rejected' } })).result
    .task;
  assert.equal(rejected.status.state, 'TASK_STATE_FAILED');
});

test('whatever message comes, there is an answer and the books stay closed', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const message = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        messageId: fc.oneof(fc.string(), fc.jsonValue()),
        role: fc.oneof(fc.constantFrom('ROLE_USER', 'user'), fc.jsonValue()),
        parts: fc.oneof(fc.array(fc.oneof(fc.record({ text: fc.string() }), fc.jsonValue())), fc.jsonValue()),
        taskId: fc.jsonValue(),
        metadata: fc.oneof(fc.record({ 'x402.payment.payload': fc.jsonValue() }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  );
  const methods = ['SendMessage', 'SendStreamingMessage', 'GetTask', 'ListTasks', 'CancelTask', 'message/send'];
  const call = fc.record({
    jsonrpc: fc.constantFrom('2.0', '1.0'),
    id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue()),
    method: fc.oneof(fc.constantFrom(...methods), fc.string()),
    params: fc.oneof(fc.record({ message, id: fc.jsonValue(), configuration: fc.jsonValue() }), fc.jsonValue()),
  });
  const version = fc.constantFrom('1.0', '0.3', '', '9.9');
  await fc.assert(
    fc.asyncProperty(fc.oneof(call, fc.jsonValue()), version, async (body, v) => {
      const headers = { 'a2a-version': v, authorization: `Bearer ${gateway.apiKey}` };
      const response = await post(gateway, JSON.stringify(body), headers);
      await response.text();
      assert.ok(response.status < 500, String(response.status));
    }),
    { numRuns: 150 },
  );
  gateway.expectNothingOpen();
});
