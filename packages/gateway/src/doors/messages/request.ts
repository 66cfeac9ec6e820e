import { ProviderChoice, TributaryError } from '@tributary/protocol';
import { z } from 'zod';
import { parseObject, pathOf } from '../../http/parse-chat.ts';
import { AssistantBlock, TextBlock, UserBlock } from './blocks.ts';

/** Most blocks in one message, as in chat completions. */
const MAX_BLOCKS = 256;

const texts = z.union([z.string(), z.array(TextBlock).max(MAX_BLOCKS)]);

const Message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), z.array(UserBlock).max(MAX_BLOCKS)]) }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(AssistantBlock).max(MAX_BLOCKS)]),
  }),
  z.strictObject({ role: z.literal('system'), content: texts }),
]);

const Tool = z.strictObject({
  /** First, so that a tool of Anthropic's own is refused by its type and not by one of its settings. */
  type: z.literal('custom').nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'expected 1 to 128 letters, digits, _ or -'),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  strict: z.boolean().optional(),
  cache_control: z.unknown().optional(),
  allowed_callers: z.array(z.literal('direct')).optional(),
  defer_loading: z.literal(false).optional(),
  /** How arguments are cut into pieces; ours come as the model writes them. */
  eager_input_streaming: z.boolean().nullish(),
});

const parallel = { disable_parallel_tool_use: z.boolean().optional() };
const ToolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...parallel }),
  z.strictObject({ type: z.literal('any'), ...parallel }),
  z.strictObject({ type: z.literal('tool'), name: z.string().min(1).max(256), ...parallel }),
  z.strictObject({ type: z.literal('none') }),
]);

const display = { display: z.enum(['summarized', 'omitted']).nullish() };
const Thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1024), ...display }),
  z.strictObject({ type: z.literal('adaptive'), ...display }),
  z.strictObject({ type: z.literal('disabled') }),
]);

const OutputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z.strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
});

/** Thinking of earlier turns is never handed on, so an edit that clears it is done already. */
const ContextManagement = z.strictObject({
  edits: z.array(z.looseObject({ type: z.string().regex(/^clear_thinking_/, 'expected clear_thinking') })).optional(),
});

const counted = {
  model: z.string().min(1).max(256),
  messages: z.array(Message).min(1).max(4096),
  system: texts.nullish(),
  tools: z.array(Tool).max(1024).nullish(),
  tool_choice: ToolChoice.nullish(),
  thinking: Thinking.nullish(),
  output_config: OutputConfig.nullish(),
  cache_control: z.unknown().optional(),
  context_management: ContextManagement.nullish(),
};

/** `POST /v1/messages/count_tokens`. */
export const CountRequest = z.strictObject(counted);
export type CountRequest = z.infer<typeof CountRequest>;

/** `POST /v1/messages`. */
export const MessagesRequest = z.strictObject({
  ...counted,
  max_tokens: z.number().int().positive().max(1_000_000),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  stop_sequences: z.array(z.string().min(1)).max(4).nullish(),
  metadata: z.strictObject({ user_id: z.string().max(512).nullish() }).nullish(),
  /** There is one tier, the standard one. */
  service_tier: z.enum(['auto', 'standard_only']).nullish(),
  speed: z.literal('standard').nullish(),
  container: z.null().optional(),
  diagnostics: z.null().optional(),
  inference_geo: z.null().optional(),
  mcp_servers: z.array(z.unknown()).max(0).nullish(),
  /** OpenRouter's choice of providers, as in chat completions. */
  models: z.array(z.string().min(1).max(256)).max(16).nullish(),
  provider: ProviderChoice.nullish(),
});
export type MessagesRequest = z.infer<typeof MessagesRequest>;

const HINTS: readonly [RegExp, string][] = [
  [/^tools\.\d+\.type$/, 'Only tools that the caller runs itself can be given.'],
  [/\.source\.type$/, 'Send the bytes as base64, or an https URL of an image.'],
  [/\.citations/, 'Answers cite their sources on their own.'],
];

/** The message's last entry must ask: an answer that continues given words cannot be had from every provider. */
function refusePrefill({ messages }: { messages: MessagesRequest['messages'] }): void {
  if (messages.at(-1)?.role !== 'assistant') return;
  const param = `messages.${messages.length - 1}.role`;
  throw new TributaryError('unsupported_parameter', `${param}: the last message must not be the assistant's.`, {
    param,
    hint: 'Continuing a given answer (prefill) is not supported.',
  });
}

/** The issue furthest inside: of several ways to write a value the one that came closest tells most. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const inner = issue.errors
    .flatMap((issues) => issues.slice(0, 1))
    .map(innermost)
    .reduce((a, b) => (b.path.length > a.path.length ? b : a));
  return inner.path.length === 0 ? issue : { ...inner, path: [...issue.path, ...inner.path] };
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  const parsed = schema.safeParse(parseObject(bytes));
  if (parsed.success) return parsed.data;
  const issue = innermost(parsed.error.issues[0]!);
  const unknown = issue.code === 'unrecognized_keys';
  const param = pathOf(unknown ? [...issue.path, issue.keys[0]!] : issue.path);
  const hint = HINTS.find(([pattern]) => pattern.test(param ?? ''))?.[1];
  throw new TributaryError(
    unknown ? 'unsupported_parameter' : 'invalid_value',
    `${param ?? 'the request'}: ${unknown ? 'this parameter is not supported.' : `${issue.message}.`}`,
    { param, ...(hint ? { hint } : {}) },
  );
}

/** Reads a Messages request. @throws 400 with `param` in the API's own words */
export function parseMessages(bytes: Uint8Array): MessagesRequest {
  const request = parse(MessagesRequest, bytes);
  refusePrefill(request);
  const { thinking, max_tokens } = request;
  if (thinking?.type === 'enabled' && thinking.budget_tokens >= max_tokens) {
    throw new TributaryError('invalid_value', 'thinking.budget_tokens: must be below max_tokens.', {
      param: 'thinking.budget_tokens',
    });
  }
  return request;
}

/** Reads a request to count tokens. @throws like `parseMessages` */
export function parseCount(bytes: Uint8Array): CountRequest {
  return parse(CountRequest, bytes);
}
