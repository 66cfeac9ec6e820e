import { TributaryError } from '@tributary/protocol';
import type { AssistantBlock, Shown, ToolResult, UserBlock } from './blocks.ts';
import type { CountRequest, MessagesRequest } from './request.ts';

type Fields = Record<string, unknown>;
type ChatPart = Fields & { type: string };

/** From here on a thinking budget counts as the next higher effort, tokens. */
const MEDIUM_BUDGET = 4_096;
const HIGH_BUDGET = 16_384;

const dataUrl = (source: { media_type: string; data: string }) => `data:${source.media_type};base64,${source.data}`;

function imagePart(source: Extract<Shown, { type: 'image' }>['source']): ChatPart {
  return { type: 'image_url', image_url: { url: source.type === 'url' ? source.url : dataUrl(source) } };
}

function documentParts({ source, title, context }: Extract<Shown, { type: 'document' }>): ChatPart[] {
  const about = [title, context].filter((t) => t).map((text): ChatPart => ({ type: 'text', text: text! }));
  if (source.type === 'base64') {
    const file = { filename: title || 'document.pdf', file_data: dataUrl(source) };
    return [...about.slice(title ? 1 : 0), { type: 'file', file }];
  }
  if (source.type === 'text') return [...about, { type: 'text', text: source.data }];
  const { content } = source;
  return [...about, ...(typeof content === 'string' ? [{ type: 'text', text: content }] : content.flatMap(partsOf))];
}

function partsOf(block: Shown): ChatPart[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }];
  return block.type === 'image' ? [imagePart(block.source)] : documentParts(block);
}

/** Text alone goes as a string, which every server understands. */
function contentOf(parts: readonly ChatPart[]): string | readonly ChatPart[] {
  const [only] = parts;
  return parts.length === 1 && only?.type === 'text' ? (only.text as string) : parts;
}

/**
 * One tool's result. Chat completions know neither a flag for failures nor images in a result: the failure is said in words,
 * and images follow as the user's.
 */
function toolMessage(block: ToolResult): { message: Fields; shown: ChatPart[] } {
  const parts = typeof block.content === 'string' ? [] : (block.content ?? []).flatMap(partsOf);
  const said = parts.filter((p) => p.type === 'text').map((p) => p.text as string);
  const text = typeof block.content === 'string' ? block.content : said.join('\n');
  return {
    message: { role: 'tool', tool_call_id: block.tool_use_id, content: block.is_error ? `Error: ${text}` : text },
    shown: parts.filter((p) => p.type !== 'text'),
  };
}

function userMessages(content: string | UserBlock[], path: string): Fields[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results: Fields[] = [];
  const parts: ChatPart[] = [];
  let hasSpoken = false;
  content.forEach((block, i) => {
    if (block.type !== 'tool_result') {
      hasSpoken = true;
      parts.push(...partsOf(block));
      return;
    }
    if (hasSpoken) {
      const param = `${path}.content.${i}`;
      throw new TributaryError('invalid_value', `${param}: results of tools must come before anything else.`, {
        param,
      });
    }
    const { message, shown } = toolMessage(block);
    results.push(message);
    parts.push(...shown);
  });
  if (parts.length > 0 || results.length === 0) results.push({ role: 'user', content: contentOf(parts) });
  return results;
}

/** Thinking is left out: what one model thought is of no use to another one, and nobody could check it. */
function assistantMessage(content: string | AssistantBlock[]): Fields {
  if (typeof content === 'string') return { role: 'assistant', content };
  const text = content.flatMap((b) => (b.type === 'text' ? [b.text] : []));
  const calls = content.flatMap((b) =>
    b.type === 'tool_use'
      ? [{ id: b.id, type: 'function', function: { name: b.name, arguments: JSON.stringify(b.input) } }]
      : [],
  );
  return {
    role: 'assistant',
    content: text.length > 0 ? text.join('') : null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function systemMessage(system: string | { text: string }[]): Fields {
  return { role: 'system', content: typeof system === 'string' ? system : system.map((b) => b.text).join('\n') };
}

function messagesOf({ system, messages }: CountRequest): Fields[] {
  const out: Fields[] = system?.length ? [systemMessage(system)] : [];
  messages.forEach((message, i) => {
    if (message.role === 'user') out.push(...userMessages(message.content, `messages.${i}`));
    else if (message.role === 'assistant') out.push(assistantMessage(message.content));
    else out.push(systemMessage(message.content));
  });
  return out;
}

const CHOICES = { auto: 'auto', any: 'required', none: 'none' } as const;

function toolFields({ tools, tool_choice }: CountRequest): Fields {
  if (!tools?.length) return {};
  return {
    tools: tools.map(({ name, description, input_schema: parameters, strict }) => ({
      type: 'function',
      function: {
        name,
        ...(description === undefined ? {} : { description }),
        parameters,
        ...(strict === undefined ? {} : { strict }),
      },
    })),
    ...(tool_choice
      ? {
          tool_choice:
            tool_choice.type === 'tool'
              ? { type: 'function', function: { name: tool_choice.name } }
              : CHOICES[tool_choice.type],
        }
      : {}),
    ...(tool_choice && 'disable_parallel_tool_use' in tool_choice && tool_choice.disable_parallel_tool_use
      ? { parallel_tool_calls: false }
      : {}),
  };
}

/** The effort that chat completions know, of an effort or of a budget of tokens. */
function effortOf({ thinking, output_config }: CountRequest): string | undefined {
  const effort = output_config?.effort;
  if (effort) return effort === 'max' ? 'xhigh' : effort;
  if (thinking?.type !== 'enabled') return;
  if (thinking.budget_tokens < MEDIUM_BUDGET) return 'low';
  return thinking.budget_tokens < HIGH_BUDGET ? 'medium' : 'high';
}

/** The part of a request that is asked, whether it is answered or only counted. */
export function askedOf(request: CountRequest): Fields {
  const effort = effortOf(request);
  const schema = request.output_config?.format?.schema;
  return {
    messages: messagesOf(request),
    ...toolFields(request),
    ...(effort ? { reasoning_effort: effort } : {}),
    ...(schema
      ? { response_format: { type: 'json_schema', json_schema: { name: 'output', strict: true, schema } } }
      : {}),
  };
}

/** A Messages request as the chat completion request that is routed, hashed and handed to a node. */
export function chatOf(request: MessagesRequest): Fields {
  const { stop_sequences: stop, metadata } = request;
  const given = Object.fromEntries(
    (['models', 'provider', 'temperature', 'top_p', 'top_k'] as const)
      .filter((field) => request[field] != null)
      .map((field) => [field, request[field]]),
  );
  return {
    model: request.model,
    ...askedOf(request),
    max_completion_tokens: request.max_tokens,
    ...given,
    ...(stop?.length ? { stop } : {}),
    ...(metadata?.user_id ? { user: metadata.user_id } : {}),
    ...(request.stream ? { stream: true } : {}),
  };
}
