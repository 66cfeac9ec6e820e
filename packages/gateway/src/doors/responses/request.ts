import { ProviderChoice } from '@tributary/protocol';
import { z } from 'zod';
import type { ParsedChat } from '../../http/parse-chat.ts';
import { asChat, given, readAs, unsupported } from '../translate.ts';
import { messagesOf } from './input.ts';
import { chatToolChoice, chatTools, type FunctionTool } from './tools.ts';

const Text = z.string().max(4096).nullish();
const Penalty = z.number().min(-2).max(2).nullish();

const Format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: z.string().min(1).max(64),
    schema: z.record(z.string(), z.unknown()),
    description: z.string().nullish(),
    strict: z.boolean().nullish(),
  }),
]);
type Format = z.infer<typeof Format>;

/** A request of `POST /v1/responses`. Input items, tools and the choice among them are read one by one. */
export const Request = z.strictObject({
  model: z.string().min(1).max(256).optional(),
  models: z.array(z.string().min(1).max(256)).max(16).nullish(),
  provider: ProviderChoice.nullish(),
  input: z.union([z.string(), z.array(z.unknown()).max(4096)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
  tools: z.array(z.unknown()).max(1024).nullish(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().nullish(),
  max_output_tokens: z.number().int().positive().max(1_000_000).nullish(),
  max_tool_calls: z.number().int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: Penalty,
  frequency_penalty: Penalty,
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  text: z.strictObject({ format: Format.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).nullish(),
  reasoning: z
    .strictObject({
      effort: z.string().max(32).nullish(),
      summary: z.string().max(32).nullish(),
      generate_summary: z.string().max(32).nullish(),
    })
    .nullish(),
  include: z.array(z.string().max(128)).max(64).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  previous_response_id: z.unknown().optional(),
  conversation: z.unknown().optional(),
  prompt: z.unknown().optional(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  user: Text,
  safety_identifier: Text,
  prompt_cache_key: Text,
  prompt_cache_retention: Text,
  prompt_cache_options: z.record(z.string(), z.unknown()).nullish(),
  service_tier: Text,
});

/** A request as it is said again in the answer. */
export type Asked = Omit<z.infer<typeof Request>, 'tools'> & { tools: FunctionTool[] };

/** What of a request no service here can honour, so that leaving it out would give another answer than asked for. */
function refuseUnsupported(asked: z.infer<typeof Request>): void {
  const kept = 'Nothing is stored here: send the earlier items in input, which OpenAI clients do with store: false.';
  if (asked.store === true) throw unsupported('store', 'Leave it out or send false: answers are not stored.');
  if (asked.previous_response_id != null) throw unsupported('previous_response_id', kept);
  if (asked.conversation != null) throw unsupported('conversation', kept);
  if (asked.prompt != null) throw unsupported('prompt', 'Send the text itself in instructions and input.');
  if (asked.background === true) throw unsupported('background', 'Ask with stream: true and stay connected.');
  if (asked.truncation === 'auto') {
    throw unsupported('truncation', 'Shorten input yourself; a request that is too long is refused, not cut.');
  }
  const { summary, generate_summary } = asked.reasoning ?? {};
  if (generate_summary != null) throw unsupported('reasoning.generate_summary', 'Reasoning is shown as it is.');
  // "auto" asks for what there is.
  if (summary != null && summary !== 'auto') {
    throw unsupported('reasoning.summary', 'Reasoning that a service shows is passed on as it is, not summed up.');
  }
  asked.include?.forEach((what, i) => {
    // No reasoning is hidden in encrypted form here, so there is nothing to leave out.
    if (what === LOGPROBS || what === 'reasoning.encrypted_content') return;
    throw unsupported(`include.${i}`, `${JSON.stringify(what)} cannot be included; ${LOGPROBS} can.`);
  });
}

const LOGPROBS = 'message.output_text.logprobs';

function responseFormat(format: Format | null | undefined): Record<string, unknown> | undefined {
  if (!format || format.type === 'text') return undefined;
  if (format.type === 'json_object') return format;
  const { type, ...schema } = format;
  return { type, json_schema: given(schema) };
}

/** What the fields of the chat request are called here, where they are called otherwise. */
const NAMES: Record<string, string> = {
  messages: 'input',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  verbosity: 'text.verbosity',
  logprobs: 'include',
};

/**
 * Translates a request. The rule is in spec/receipts.md, for those who check a receipt's request hash.
 * @throws 400 that names the field at fault
 */
export function readRequest(body: Record<string, unknown>): {
  asked: Asked;
  parsed: ParsedChat;
} {
  const request = readAs(Request, body);
  refuseUnsupported(request);
  const { messages, names } = messagesOf(request.input, request.instructions);
  const { tools, echoed } = chatTools(request.tools ?? []);
  const wantsLogprobs = request.include?.includes(LOGPROBS) || (request.top_logprobs ?? 0) > 0;
  const nameOf = (param: string): string => {
    const message = /^messages\.(\d+)/.exec(param);
    if (message) return names[Number(message[1])] + param.slice(message[0].length);
    return NAMES[param] ?? param;
  };
  const raw = given({
    model: request.model,
    models: request.models,
    provider: request.provider,
    messages,
    stream: request.stream,
    max_completion_tokens: request.max_output_tokens,
    temperature: request.temperature,
    top_p: request.top_p,
    presence_penalty: request.presence_penalty,
    frequency_penalty: request.frequency_penalty,
    logprobs: wantsLogprobs ? true : undefined,
    top_logprobs: wantsLogprobs ? request.top_logprobs : undefined,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: chatToolChoice(request.tool_choice),
    parallel_tool_calls: request.parallel_tool_calls,
    response_format: responseFormat(request.text?.format),
    verbosity: request.text?.verbosity,
    reasoning_effort: request.reasoning?.effort,
    metadata: request.metadata,
    user: request.user,
    safety_identifier: request.safety_identifier,
    prompt_cache_key: request.prompt_cache_key,
    prompt_cache_retention: request.prompt_cache_retention,
    service_tier: request.service_tier,
  });
  return { asked: { ...request, tools: echoed }, parsed: asChat(raw, nameOf) };
}
