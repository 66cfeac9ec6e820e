import type { ChatRequest } from './chat.ts';

/** Something a request needs a service to honour: the field that asks for it, and the name in `card.supports`. */
export interface Requirement {
  param: string;
  feature: string;
}

/** Whether a value asks for anything: OpenAI clients send empty lists, `false` and `null` for "not wanted". */
function asks(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function hasMembers(value: unknown): boolean {
  return asks(value) && Object.keys(value as object).length > 0;
}

/** Fields without which the answer would be a wrong one, and when they count as given. Others are hints. */
const NEEDED: readonly (readonly [field: string, isGiven: (value: unknown) => boolean, feature?: string])[] = [
  // A service that takes the sealed text for the question would answer nonsense.
  ['sealed', asks],
  ['stop', asks],
  ['n', (v) => typeof v === 'number' && v > 1],
  ['logprobs', asks],
  ['logit_bias', hasMembers],
  ['tools', asks],
  [
    'tools',
    (v) => Array.isArray(v) && v.some((t: { type?: unknown } | null) => t?.type !== 'function'),
    'custom_tools',
  ],
  ['functions', asks],
  ['function_call', asks],
  ['response_format', (v) => asks(v) && (v as { type?: unknown }).type !== 'text'],
  ['modalities', (v) => Array.isArray(v) && v.some((m) => m !== 'text')],
  ['audio', asks],
  // An empty object still asks for a search.
  ['web_search_options', asks],
];

/**
 * What a request cannot do without: a service that lacks one of these would give a wrong answer without a sign of it. Hints
 * such as `temperature` or `seed` are not listed; `null` means not given.
 */
export function requirementsOf(body: Record<string, unknown>, chat: ChatRequest): Requirement[] {
  const out: Requirement[] = [];
  for (const [param, isGiven, feature = param] of NEEDED) if (isGiven(body[param])) out.push({ param, feature });
  chat.messages.forEach((message, i) => {
    if (!Array.isArray(message.content)) return;
    message.content.forEach((part, j) => {
      if (part.type === 'text' || part.type === 'refusal') return;
      out.push({ param: `messages.${i}.content.${j}`, feature: part.type });
    });
  });
  return out;
}

/** The first requirement a list of supported features lacks. */
export function firstUnmet(requirements: readonly Requirement[], supports: readonly string[]): Requirement | undefined {
  return requirements.find((r) => !supports.includes(r.feature));
}
