import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Message, Role, type SendMessageRequest, type Task, TaskState } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import {
  Client as CurrentClient,
  StreamableHTTPClientTransport as CurrentTransport,
} from '@modelcontextprotocol/client';
import { Client as PreviousClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as PreviousTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createReader } from '@tributary/chain';
import { hashAnswer, hashRequest, SignedReceipt } from '@tributary/protocol';
import { verifyReceipt } from '@tributary/sdk';
import { startNetwork, type TestNetwork } from './support/network.ts';
import { payingAgent } from './support/x402-agent.ts';

/** Agents at the gateway: official clients of MCP (both revisions) and of A2A, paying by API key and by x402. */

// biome-ignore lint/suspicious/noExplicitAny: results are read as a client in JavaScript would read them
type Json = any;

const ABACUS = 'tributary/abacus';
const question = 'What is 12 * 12?';

let net: TestNetwork;

before(async () => {
  net = await startNetwork();
});
after(() => net?.stop());

const headers = () => ({ authorization: `Bearer ${net.network.apiKey}` });

/** Holds a receipt against chain, question and answer. */
async function check(given: unknown, asked: string, answered: string): Promise<void> {
  const signed = SignedReceipt.parse(given);
  const request = { messages: [{ role: 'user', content: asked }] };
  assert.equal(signed.receipt.requestHash, hashRequest(signed.salt, request));
  assert.equal(signed.receipt.responseHash, hashAnswer(signed.salt, { content: answered }));
  const { rpc, chainId, contracts } = net.network;
  const reader = createReader({ rpc, chainId, contracts });
  const found = await verifyReceipt(reader, signed, { request, answer: { content: answered } });
  assert.equal(found.valid, true, JSON.stringify(found.checks));
}

interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: object; _meta?: object }): Promise<Json>;
  close(): Promise<void>;
}

/** Both revisions' official clients, with the given headers. */
const CLIENTS: [string, (given: Record<string, string>) => Promise<AnyClient>][] = [
  [
    'MCP 2026-07-28',
    async (given) => {
      const client = new CurrentClient(
        { name: 'e2e', version: '1.0.0' },
        { versionNegotiation: { mode: { pin: '2026-07-28' } } },
      );
      await client.connect(
        new CurrentTransport(new URL(`${net.network.gateway}/mcp`), { requestInit: { headers: given } }),
      );
      return client as AnyClient;
    },
  ],
  [
    'MCP 2025-11-25',
    async (given) => {
      const client = new PreviousClient({ name: 'e2e', version: '1.0.0' });
      const transport = new PreviousTransport(new URL(`${net.network.gateway}/mcp`), {
        requestInit: { headers: given },
      });
      await client.connect(transport as never);
      return client as unknown as AnyClient;
    },
  ],
];

for (const [name, connect] of CLIENTS) {
  test(`${name}: lists, asks, verifies and traces by API key`, async () => {
    const client = await connect(headers());
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map((t) => t.name),
      ['ask', 'list_services', 'verify_receipt', 'trace_receipt'],
    );
    const listed = await client.callTool({ name: 'list_services', arguments: {} });
    assert.ok(listed.structuredContent.services.some((s: Json) => s.model === ABACUS));

    const answer = await client.callTool({ name: 'ask', arguments: { question } });
    assert.match(answer.content[0].text, /144/);
    assert.equal(answer.structuredContent.model, ABACUS);
    const receipt = answer._meta['tributary/receipt'];
    await check(receipt, question, answer.content[0].text);

    const verified = await client.callTool({
      name: 'verify_receipt',
      arguments: { receipt, question, answer: answer.content[0].text },
    });
    assert.equal(verified.structuredContent.valid, true, verified.content[0].text);
    const wrong = await client.callTool({ name: 'verify_receipt', arguments: { receipt, answer: '145' } });
    assert.equal(wrong.structuredContent.valid, false);
    const traced = await client.callTool({
      name: 'trace_receipt',
      arguments: { receipt: answer.structuredContent.requestId },
    });
    assert.equal(traced.structuredContent.receiptHash, answer.structuredContent.receiptHash);
    assert.ok(traced.structuredContent.spoke);
    await client.close();
  });

  for (const scheme of ['exact', 'batch-settlement'] as const) {
    test(`${name}: pays for a tool by x402 ${scheme}`, async () => {
      const agent = await payingAgent(net.network, scheme);
      const client = await connect({});
      const ask = (payment?: unknown) =>
        client.callTool({
          name: 'ask',
          arguments: { question, model: ABACUS },
          ...(payment ? { _meta: { 'x402/payment': payment } } : {}),
        });
      const unpaid = await ask();
      assert.equal(unpaid.isError, true);
      assert.deepEqual(JSON.parse(unpaid.content[0].text), unpaid.structuredContent);
      assert.equal(unpaid.structuredContent.x402Version, 2);
      const before = await agent.held();
      const paid = await ask(await agent.pay(unpaid.structuredContent));
      assert.ok(!paid.isError, paid.content[0].text);
      assert.match(paid.content[0].text, /144/);
      const settled = paid._meta['x402/payment-response'];
      assert.equal(settled.success, true);
      assert.match(settled.transaction, /^0x[0-9a-f]{64}$/);
      assert.ok((await agent.held()) < before);
      await check(paid._meta['tributary/receipt'], question, paid.content[0].text);
      await client.close();
    });
  }
}

function say(text: string, more: Partial<Message> = {}): SendMessageRequest {
  const part = { content: { $case: 'text' as const, value: text }, metadata: undefined, filename: '', mediaType: '' };
  return {
    tenant: '',
    message: {
      messageId: crypto.randomUUID(),
      contextId: '',
      taskId: '',
      role: Role.ROLE_USER,
      parts: [part],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
      ...more,
    },
    configuration: undefined,
    metadata: undefined,
  };
}

const answerOf = ({ artifacts }: Pick<Task, 'artifacts'>) => {
  const parts = artifacts[0]?.parts ?? [];
  const text = parts.map((p) => (p.content?.$case === 'text' ? p.content.value : '')).join('');
  const facts = parts.map((p) => (p.content?.$case === 'data' ? p.content.value : undefined)).find(Boolean) as Json;
  return { text, facts };
};

test('A2A: finds the agent by its card, asks and streams by API key', async () => {
  const agent = await new ClientFactory().createFromUrl(net.network.gateway);
  assert.equal(agent.protocolVersion, '1.0');
  const paying = { serviceParameters: headers() };
  const task = (await agent.sendMessage(say(question), paying)) as Task;
  assert.equal(task.status?.state, TaskState.TASK_STATE_COMPLETED);
  const { text, facts } = answerOf(task);
  assert.match(text, /144/);
  await check(facts.receipt, question, text);

  const parts: Task['artifacts'][number]['parts'] = [];
  let state: TaskState | undefined;
  for await (const { payload } of agent.sendMessageStream(say(question), paying)) {
    if (payload?.$case === 'artifactUpdate') parts.push(...(payload.value.artifact?.parts ?? []));
    if (payload?.$case === 'statusUpdate') state = payload.value.status?.state;
  }
  assert.equal(state, TaskState.TASK_STATE_COMPLETED);
  const streamed = answerOf({ artifacts: [{ parts } as Task['artifacts'][number]] });
  await check(streamed.facts.receipt, question, streamed.text);
});

for (const scheme of ['exact', 'batch-settlement'] as const) {
  test(`A2A: pays for a task by x402 ${scheme}`, async () => {
    const payer = await payingAgent(net.network, scheme);
    const agent = await new ClientFactory().createFromUrl(net.network.gateway);
    const card = await agent.getAgentCard();
    const uri = card.capabilities?.extensions[0]?.uri ?? '';
    const options = { serviceParameters: { 'A2A-Extensions': uri } };
    const model = { 'tributary.model': ABACUS };
    const unpaid = (await agent.sendMessage(say(question, { metadata: model }), options)) as Task;
    assert.equal(unpaid.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
    const asked = unpaid.status?.message?.metadata ?? {};
    assert.equal(asked['x402.payment.status'], 'payment-required');
    const metadata = {
      'x402.payment.status': 'payment-submitted',
      'x402.payment.payload': await payer.pay(asked['x402.payment.required']),
    };
    const before = await payer.held();
    const paid = (await agent.sendMessage(say('Here it is.', { taskId: unpaid.id, metadata }), options)) as Task;
    assert.equal(paid.status?.state, TaskState.TASK_STATE_COMPLETED, JSON.stringify(paid.status));
    const told = paid.status?.message?.metadata ?? {};
    assert.equal(told['x402.payment.status'], 'payment-completed');
    assert.match(told['x402.payment.receipts'][0].transaction, /^0x[0-9a-f]{64}$/);
    assert.ok((await payer.held()) < before);
    const { text, facts } = answerOf(paid);
    await check(facts.receipt, question, text);
  });
}
