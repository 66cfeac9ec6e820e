import { Address, ChatRequest } from '@tributary/protocol';
import { type ExplorerName, explorerApi } from '@tributary/protocol/explorer';
import { z } from 'zod';
import { Request as CompletionsRequest } from '../doors/completions/request.ts';
import { Request as EmbeddingsRequest } from '../doors/embeddings/index.ts';
import { CountRequest, MessagesRequest } from '../doors/messages/request.ts';
import { Request as ResponsesRequest } from '../doors/responses/request.ts';
import {
  ChatCompletion,
  EmbeddingList,
  Message,
  Model,
  ModelEndpoints,
  ModelList,
  ResponseObject,
  TextCompletion,
} from './forms.ts';
import type { Operation } from './operation.ts';

const SSE = 'data: lines of JSON';
const ModelId = z.strictObject({ model: z.string().describe('May contain slashes, plain or as %2F.') });

/** Every door of the gateway. A new one is described here; `operations.test.ts` asks each whether it is there. */
const doors: readonly Operation[] = [
  {
    id: 'createChatCompletion',
    method: 'post',
    path: '/v1/chat/completions',
    tag: 'ask',
    summary: 'Ask, as with OpenAI’s chat completions',
    description: '`model` is a name of GET /v1/models, or `auto`: the router then chooses and says why.',
    body: ChatRequest,
    answer: ChatCompletion,
    streams: `Chunks as ${SSE}, then [DONE]; \`tributary\` is on the usage chunk, or on the one that finishes.`,
    errors: 'openai',
    paid: true,
  },
  {
    id: 'createResponse',
    method: 'post',
    path: '/v1/responses',
    tag: 'ask',
    summary: 'Ask, as with OpenAI’s responses; nothing is stored',
    body: ResponsesRequest,
    answer: ResponseObject,
    streams: `Events of the responses API as ${SSE}.`,
    errors: 'openai',
    paid: true,
  },
  {
    id: 'createCompletion',
    method: 'post',
    path: '/v1/completions',
    tag: 'ask',
    summary: 'Ask, as with OpenAI’s text completions',
    body: CompletionsRequest,
    answer: TextCompletion,
    streams: `Chunks as ${SSE}, then [DONE].`,
    errors: 'openai',
    paid: true,
  },
  {
    id: 'createEmbedding',
    method: 'post',
    path: '/v1/embeddings',
    tag: 'ask',
    summary: 'Turn texts into vectors, as with OpenAI’s embeddings',
    body: EmbeddingsRequest,
    answer: EmbeddingList,
    errors: 'openai',
    paid: true,
  },
  {
    id: 'createMessage',
    method: 'post',
    path: '/v1/messages',
    tag: 'ask',
    summary: 'Ask, as with Anthropic’s messages',
    body: MessagesRequest,
    answer: Message,
    streams: 'Events of the messages API.',
    errors: 'anthropic',
    paid: true,
  },
  {
    id: 'countMessageTokens',
    method: 'post',
    path: '/v1/messages/count_tokens',
    tag: 'ask',
    summary: 'Count the tokens of a message without asking it',
    body: CountRequest,
    answer: z.object({ input_tokens: z.number().int() }),
    errors: 'anthropic',
  },
  {
    id: 'listModels',
    method: 'get',
    path: '/v1/models',
    tag: 'models',
    summary: 'Models that can be asked, with prices',
    answer: ModelList,
    errors: 'openai',
  },
  {
    id: 'getModel',
    method: 'get',
    path: '/v1/models/{model}',
    tag: 'models',
    summary: 'One model',
    params: ModelId,
    answer: Model,
    errors: 'openai',
  },
  {
    id: 'listModelEndpoints',
    method: 'get',
    path: '/v1/models/{model}/endpoints',
    tag: 'models',
    summary: 'Who offers a model, with price, uptime, latency and throughput, in OpenRouter’s form',
    params: ModelId,
    answer: ModelEndpoints,
    errors: 'openai',
  },
  {
    id: 'getSignedCard',
    method: 'get',
    path: '/tributary/services/{account}/card',
    tag: 'explore',
    summary: 'A service’s card as its provider signed it',
    params: z.strictObject({ account: Address }),
    answer: z.looseObject({ card: z.unknown(), signature: z.string() }),
    errors: 'problem',
  },
  {
    id: 'callMcp',
    method: 'post',
    path: '/mcp',
    tag: 'agents',
    summary: 'Model Context Protocol: tools to ask, list services, verify and trace receipts',
    body: z.looseObject({ jsonrpc: z.literal('2.0'), method: z.string() }),
    answer: z.looseObject({ jsonrpc: z.literal('2.0') }),
    errors: 'none',
  },
  {
    id: 'getAgentCard',
    method: 'get',
    path: '/.well-known/agent-card.json',
    tag: 'agents',
    summary: 'The A2A agent card',
    answer: z.looseObject({ name: z.string(), version: z.string() }),
    errors: 'problem',
  },
  {
    id: 'sendAgentMessage',
    method: 'post',
    path: '/a2a',
    tag: 'agents',
    summary: 'Agent2Agent messages and tasks over JSON-RPC',
    body: z.looseObject({ jsonrpc: z.literal('2.0'), method: z.string() }),
    answer: z.looseObject({ jsonrpc: z.literal('2.0') }),
    errors: 'none',
  },
  {
    id: 'settle',
    method: 'post',
    path: '/tributary/settle',
    tag: 'operate',
    summary: 'Claim now what payers owe; the operator only',
    answer: z.looseObject({}),
    errors: 'problem',
  },
  {
    id: 'getHealth',
    method: 'get',
    path: '/health',
    tag: 'operate',
    summary: 'Whether questions can be asked: 503 while starting',
    answer: z.object({ status: z.string() }),
    errors: 'none',
  },
  {
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    tag: 'operate',
    summary: 'Prometheus metrics',
    answer: 'text/plain',
    errors: 'none',
  },
];

function explorerOperation(id: ExplorerName): Operation {
  const { path, summary, params, query, answer } = explorerApi[id];
  return { id, method: 'get', path, tag: 'explore', summary, params, query, answer, errors: 'problem' };
}

export const operations: readonly Operation[] = [
  ...doors,
  ...(Object.keys(explorerApi) as ExplorerName[]).map(explorerOperation),
];
