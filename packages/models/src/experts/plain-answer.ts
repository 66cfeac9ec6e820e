import { type ChatRequest, type Citation, countTokens, textOf } from '@tributary/protocol';
import type { Answer, AnswerCall } from '../expert.ts';

/** Sampling has nothing to choose from in a deterministic answer, so these are honoured as they stand. */
export const PLAIN_SUPPORTS = ['temperature', 'top_p', 'seed', 'presence_penalty', 'frequency_penalty', 'stop'];

/** Tokens of a request's messages as built-in experts bill them. */
function promptTokens(request: ChatRequest): number {
  return request.messages.reduce((sum, m) => sum + countTokens(textOf(m.content)), 0);
}

/** The longest beginning of a text with at most `tokens` tokens; no character is cut in two. */
function firstTokens(text: string, tokens: number): string {
  let bytes = 0;
  let end = 0;
  for (const char of text) {
    bytes += Buffer.byteLength(char);
    if (bytes > tokens * 4) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** A citation of a text that was cut off at `length`; nothing when it lay behind. */
function clip(citation: Citation, length: number): Citation[] {
  const { start_index, end_index } = citation.url_citation;
  if (start_index >= length) return [];
  return [{ ...citation, url_citation: { ...citation.url_citation, end_index: Math.min(end_index, length) } }];
}

/** Sends a text line by line under the request's `stop` and token limit, and gives the end of the answer. */
export async function plainAnswer(
  request: ChatRequest,
  call: AnswerCall,
  full: string,
  rest: Partial<Pick<Answer, 'outcome' | 'attribution' | 'citations' | 'notes'>> = {},
): Promise<Answer> {
  let text = full;
  const stops = typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []);
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at >= 0) text = text.slice(0, at);
  }
  const limit = request.max_completion_tokens ?? request.max_tokens;
  let finishReason: Answer['finishReason'] = 'stop';
  if (limit && countTokens(text) > limit) {
    text = firstTokens(text, limit);
    finishReason = 'length';
  }
  for (const piece of request.stream ? text.split(/(?<=\n)/) : [text]) {
    call.signal.throwIfAborted();
    const slow = call.emit({ content: piece });
    if (slow instanceof Promise) await slow;
  }
  return {
    outcome: 'answered',
    finishReason,
    usage: { promptTokens: promptTokens(request), completionTokens: countTokens(text) },
    attribution: [],
    notes: [],
    ...rest,
    citations: (rest.citations ?? []).flatMap((c) => clip(c, text.length)),
  };
}
