import { type ChatUsage, Citation, formatUnits } from '@tributary/protocol';
import { z } from 'zod';
import type { FoundWhole } from '../../dispatch/whole.ts';
import { tributaryField, withMember } from '../../http/completion.ts';
import type { Opening } from '../../http/form.ts';
import type { Bill } from '../../settle/settle-answer.ts';

type Fields = Record<string, unknown>;

/** The message's id: made from the request's, so that it can be found in logs. */
function messageId({ requestId }: Opening): string {
  return `msg_${requestId.slice(2, 34)}`;
}

const STOP_REASONS: Record<string, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Why the answer ended, in Anthropic's words. Some servers say `stop` after a tool call. */
export function stopReason(finish: string, said: { tools: boolean; refused: boolean }): string {
  if (said.refused) return 'refusal';
  if (said.tools && finish === 'stop') return 'tool_use';
  return STOP_REASONS[finish] ?? 'end_turn';
}

function countIn(details: unknown, name: string): number {
  const value = (details as Fields | null | undefined)?.[name];
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** Tokens as Anthropic counts them (input without what came from a cache), and what they cost in dollars. */
export function usageOf(usage: ChatUsage, bill: Bill): Fields {
  const cached = Math.min(countIn(usage.prompt_tokens_details, 'cached_tokens'), usage.prompt_tokens);
  const thinking = countIn(usage.completion_tokens_details, 'reasoning_tokens');
  return {
    input_tokens: usage.prompt_tokens - cached,
    output_tokens: usage.completion_tokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens_details: thinking > 0 ? { thinking_tokens: thinking } : null,
    server_tool_use: null,
    cost: Number(formatUnits(bill.charged)),
  };
}

/** The start of a message, which is also a whole one's frame. */
export function frameOf(opening: Opening): Fields {
  return {
    id: messageId(opening),
    type: 'message',
    role: 'assistant',
    model: opening.step.service.card.model.id,
    content: [],
    container: null,
    diagnostics: null,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
  };
}

const Annotations = z.array(Citation).max(256).catch([]);

/** Cited passages as the results of a search, with the facts of their dataset beside them. */
export function citationsOf(annotations: unknown): Fields[] {
  return Annotations.parse(annotations).map(({ url_citation, quote, dataset, document, contributor }) => ({
    type: 'web_search_result_location',
    url: url_citation.url,
    title: url_citation.title,
    cited_text: quote,
    encrypted_index: '',
    dataset,
    document,
    contributor,
  }));
}

const ToolCall = z.looseObject({
  id: z.string().min(1).optional().catch(undefined),
  function: z.looseObject({ name: z.string().catch(''), arguments: z.string().catch('') }),
});

/** A tool's arguments. What is no JSON object is handed over as it is, for the tool to refuse. */
function inputOf(text: string): Fields {
  if (text.trim() === '') return {};
  try {
    const input: unknown = JSON.parse(text);
    if (input !== null && typeof input === 'object' && !Array.isArray(input)) return input as Fields;
  } catch {
    // As below.
  }
  return { invalid_arguments: text };
}

/** A tool's call without its arguments; `index` names a call that came without an id. */
export function toolUse(id: string | undefined, name: string, index: number): Fields {
  return { type: 'tool_use', id: id || `toolu_${index}`, name, input: {}, caller: { type: 'direct' } };
}

function toolBlocks(calls: readonly unknown[]): Fields[] {
  return calls.flatMap((call, index) => {
    const parsed = ToolCall.safeParse(call);
    if (!parsed.success) return [];
    const { id, function: fn } = parsed.data;
    return [{ ...toolUse(id, fn.name, index), input: inputOf(fn.arguments) }];
  });
}

/** What a model thought, however its server calls it. */
export function thoughtOf(message: Fields): string {
  const thought = message.reasoning_content ?? message.reasoning;
  return typeof thought === 'string' ? thought : '';
}

/** A whole answer as a Messages response. */
export function messageJson(opening: Opening, found: FoundWhole, bill: Bill, showThinking: boolean): string {
  const { choice, usage, step, evidence } = found;
  const { message } = choice;
  const thought = showThinking ? thoughtOf(message) : '';
  const text = `${message.content ?? ''}${message.refusal ?? ''}`;
  const citations = citationsOf(message.annotations);
  const tools = toolBlocks(message.tool_calls ?? []);
  const content = [
    ...(thought ? [{ type: 'thinking', thinking: thought, signature: '' }] : []),
    ...(text ? [{ type: 'text', text, citations: citations.length > 0 ? citations : null }] : []),
    ...tools,
  ];
  const body = JSON.stringify({
    ...frameOf(opening),
    content,
    stop_reason: stopReason(choice.finish_reason, { tools: tools.length > 0, refused: Boolean(message.refusal) }),
    usage: usageOf(usage, bill),
  });
  return withMember(body, 'tributary', tributaryField(step, bill, evidence.outcome));
}
