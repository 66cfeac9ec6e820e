import type { ChatRequest } from '@tributary/protocol';

/** Something a request needs a service to honour: the field that asks for it, and the name in `card.supports`. */
export interface Requirement {
  param: string;
  feature: string;
}

const PART_FEATURES: Record<string, string> = {
  image_url: 'image_url',
  input_audio: 'input_audio',
  file: 'file',
};

function nonEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && typeof value === 'object' ? Object.keys(value).length > 0 : Boolean(value);
}

/** Fields that change the answer whenever they are given and not empty; the field is the feature. */
const NEEDED_WHEN_GIVEN = ['stop', 'logit_bias', 'audio', 'web_search_options', 'functions', 'function_call'] as const;

function fieldRequirements(raw: Record<string, unknown>): Requirement[] {
  const out: Requirement[] = [];
  const need = (param: string, feature = param) => out.push({ param, feature });
  for (const field of NEEDED_WHEN_GIVEN) {
    // An empty object still asks for a search.
    if (field === 'web_search_options' ? raw[field] != null : nonEmpty(raw[field])) need(field);
  }
  if (nonEmpty(raw.tools)) {
    need('tools');
    const custom = (raw.tools as { type?: unknown }[]).some?.((t) => t?.type !== 'function');
    if (custom) need('tools', 'custom_tools');
  }
  const format = (raw.response_format as { type?: unknown } | null | undefined)?.type;
  if (format !== undefined && format !== 'text') need('response_format');
  if (typeof raw.n === 'number' && raw.n > 1) need('n');
  if (raw.logprobs === true) need('logprobs');
  if (Array.isArray(raw.modalities) && raw.modalities.some((m) => m !== 'text')) need('modalities');
  return out;
}

/**
 * What a request cannot do without. A service that lacks one of these would give a wrong answer, so it is not asked;
 * hints such as `temperature` or `seed` are not listed. `null` means not given.
 */
export function requirementsOf(raw: Record<string, unknown>, chat: ChatRequest): Requirement[] {
  const out = fieldRequirements(raw);
  chat.messages.forEach((message, i) => {
    if (!Array.isArray(message.content)) return;
    message.content.forEach((part, j) => {
      if (part.type === 'text' || part.type === 'refusal') return;
      out.push({ param: `messages.${i}.content.${j}`, feature: PART_FEATURES[part.type] ?? part.type });
    });
  });
  return out;
}

/** The first requirement a list of supported features lacks. */
export function firstUnmet(requirements: readonly Requirement[], supports: readonly string[]): Requirement | undefined {
  return requirements.find((r) => !supports.includes(r.feature));
}
