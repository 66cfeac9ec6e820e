import { z } from 'zod';
import { given, readAs, refuse, unsupported } from '../translate.ts';

/** A message of a chat request being made. */
interface Message {
  role: string;
  content: unknown;
  tool_calls?: unknown[];
  tool_call_id?: string;
}

/** The messages, and for each the name of the field that it came from. */
interface Messages {
  messages: Message[];
  names: string[];
}

const Typed = z.looseObject({ type: z.string().max(64) });
const Text = z.string();
const Id = z.string().min(1).max(256);

const MessageItem = z.object({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([Text, z.array(z.unknown()).min(1).max(256)]),
});
const FunctionCall = z.object({ call_id: Id, name: z.string().min(1).max(128), arguments: Text });
const FunctionCallOutput = z.object({
  call_id: Id,
  output: z.union([Text, z.array(z.unknown()).min(1).max(256)]),
});

const TextPart = z.object({ text: Text });
const RefusalPart = z.object({ refusal: Text });
const ImagePart = z.object({
  image_url: Text.nullish(),
  file_id: z.unknown().optional(),
  detail: z.string().max(32).nullish(),
});
const FilePart = z.object({
  file_data: Text.nullish(),
  filename: z.string().max(1024).nullish(),
  file_url: z.unknown().optional(),
  file_id: z.unknown().optional(),
});
const AudioPart = z.object({ input_audio: z.object({ data: Text, format: z.string().max(32) }) });

const NO_FILES = 'Nothing is stored here: send the content itself, as a data URL or base64.';

type Path = readonly PropertyKey[];
const nameOf = (at: Path): string => at.map(String).join('.');

function imagePart(part: unknown, at: Path): Record<string, unknown> {
  const { image_url: url, file_id, detail } = readAs(ImagePart, part, at);
  if (file_id != null) throw unsupported(nameOf([...at, 'file_id']), NO_FILES);
  if (url == null)
    throw refuse('missing_required_parameter', 'An image needs image_url.', nameOf([...at, 'image_url']));
  return { type: 'image_url', image_url: given({ url, detail }) };
}

function filePart(part: unknown, at: Path): Record<string, unknown> {
  const { file_data, filename, ...elsewhere } = readAs(FilePart, part, at);
  for (const [field, value] of Object.entries(elsewhere)) {
    if (value != null) throw unsupported(nameOf([...at, field]), NO_FILES);
  }
  if (file_data == null)
    throw refuse('missing_required_parameter', 'A file needs file_data.', nameOf([...at, 'file_data']));
  return { type: 'file', file: given({ file_data, filename }) };
}

/** A part of a message's content as chat completions have it. */
function chatPart(part: unknown, at: Path): Record<string, unknown> {
  const { type } = readAs(Typed, part, at);
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: readAs(TextPart, part, at).text };
    case 'refusal':
      return { type: 'refusal', refusal: readAs(RefusalPart, part, at).refusal };
    case 'input_image':
      return imagePart(part, at);
    case 'input_file':
      return filePart(part, at);
    case 'input_audio':
      return { type: 'input_audio', ...readAs(AudioPart, part, at) };
    default:
      throw unsupported(nameOf(at), `Content of type ${JSON.stringify(type)} cannot be passed on.`);
  }
}

/** One text alone stays a text: not every model server takes lists. */
function chatContent(content: string | unknown[], at: Path): unknown {
  if (typeof content === 'string') return content;
  const parts = content.map((part, i) => chatPart(part, [...at, i]));
  return parts.length === 1 && parts[0]!.type === 'text' ? parts[0]!.text : parts;
}

/** What a tool said. Chat completions know only text there. */
function toolContent(output: string | unknown[], at: Path): unknown {
  if (typeof output === 'string') return output;
  output.forEach((part, i) => {
    const { type } = readAs(Typed, part, [...at, i]);
    if (type !== 'input_text') throw unsupported(nameOf([...at, i]), 'Outputs of tools are passed on as text only.');
  });
  return chatContent(output, at);
}

function takeItem(item: unknown, at: Path, taken: Messages, calls: Set<string>): void {
  const name = nameOf(at);
  const add = (message: Message) => {
    taken.messages.push(message);
    taken.names.push(name);
  };
  const isMessage = item !== null && typeof item === 'object' && !('type' in item) && 'role' in item;
  const type = isMessage ? 'message' : readAs(Typed, item, at).type;
  switch (type) {
    case 'message': {
      const { role, content } = readAs(MessageItem, item, at);
      add({ role, content: chatContent(content, [...at, 'content']) });
      return;
    }
    case 'function_call': {
      const { call_id, name: fn, arguments: args } = readAs(FunctionCall, item, at);
      calls.add(call_id);
      const call = { id: call_id, type: 'function', function: { name: fn, arguments: args } };
      const last = taken.messages.at(-1);
      // What one turn of a model said and called is one message of a chat.
      if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call];
      else add({ role: 'assistant', content: null, tool_calls: [call] });
      return;
    }
    case 'function_call_output': {
      const { call_id, output } = readAs(FunctionCallOutput, item, at);
      if (!calls.has(call_id)) {
        throw refuse(
          'invalid_value',
          `No function_call before it has the call_id ${JSON.stringify(call_id)}.`,
          `${name}.call_id`,
          'Nothing is stored here: send the call as well.',
        );
      }
      add({ role: 'tool', tool_call_id: call_id, content: toolContent(output, [...at, 'output']) });
      return;
    }
    case 'reasoning':
      // Chat completions have no place for it, and a model does without what it thought in an earlier turn.
      return;
    default:
      throw unsupported(name, `Items of type ${JSON.stringify(type)} cannot be passed on.`);
  }
}

/**
 * `instructions` and `input` as the messages of a chat.
 * @throws 400 that names the item and field at fault
 */
export function messagesOf(input: string | readonly unknown[], instructions: string | null | undefined): Messages {
  const taken: Messages = { messages: [], names: [] };
  if (instructions != null) {
    taken.messages.push({ role: 'system', content: instructions });
    taken.names.push('instructions');
  }
  if (typeof input === 'string') {
    taken.messages.push({ role: 'user', content: input });
    taken.names.push('input');
  } else {
    const calls = new Set<string>();
    for (const [i, item] of input.entries()) takeItem(item, ['input', i], taken, calls);
  }
  if (taken.messages.length === 0) throw refuse('invalid_value', 'input holds no message.', 'input');
  return taken;
}
