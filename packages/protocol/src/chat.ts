import { z } from 'zod';

/** The part of OpenAI's chat completions that crosses our borders. Unknown fields are kept: other versions send them. */

const TextPart = z.looseObject({ type: z.string(), text: z.string().optional() });

export const ChatMessage = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(TextPart).max(256), z.null()]).optional(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** OpenRouter-style choice of providers. Prices are dollars per million tokens, as OpenRouter has them. */
export const ProviderChoice = z.strictObject({
  sort: z.enum(['price', 'throughput', 'latency']).nullish(),
  max_price: z
    .strictObject({
      prompt: z.number().nonnegative().optional(),
      completion: z.number().nonnegative().optional(),
      request: z.number().nonnegative().optional(),
    })
    .nullish(),
  order: z.array(z.string()).max(64).nullish(),
  only: z.array(z.string()).max(64).nullish(),
  ignore: z.array(z.string()).max(64).nullish(),
  allow_fallbacks: z.boolean().nullish(),
});
export type ProviderChoice = z.infer<typeof ProviderChoice>;

export const ChatRequest = z.looseObject({
  model: z.string().min(1).max(256).optional(),
  models: z.array(z.string().min(1).max(256)).max(16).nullish(),
  messages: z.array(ChatMessage).min(1).max(4096),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_completion_tokens: z.number().int().positive().max(1_000_000).nullish(),
  max_tokens: z.number().int().positive().max(1_000_000).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.number().int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  seed: z.number().int().nullish(),
  provider: ProviderChoice.nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

export const ChatUsage = z.looseObject({
  prompt_tokens: z.number().int().nonnegative(),
  completion_tokens: z.number().int().nonnegative(),
  total_tokens: z.number().int().nonnegative(),
});
export type ChatUsage = z.infer<typeof ChatUsage>;

/** A cited passage as OpenAI's `url_citation`, with the dataset's facts beside it. */
export const Citation = z.object({
  type: z.literal('url_citation'),
  url_citation: z.object({
    start_index: z.number().int().nonnegative(),
    end_index: z.number().int().nonnegative(),
    url: z.string(),
    title: z.string(),
  }),
  dataset: z.string(),
  document: z.string(),
  contributor: z.string(),
  quote: z.string(),
});
export type Citation = z.infer<typeof Citation>;

/** The text of a message's content: a string, or the text parts joined by a line break. */
export function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap((p) => (p.type === 'text' && p.text ? [p.text] : [])).join('\n');
}

/** The text of the last user message: what is being asked. Empty when there is none. */
export function questionOf(messages: readonly ChatMessage[]): string {
  return textOf(messages.findLast((m) => m.role === 'user')?.content);
}
