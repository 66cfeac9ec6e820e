import type { Delta } from '../dispatch/answer.ts';
import type { FoundStream } from '../dispatch/streamed.ts';
import type { FoundWhole } from '../dispatch/whole.ts';
import type { Asking, Opening, ReadAsking } from '../http/form.ts';
import type { Bill } from '../settle/settle-answer.ts';

/** An answer without a network: what a door is given to say, and what it says. */

// Answers are read as a client in JavaScript would read them.
// biome-ignore lint/suspicious/noExplicitAny: ^
export type Json = any;

const step = {
  service: { account: `0x${'aa'.repeat(20)}`, card: { model: { id: 'tributary/echo' }, provider: 'North' } },
  why: null,
};
export const opening = { requestId: `0x${'0b'.repeat(32)}`, createdSeconds: 1_700_000_000, step } as unknown as Opening;
const bill = { charged: 1_050n, price: 1_000n, receipt: { salt: '0x00' }, seq: 1 } as unknown as Bill;
const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const base = { step, usage, evidence: { outcome: 'answered' } };

export const ask = (read: ReadAsking, body: unknown): Asking => read(new TextEncoder().encode(JSON.stringify(body)));

export interface Said {
  delta?: Delta;
  logprobs?: unknown;
}

/** The body of a whole answer. */
export function wholeOf(
  read: ReadAsking,
  body: unknown,
  message: Json,
  finish = 'stop',
  logprobs: unknown = null,
): Json {
  const found = { ...base, choice: { message, finish_reason: finish, logprobs } } as unknown as FoundWhole;
  return JSON.parse(ask(read, body).whole(opening, found, bill));
}

/** Everything a streamed answer of these deltas sends. */
export function streamOf(read: ReadAsking, body: unknown, said: Said[], finish = 'stop', last: Said = {}): string {
  const writer = ask(read, body).stream(opening);
  let text = writer.first();
  for (const { delta = {}, logprobs = null } of said) text += writer.piece({ delta, logprobs });
  const end = { delta: last.delta ?? {}, logprobs: last.logprobs ?? null, reason: finish };
  return text + writer.end({ ...base, finish: end } as unknown as FoundStream, bill);
}

/** The events of a stream, `[DONE]` left out. */
export function eventsOf(stream: string): { event: string | undefined; data: Json }[] {
  return stream
    .split('\n\n')
    .filter((e) => e !== '' && !e.endsWith('[DONE]'))
    .map((e) => {
      const data = JSON.parse(/^data: (.*)$/m.exec(e)![1]!);
      return { event: /^event: (.*)$/m.exec(e)?.[1], data };
    });
}
