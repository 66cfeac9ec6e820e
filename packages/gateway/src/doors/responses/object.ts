import type { ChatUsage, TributaryError } from '@tributary/protocol';
import type { Opening } from '../../http/form.ts';
import type { Asked } from './request.ts';

/** What the ids of a response and of its items end in. */
export function idOf(opening: Opening): string {
  return opening.requestId.slice(2, 34);
}

/** Tokens as this API counts them. */
export function usageOf(usage: ChatUsage): Record<string, unknown> {
  const details = (value: unknown, field: string): number => {
    const count = (value as Record<string, unknown> | null | undefined)?.[field];
    return typeof count === 'number' ? count : 0;
  };
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: {
      cached_tokens: details(usage.prompt_tokens_details, 'cached_tokens'),
      cache_write_tokens: details(usage.prompt_tokens_details, 'cache_write_tokens'),
    },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: details(usage.completion_tokens_details, 'reasoning_tokens') },
    total_tokens: usage.total_tokens,
  };
}

/** `text` of the answer: the format that was asked for, in full. */
function textOf(text: Asked['text']): Record<string, unknown> {
  const format = text?.format ?? { type: 'text' };
  const whole =
    format.type === 'json_schema'
      ? { ...format, description: format.description ?? null, strict: format.strict ?? false }
      : format;
  return { format: whole, ...(text?.verbosity ? { verbosity: text.verbosity } : {}) };
}

/** How a response stands. */
export interface Standing {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  output: Record<string, unknown>[];
  /** Unix seconds, of a completed one. */
  completedAt?: number;
  /** Why it is incomplete. */
  reason?: 'max_output_tokens' | 'content_filter';
  error?: TributaryError;
  usage?: Record<string, unknown>;
}

/** The response object with every field that clients may insist on, and the request's own settings said again. */
export function responseObject(asked: Asked, opening: Opening, now: Standing): Record<string, unknown> {
  const { card } = opening.step.service;
  return {
    id: `resp_${idOf(opening)}`,
    object: 'response',
    created_at: opening.createdSeconds,
    completed_at: now.completedAt ?? null,
    status: now.status,
    background: false,
    error: now.error ? { code: now.error.code, message: now.error.message } : null,
    incomplete_details: now.reason ? { reason: now.reason } : null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: asked.max_tool_calls ?? null,
    model: card.model.id,
    provider: card.provider,
    output: now.output,
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    prompt_cache_retention: asked.prompt_cache_retention ?? null,
    reasoning: { effort: asked.reasoning?.effort ?? null, summary: null },
    safety_identifier: asked.safety_identifier ?? null,
    service_tier: 'default',
    store: false,
    temperature: asked.temperature ?? 1,
    text: textOf(asked.text),
    tool_choice: asked.tool_choice ?? 'auto',
    tools: asked.tools.map((tool) => ({ description: null, parameters: null, strict: null, ...tool })),
    top_logprobs: asked.top_logprobs ?? 0,
    top_p: asked.top_p ?? 1,
    presence_penalty: asked.presence_penalty ?? 0,
    frequency_penalty: asked.frequency_penalty ?? 0,
    truncation: 'disabled',
    usage: now.usage ?? null,
    user: asked.user ?? null,
    metadata: asked.metadata ?? {},
  };
}
