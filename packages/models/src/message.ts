import type { ChatDelta, ToolCallDelta } from './expert.ts';

/** A tool call put together from its pieces. */
export interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** An assistant message put together from deltas. */
export interface CollectedMessage {
  role: 'assistant';
  content: string | null;
  refusal: string | null;
  reasoning_content?: string;
  tool_calls?: ToolCall[];
}

/** Puts deltas together to the message that `hashAnswer` hashes and that a whole answer carries. */
export interface MessageCollector {
  add(delta: ChatDelta): void;
  message(): CollectedMessage;
}

function addToolCall(calls: ToolCall[], piece: ToolCallDelta): void {
  let call = calls[piece.index];
  if (!call) {
    call = { id: '', type: 'function', function: { name: '', arguments: '' } };
    calls[piece.index] = call;
  }
  if (piece.id) call.id = piece.id;
  if (piece.function?.name) call.function.name += piece.function.name;
  if (piece.function?.arguments) call.function.arguments += piece.function.arguments;
}

/** A new, empty collector. Content stays null until a delta has text. */
export function collectMessage(): MessageCollector {
  let content: string | null = null;
  let refusal: string | null = null;
  let reasoning = '';
  const calls: ToolCall[] = [];
  return {
    add(delta) {
      if (typeof delta.content === 'string') content = content === null ? delta.content : content + delta.content;
      if (typeof delta.refusal === 'string') refusal = refusal === null ? delta.refusal : refusal + delta.refusal;
      if (typeof delta.reasoning_content === 'string') reasoning += delta.reasoning_content;
      for (const piece of delta.tool_calls ?? []) addToolCall(calls, piece);
    },
    message: () => ({
      role: 'assistant',
      content,
      refusal,
      ...(reasoning ? { reasoning_content: reasoning } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    }),
  };
}
