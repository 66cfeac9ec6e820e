import { type ChatRequest, TributaryError } from '@tributary/protocol';

/** Whether a value asks for anything: OpenAI clients send empty lists, `false` and `null` for "not wanted". */
function asksForSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}

/** Fields without which the answer would be a wrong one, and when they count as given. Others are hints. */
const NEEDS_SUPPORT: Readonly<Record<string, (value: unknown) => boolean>> = {
  stop: asksForSomething,
  n: (v) => typeof v === 'number' && v > 1,
  logprobs: asksForSomething,
  logit_bias: (v) => asksForSomething(v) && Object.keys(v as object).length > 0,
  tools: asksForSomething,
  functions: asksForSomething,
  function_call: asksForSomething,
  response_format: (v) => asksForSomething(v) && (v as { type?: unknown }).type !== 'text',
  modalities: (v) => Array.isArray(v) && v.some((m) => m !== 'text'),
  audio: asksForSomething,
  web_search_options: asksForSomething,
};

/** Fields that the gateway uses up: a node that sees them is being asked by something else. */
const GATEWAY_ONLY = ['models', 'provider'];

function unsupported(param: string, feature: string, model: string): TributaryError {
  return new TributaryError('unsupported_parameter', `${model} does not support ${feature}.`, {
    param,
    hint: 'Leave it out, or ask a model whose card lists it under supports.',
  });
}

/**
 * Refuses a request that asks for what the service cannot do, naming the field. Never ignores such a field: the user
 * would get a wrong answer without a sign of it.
 */
export function refuseUnsupported(
  body: Record<string, unknown>,
  chat: ChatRequest,
  model: string,
  supports: readonly string[],
): void {
  for (const field of GATEWAY_ONLY) {
    if (asksForSomething(body[field]))
      throw unsupported(field, `${field}; choosing providers is the gateway's work`, model);
  }
  for (const field of Object.keys(body)) {
    if (Object.hasOwn(NEEDS_SUPPORT, field) && !supports.includes(field) && NEEDS_SUPPORT[field]!(body[field])) {
      throw unsupported(field, field, model);
    }
  }
  chat.messages.forEach((message, i) => {
    if (!Array.isArray(message.content)) return;
    message.content.forEach((part, j) => {
      if (part.type === 'text' || part.type === 'refusal' || supports.includes(part.type)) return;
      throw unsupported(`messages.${i}.content.${j}`, `content of type ${part.type}`, model);
    });
  });
}
