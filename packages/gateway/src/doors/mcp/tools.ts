import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import type { PaymentRequired } from '@tributary/payments';
import { type TributaryError, toWire } from '@tributary/protocol';
import { z } from 'zod';
import { asTributaryError } from '../../http/errors.ts';
import { type AgentAnswer, askWhole } from '../agents/ask-chat.ts';
import type { McpDeps } from './index.ts';

/** Keys of x402's transport over MCP. */
const PAYMENT = 'x402/payment';
const PAYMENT_RESPONSE = 'x402/payment-response';

const Asked = {
  question: z.string().min(1).max(200_000).describe('The question, in plain words.'),
  instructions: z.string().max(100_000).optional().describe('How to answer, such as a language or a form.'),
  max_tokens: z.number().int().positive().max(1_000_000).optional().describe('The longest answer, in tokens.'),
};

const AskInput = z.strictObject({
  ...Asked,
  model: z
    .string()
    .min(1)
    .max(256)
    .default('auto')
    .describe('A model of list_services, or "auto" for the one that suits the question best.'),
});

const receipt = z
  .union([z.string(), z.looseObject({})])
  .describe('The signed receipt that came with an answer, or its request id or receipt hash.');

const VerifyInput = z.strictObject({
  receipt,
  question: Asked.question.optional().describe('The question as it was asked, to check that the receipt is for it.'),
  instructions: Asked.instructions,
  max_tokens: Asked.max_tokens,
  answer: z.string().max(4_000_000).optional().describe('The answer as it came, to check that the receipt is for it.'),
});

type Asking = { question: string; instructions?: string | undefined; max_tokens?: number | undefined };

/** The chat request that a tool call stands for: what the receipt's request hash is of. */
function chatOf({ question, instructions, max_tokens }: Asking): Record<string, unknown> {
  return {
    messages: [
      ...(instructions === undefined ? [] : [{ role: 'system', content: instructions }]),
      { role: 'user', content: question },
    ],
    ...(max_tokens === undefined ? {} : { max_completion_tokens: max_tokens }),
  };
}

function failed(error: TributaryError): CallToolResult {
  const text = error.hint ? `${error.message} ${error.hint}` : error.message;
  return { isError: true, content: [{ type: 'text', text: `${error.code}: ${text}` }] };
}

/** Runs a tool; what it throws on purpose is a result that says so, so that the model can do better. */
async function told(deps: McpDeps, work: () => Promise<CallToolResult> | CallToolResult): Promise<CallToolResult> {
  try {
    return await work();
  } catch (thrown) {
    const error = asTributaryError(thrown);
    if (error.code === 'internal_error') deps.onError(thrown);
    return failed(error);
  }
}

/** A value for programs, and the same as text for models. */
function value(structured: unknown): CallToolResult {
  const text = toWire(structured);
  return { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) as Record<string, unknown> };
}

/** x402's way to ask for money in a tool's result. */
function paymentRequired(required: PaymentRequired): CallToolResult {
  const structured = {
    ...required,
    resource: { url: 'mcp://tool/ask', description: 'One answer', mimeType: 'application/json' },
  };
  return {
    isError: true,
    structuredContent: structured,
    content: [{ type: 'text', text: JSON.stringify(structured) }],
  };
}

function answered({ receipt: signed, settled, ...answer }: AgentAnswer): CallToolResult {
  return {
    content: [{ type: 'text', text: answer.text }],
    structuredContent: answer,
    _meta: {
      // Beside the result and not in it: models need not read it.
      'tributary/receipt': signed,
      ...(settled ? { [PAYMENT_RESPONSE]: settled } : {}),
    },
  };
}

async function ask(input: z.infer<typeof AskInput>, context: ServerContext, deps: McpDeps): Promise<CallToolResult> {
  const outcome = await askWhole(deps.ask, {
    body: { model: input.model, ...chatOf(input) },
    headers: context.http?.req?.headers ?? new Headers(),
    payment: context.mcpReq._meta?.[PAYMENT],
    signal: context.mcpReq.signal,
  });
  if ('answer' in outcome) return answered(outcome.answer);
  if ('refunded' in outcome) {
    const text = 'The rest of the deposit went back; nothing was asked.';
    return { content: [{ type: 'text', text }], _meta: { [PAYMENT_RESPONSE]: outcome.refunded } };
  }
  if ('error' in outcome) return failed(outcome.error);
  const { required, error } = outcome.unpaid;
  return required ? paymentRequired(required) : failed(error);
}

/** The gateway's tools. A new one is a `registerTool` here. */
export function registerTools(server: McpServer, deps: McpDeps): void {
  const { receipts } = deps;
  const READ = { readOnlyHint: true, openWorldHint: true } as const;

  // No output schema: an unpaid call answers with x402's object, which older clients would hold against it.
  server.registerTool(
    'ask',
    {
      title: 'Ask a question',
      description:
        'Asks the network a question and returns the answer with its citations, who gave it and why, and what it cost. ' +
        'Costs money: send an API key as `Authorization: Bearer trib_…` or `x-api-key`, or pay by x402.',
      inputSchema: AskInput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    (input, context) => told(deps, () => ask(input, context, deps)),
  );

  server.registerTool(
    'list_services',
    {
      title: 'List services',
      description:
        'Who answers questions here: models, providers, prices in base units (millionths of a dollar). Names and descriptions are ' +
        'the providers’ own words.',
      inputSchema: z.strictObject({}),
      annotations: READ,
    },
    () => told(deps, () => value(deps.services())),
  );

  server.registerTool(
    'verify_receipt',
    {
      title: 'Verify a receipt',
      description:
        'Checks a receipt against the chain: signatures, hashes, the signers’ authority, the claim that covers it. ' +
        'This is the gateway’s own word; `tributary verify` makes the same checks without it.',
      inputSchema: VerifyInput,
      annotations: READ,
    },
    ({ receipt: given, answer, question, ...rest }) =>
      told(deps, async () =>
        value(
          await receipts.verify(given, {
            ...(question === undefined ? {} : { request: chatOf({ question, ...rest }) }),
            ...(answer === undefined ? {} : { answer }),
          }),
        ),
      ),
  );

  server.registerTool(
    'trace_receipt',
    {
      title: 'Trace a receipt',
      description:
        'Follows the money of one answer: payer, gateway, service, device, model, datasets and their contributors, with the transactions.',
      inputSchema: z.strictObject({ receipt }),
      annotations: READ,
    },
    ({ receipt: given }) => told(deps, async () => value(await receipts.trace(given))),
  );
}
