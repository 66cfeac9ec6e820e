import type { AnswerMessage } from '@tributary/protocol';

interface ToolCallDelta {
  index?: number;
  id?: string;
  type?: string;
  function?: { name?: string; arguments?: string };
}

/** A `delta` of a streamed choice. */
export interface Delta {
  content?: string | null;
  refusal?: string | null;
  tool_calls?: ToolCallDelta[] | null;
  annotations?: unknown[] | null;
  [other: string]: unknown;
}

/** Puts a streamed message together again: what `hashAnswer` hashes, and the citations. */
export interface AnswerBuilder {
  take(delta: Delta): void;
  message(): AnswerMessage & { annotations: unknown[] };
}

export function createAnswerBuilder(): AnswerBuilder {
  let content = '';
  let refusal = '';
  const annotations: unknown[] = [];
  const calls: { id?: string; type?: string; function: { name: string; arguments: string } }[] = [];
  return {
    take(delta) {
      content += delta.content ?? '';
      refusal += delta.refusal ?? '';
      annotations.push(...(delta.annotations ?? []));
      for (const d of delta.tool_calls ?? []) {
        const index = d.index ?? 0;
        calls[index] ??= { function: { name: '', arguments: '' } };
        const call = calls[index];
        if (d.id) call.id ??= d.id;
        if (d.type) call.type ??= d.type;
        call.function.name ||= d.function?.name ?? '';
        call.function.arguments += d.function?.arguments ?? '';
      }
    },
    message: () => ({
      content,
      refusal: refusal || null,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      annotations,
    }),
  };
}
