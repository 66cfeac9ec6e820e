import { type ChatRequest, questionOf } from '@tributary/protocol';
import { contentTerms, nameTerms, words } from '@tributary/work';
import type { Question } from '../expert.ts';

/** Longest beginning of a question that routing looks at, characters. */
const MOST_CHARS = 4_000;

/** Formats that only a language model can give. */
function wantsFormat(request: ChatRequest): boolean {
  const { response_format: format, tools } = request;
  if (Array.isArray(tools) && tools.length > 0) return true;
  return typeof format === 'object' && format !== null && 'type' in format && format.type !== 'text';
}

function hasOtherParts(request: ChatRequest): boolean {
  const last = request.messages.findLast((m) => m.role === 'user')?.content;
  return Array.isArray(last) && last.some((part) => part.type !== 'text');
}

/** Prepares a request's question once for all cards. */
export function readQuestion(request: ChatRequest): Question {
  const text = questionOf(request.messages).slice(0, MOST_CHARS).trim();
  return {
    text,
    words: words(text),
    terms: [...new Set(contentTerms(text))],
    names: nameTerms(text),
    needsModel: wantsFormat(request) || hasOtherParts(request),
    messages: request.messages,
  };
}
