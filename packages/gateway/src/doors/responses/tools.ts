import { z } from 'zod';
import { given, readAs, unsupported } from '../translate.ts';

const Name = z.string().min(1).max(128);

const FunctionTool = z.strictObject({
  type: z.literal('function'),
  name: Name,
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
/** A function as the Responses API describes it. */
export type FunctionTool = z.infer<typeof FunctionTool>;

const FunctionRef = z.looseObject({ type: z.literal('function'), name: Name });

const Choice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({ type: z.string(), name: Name.optional() }),
]);

const AllowedTools = z.looseObject({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required']).default('auto'),
  tools: z.array(z.unknown()).max(1024),
});

const ONLY_FUNCTIONS =
  'Services here take tools of type function; run other tools yourself and offer them as functions.';

function typeOf(value: unknown): unknown {
  return value !== null && typeof value === 'object' && 'type' in value ? value.type : undefined;
}

/** `false` is how some clients say that an extra of a tool is not wanted. */
function withoutFalse(tool: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(tool).filter(([key, v]) => v !== null && (key === 'strict' || v !== false)));
}

/** Tools as chat completions take them, and as the answer repeats them. @throws `unsupported_parameter` for built-in tools */
export function chatTools(tools: readonly unknown[]): { tools: Record<string, unknown>[]; echoed: FunctionTool[] } {
  const echoed = tools.map((tool, i) => {
    if (typeof typeOf(tool) === 'string' && typeOf(tool) !== 'function')
      throw unsupported(`tools.${i}`, ONLY_FUNCTIONS);
    const value = tool !== null && typeof tool === 'object' && !Array.isArray(tool) ? withoutFalse(tool) : tool;
    return readAs(FunctionTool, value, ['tools', i]);
  });
  return {
    tools: echoed.map(({ type, ...fn }) => ({ type, function: given(fn) })),
    echoed,
  };
}

function functionRef(value: unknown, at: readonly PropertyKey[]): Record<string, unknown> {
  if (typeof typeOf(value) === 'string' && typeOf(value) !== 'function') {
    throw unsupported(at.map(String).join('.'), ONLY_FUNCTIONS);
  }
  const { name } = readAs(FunctionRef, value, at);
  return { type: 'function', function: { name } };
}

/** `tool_choice` as chat completions take it. */
export function chatToolChoice(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  const choice = readAs(Choice, value, ['tool_choice']);
  if (typeof choice === 'string') return choice;
  if (choice.type !== 'allowed_tools') return functionRef(choice, ['tool_choice']);
  const { mode, tools } = readAs(AllowedTools, choice, ['tool_choice']);
  return {
    type: 'allowed_tools',
    allowed_tools: { mode, tools: tools.map((tool, i) => functionRef(tool, ['tool_choice', 'tools', i])) },
  };
}
