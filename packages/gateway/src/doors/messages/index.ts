import { countTokens } from '@tributary/protocol';
import type { ReadAsking } from '../../http/form.ts';
import { parseChat } from '../../http/parse-chat.ts';
import { messageJson } from './answer.ts';
import { toAnthropic } from './errors.ts';
import { parseCount, parseMessages } from './request.ts';
import { createMessageWriter, eventOf } from './stream.ts';
import { askedOf, chatOf } from './to-chat.ts';

const encoder = new TextEncoder();

/** Anthropic's Messages API (`POST /v1/messages`) as a way of asking. */
export const readMessages: ReadAsking = (body) => {
  const request = parseMessages(body);
  const { thinking } = request;
  const showThinking =
    (thinking?.type === 'enabled' || thinking?.type === 'adaptive') && thinking.display !== 'omitted';
  return {
    parsed: parseChat(encoder.encode(JSON.stringify(chatOf(request)))),
    whole: (opening, found, bill) => messageJson(opening, found, bill, showThinking),
    stream: (opening) => createMessageWriter(opening, showThinking),
    failed: (error) => eventOf('error', JSON.stringify(toAnthropic(error))),
  };
};

/**
 * `POST /v1/messages/count_tokens`: an estimate by the network's own rule, which is what the built-in experts bill by. A model
 * behind a relay counts by its own tokenizer.
 */
export function countMessages(body: Uint8Array): { input_tokens: number } {
  const { messages, ...rest } = askedOf(parseCount(body)) as { messages: { content?: unknown }[] };
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value ?? ''));
  const said = messages.reduce((sum, { content, ...more }) => sum + countTokens(text(content) + moreOf(more)), 0);
  return { input_tokens: said + countTokens(moreOf(rest)) };
}

function moreOf({ role: _, ...fields }: Record<string, unknown>): string {
  return Object.keys(fields).length > 0 ? JSON.stringify(fields) : '';
}
