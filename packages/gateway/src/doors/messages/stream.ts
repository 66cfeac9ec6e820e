import type { FoundStream, Piece } from '../../dispatch/streamed.ts';
import { tributaryField, withMember } from '../../http/completion.ts';
import type { Opening, StreamWriter } from '../../http/form.ts';
import type { Bill } from '../../settle/settle-answer.ts';
import { citationsOf, frameOf, stopReason, thoughtOf, toolUse, usageOf } from './answer.ts';

type Fields = Record<string, unknown>;
type Delta = Piece['delta'];
type ToolPiece = NonNullable<Delta['tool_calls']>[number];

/** One server-sent event in Anthropic's form: its type twice, once for each kind of reader. */
export function eventOf(type: string, json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`;
}

function event(type: string, fields: Fields): string {
  return eventOf(type, JSON.stringify({ type, ...fields }));
}

/** Blocks of content one after the other: only one may be open. */
function createBlocks() {
  let index = -1;
  let open: string | null = null;
  const close = () => {
    if (open === null) return '';
    open = null;
    return event('content_block_stop', { index });
  };
  return {
    close,
    /** The start of a block, after the end of the one before; nothing when this block is the open one. */
    start(key: string, block: () => Fields): string {
      if (open === key) return '';
      const end = close();
      open = key;
      index += 1;
      return end + event('content_block_start', { index, content_block: block() });
    },
    delta: (delta: Fields) => event('content_block_delta', { index, delta }),
    isOpen: (key: string) => open === key,
  };
}

/**
 * Writes a streamed answer as Anthropic's events. Chat completions may mix the pieces of several tool calls; here a block ends
 * before the next begins, so the pieces of every later call wait for the end.
 */
export function createMessageWriter(opening: Opening, showThinking: boolean): StreamWriter {
  const blocks = createBlocks();
  /** Of the tool calls that wait, in order. */
  const waiting = new Map<number, { id: string | undefined; name: string; text: string }>();
  /** Text that came after a tool call had begun. */
  let late = '';
  let current: number | null = null;
  let refused = false;

  const textBlock = () => ({ type: 'text', text: '', citations: null });
  const text = (value: string) => blocks.start('text', textBlock) + blocks.delta({ type: 'text_delta', text: value });
  const call = (index: number, id: string | undefined, name: string) =>
    blocks.start(`tool ${index}`, () => toolUse(id, name, index));
  const argument = (value: string) => (value ? blocks.delta({ type: 'input_json_delta', partial_json: value }) : '');

  function tool({ index, id, function: fn }: ToolPiece): string {
    const name = fn?.name ?? '';
    const json = fn?.arguments ?? '';
    current ??= index;
    // A block's start tells the name, so a call waits until it has one.
    if (index === current && (blocks.isOpen(`tool ${index}`) || (name && !waiting.has(index)))) {
      return call(index, id, name) + argument(json);
    }
    const held = waiting.get(index) ?? { id: undefined, name: '', text: '' };
    waiting.set(index, { id: held.id ?? id, name: held.name + name, text: held.text + json });
    return '';
  }

  function said(delta: Delta): string {
    const thought = showThinking ? thoughtOf(delta) : '';
    let out = '';
    // Thoughts after the first words would need a second block; no client expects one between the pieces of a text.
    if (thought && current === null && !blocks.isOpen('text')) {
      out += blocks.start('thinking', () => ({ type: 'thinking', thinking: '', signature: '' }));
      out += blocks.delta({ type: 'thinking_delta', thinking: thought });
    }
    const words = `${delta.content ?? ''}${delta.refusal ?? ''}`;
    if (delta.refusal) refused = true;
    if (current !== null) late += words;
    else if (words) out += text(words);
    for (const piece of delta.tool_calls ?? []) out += tool(piece);
    return out;
  }

  function cited(delta: Delta): string {
    const citations = citationsOf(delta.annotations);
    if (citations.length === 0) return '';
    const deltas = citations.map((citation) => blocks.delta({ type: 'citations_delta', citation }));
    return blocks.start('text', textBlock) + deltas.join('');
  }

  function rest(): string {
    let out = '';
    for (const [index, { id, name, text: json }] of waiting) out += call(index, id, name) + argument(json);
    return late ? out + text(late) : out;
  }

  return {
    first: () =>
      event('message_start', {
        message: {
          ...frameOf(opening),
          usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
        },
      }) + event('ping', {}),
    piece: ({ delta }) => said(delta),
    end({ finish, usage, step, evidence }: FoundStream, bill: Bill) {
      const before = said(finish.delta) + rest() + cited(finish.delta) + blocks.close();
      const reason = stopReason(finish.reason, { tools: current !== null, refused });
      const delta = { stop_reason: reason, stop_sequence: null, stop_details: null, container: null };
      const last = JSON.stringify({ type: 'message_delta', delta, usage: usageOf(usage, bill) });
      const receipt = tributaryField(step, bill, evidence.outcome);
      return before + eventOf('message_delta', withMember(last, 'tributary', receipt)) + event('message_stop', {});
    },
  };
}
