import type { Delta } from '../../dispatch/answer.ts';

/** Writes one event of a stream: its type and what it carries beside type and number. */
export type Emit = (type: string, fields: Record<string, unknown>) => void;

type Part =
  | { type: 'output_text'; text: string; annotations: unknown[]; logprobs: unknown[] }
  | { type: 'refusal'; refusal: string }
  | { type: 'reasoning_text'; text: string };

type Status = 'in_progress' | 'completed' | 'incomplete';

interface TextItem {
  type: 'message' | 'reasoning';
  id: string;
  index: number;
  status: Status;
  parts: Part[];
}

interface CallItem {
  type: 'function_call';
  id: string;
  index: number;
  status: Status;
  callId: string;
  name: string;
  arguments: string;
}

type Item = TextItem | CallItem;

/** The output of a response while it grows, item by item. */
export interface Output {
  /** Takes one delta of the chat answer and says it in this API's events. */
  take(delta: Delta, logprobs: unknown): void;
  /** Ends what is still open. The last item of a cut answer is incomplete. */
  close(cut: boolean): void;
  /** The items as the response object lists them. */
  items(): Record<string, unknown>[];
}

/** How an item is shown, with the parts it has so far. */
function shown(item: Item): Record<string, unknown> {
  const { type, id, status } = item;
  if (item.type === 'function_call') {
    return { type, id, status, call_id: item.callId, name: item.name, arguments: item.arguments };
  }
  if (item.type === 'reasoning') return { type, id, status, summary: [], content: item.parts };
  return { type, id, status, role: 'assistant', content: item.parts };
}

/** `url_citation` of a chat answer as this API has it: flat. */
function annotationOf(annotation: unknown): unknown {
  if (annotation === null || typeof annotation !== 'object') return annotation;
  const { url_citation: citation, ...rest } = annotation as Record<string, unknown>;
  return citation !== null && typeof citation === 'object' ? { ...rest, ...citation } : annotation;
}

/** Log probabilities of a text's tokens. Services that do not know the bytes of a token say null. */
function tokensOf(logprobs: unknown): unknown[] {
  const content = (logprobs as { content?: unknown } | null | undefined)?.content;
  if (!Array.isArray(content)) return [];
  return content.map((token: unknown) =>
    token !== null && typeof token === 'object' ? { top_logprobs: [], ...token } : token,
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Builds the output of one response.
 * @param id ends the ids of its items, which are unique by their place
 */
export function createOutput(id: string, emit: Emit): Output {
  const items: Item[] = [];
  const calls = new Map<number, CallItem>();
  /** The text item that is being written; calls stay open until the end, since their pieces may come in any order. */
  let open: TextItem | undefined;

  function openItem(type: TextItem['type']): TextItem {
    if (open?.type === type) return open;
    closeText('completed');
    const prefix = type === 'message' ? 'msg' : 'rs';
    const item: TextItem = {
      type,
      id: `${prefix}_${id}${items.length}`,
      index: items.length,
      status: 'in_progress',
      parts: [],
    };
    items.push(item);
    open = item;
    emit('response.output_item.added', { output_index: item.index, item: shown(item) });
    return item;
  }

  /** Where an event happens. */
  const at = (item: TextItem) => ({ item_id: item.id, output_index: item.index, content_index: item.parts.length - 1 });

  /** The part of this type that text is added to; a new one when another was written last. */
  function openPart<T extends Part['type']>(
    item: TextItem,
    fresh: Extract<Part, { type: T }>,
  ): Extract<Part, { type: T }> {
    const last = item.parts.at(-1);
    if (last?.type === fresh.type) return last as Extract<Part, { type: T }>;
    closePart(item);
    item.parts.push(fresh);
    emit('response.content_part.added', { ...at(item), part: fresh });
    return fresh;
  }

  function closePart(item: TextItem): void {
    const part = item.parts.at(-1);
    if (!part) return;
    if (part.type === 'refusal') emit('response.refusal.done', { ...at(item), refusal: part.refusal });
    else if (part.type === 'reasoning_text') emit('response.reasoning_text.done', { ...at(item), text: part.text });
    else emit('response.output_text.done', { ...at(item), text: part.text, logprobs: part.logprobs });
    emit('response.content_part.done', { ...at(item), part });
  }

  function closeText(status: Status): void {
    if (!open) return;
    closePart(open);
    open.status = status;
    emit('response.output_item.done', { output_index: open.index, item: shown(open) });
    open = undefined;
  }

  function addText(text: string, logprobs: unknown): void {
    const item = openItem('message');
    const part = openPart(item, { type: 'output_text', text: '', annotations: [], logprobs: [] });
    const tokens = tokensOf(logprobs);
    part.text += text;
    part.logprobs.push(...tokens);
    emit('response.output_text.delta', { ...at(item), delta: text, logprobs: tokens });
  }

  function addRefusal(text: string): void {
    const item = openItem('message');
    openPart(item, { type: 'refusal', refusal: '' }).refusal += text;
    emit('response.refusal.delta', { ...at(item), delta: text });
  }

  function addReasoning(text: string): void {
    const item = openItem('reasoning');
    openPart(item, { type: 'reasoning_text', text: '' }).text += text;
    emit('response.reasoning_text.delta', { ...at(item), delta: text });
  }

  function addAnnotations(annotations: unknown): void {
    const part = open?.parts.at(-1);
    if (!open || part?.type !== 'output_text' || !Array.isArray(annotations)) return;
    for (const given of annotations) {
      const annotation = annotationOf(given);
      part.annotations.push(annotation);
      const annotation_index = part.annotations.length - 1;
      emit('response.output_text.annotation.added', { ...at(open), annotation_index, annotation });
    }
  }

  function addCall(piece: NonNullable<Delta['tool_calls']>[number]): void {
    closeText('completed');
    const name = textOf(piece.function?.name);
    const text = textOf(piece.function?.arguments);
    let call = calls.get(piece.index);
    if (!call) {
      const index = items.length;
      // A call must have an id for its output to name it; some model servers give none.
      const callId = textOf(piece.id) || `call_${id}${index}`;
      call = {
        type: 'function_call',
        id: `fc_${id}${index}`,
        index,
        status: 'in_progress',
        callId,
        name,
        arguments: '',
      };
      calls.set(piece.index, call);
      items.push(call);
      emit('response.output_item.added', { output_index: index, item: shown(call) });
    } else {
      call.name += name;
    }
    if (text === '') return;
    call.arguments += text;
    emit('response.function_call_arguments.delta', { item_id: call.id, output_index: call.index, delta: text });
  }

  function closeCall(call: CallItem, status: Status): void {
    const { id: item_id, index: output_index, name, arguments: args } = call;
    call.status = status;
    emit('response.function_call_arguments.done', { item_id, output_index, name, arguments: args });
    emit('response.output_item.done', { output_index, item: shown(call) });
  }

  return {
    take(delta, logprobs) {
      const reasoning = textOf(delta.reasoning_content) || textOf(delta.reasoning);
      if (reasoning !== '') addReasoning(reasoning);
      if (textOf(delta.content) !== '') addText(textOf(delta.content), logprobs);
      if (textOf(delta.refusal) !== '') addRefusal(textOf(delta.refusal));
      addAnnotations(delta.annotations);
      for (const piece of delta.tool_calls ?? []) addCall(piece);
    },
    close(cut) {
      // An empty answer is still a message.
      if (items.length === 0)
        openPart(openItem('message'), { type: 'output_text', text: '', annotations: [], logprobs: [] });
      const last = items.at(-1);
      for (const item of items) {
        if (item.status !== 'in_progress') continue;
        const status = cut && item === last ? 'incomplete' : 'completed';
        if (item.type === 'function_call') closeCall(item, status);
        else closeText(status);
      }
    },
    items: () => items.map(shown),
  };
}
