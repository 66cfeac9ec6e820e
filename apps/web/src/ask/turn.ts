import { Citation, SignedReceipt } from '@tributary/protocol';
import { z } from 'zod';

/** What an answer consists of once it is whole, in the form this browser keeps it. */
const KeptAnswer = z.object({
  text: z.string(),
  outcome: z.enum(['answered', 'unknown']),
  citations: z.array(Citation),
  model: z.string(),
  provider: z.string(),
  service: z.string(),
  why: z.string().nullable(),
  /** As on the wire: amounts are decimal strings. */
  receipt: z.unknown(),
  /** What the receipt's answer hash is of. */
  message: z.looseObject({ content: z.string().nullable() }),
});

/** One question and what came of it. */
export const Turn = z.object({
  id: z.string(),
  question: z.string(),
  model: z.string(),
  /** The request as it was sent: what the receipt's question hash is of. */
  request: z.record(z.string(), z.unknown()),
  state: z.enum(['preparing', 'waiting', 'streaming', 'done', 'failed', 'stopped']),
  text: z.string(),
  answer: KeptAnswer.nullable(),
  error: z.object({ message: z.string(), hint: z.string().optional(), code: z.string().optional() }).nullable(),
  /** Unix milliseconds. */
  askedAt: z.number(),
  /** Question to first words, and to the end of the answer. */
  firstTokenMs: z.number().nullable(),
  elapsedMs: z.number().nullable(),
});
export type Turn = z.infer<typeof Turn>;

/** Questions and answers that this browser keeps at most. */
const MAX_KEPT = 40;
/** Earlier questions and answers that go along with a question. */
const MAX_CONTEXT = 6;

/** Whether a turn still waits for something. */
export function isUnderWay(turn: Turn): boolean {
  return turn.state === 'preparing' || turn.state === 'waiting' || turn.state === 'streaming';
}

/** The turns to keep: the newest ones; what was under way when the page was closed has been stopped. */
export function toKeep(turns: readonly Turn[]): Turn[] {
  return turns.slice(-MAX_KEPT);
}

export function asLoaded(turns: readonly Turn[]): Turn[] {
  return turns.map((turn) => (isUnderWay(turn) ? { ...turn, state: 'stopped' } : turn));
}

/** The chat request for a question: it carries the conversation so far, answered turns only. */
export function requestFor(turns: readonly Turn[], question: string, model: string): Record<string, unknown> {
  const before = turns
    .filter((turn) => turn.state === 'done' && turn.answer?.outcome === 'answered')
    .slice(-MAX_CONTEXT)
    .flatMap((turn) => [
      { role: 'user', content: turn.question },
      { role: 'assistant', content: turn.answer?.text ?? '' },
    ]);
  return { model, messages: [...before, { role: 'user', content: question }] };
}

/** The receipt of a finished turn; null for a turn without one. */
export function receiptOf(turn: Turn): SignedReceipt | null {
  const parsed = SignedReceipt.safeParse(turn.answer?.receipt);
  return parsed.success ? parsed.data : null;
}

/** What a turn cost the payer, base units of the dollar; null while it is not known. */
export function chargeOf(turn: Turn): bigint | null {
  const receipt = receiptOf(turn);
  return receipt && receipt.payment.payerTo - receipt.payment.payerFrom;
}

/** The list of sources that providers put under an answer; the page shows the citations themselves. */
const SOURCES = /\n+Sources:\n(?:\[\d+\] .*(?:\n|$))+\s*$/;

/** An answer's words without the list of sources at its end, where citations stand for it. */
export function wordsOf(text: string, citations: number): string {
  return citations > 0 ? text.replace(SOURCES, '') : text;
}

/** The words that have come so far; what may become the list of sources is held back, so that it does not come and go. */
export function wordsSoFar(text: string): string {
  const listed = text.lastIndexOf('\nSources:\n');
  if (listed >= 0) return text.slice(0, listed).trimEnd();
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  const mayBegin = 'Sources:'.startsWith(lastLine);
  return (mayBegin ? text.slice(0, text.length - lastLine.length) : text).trimEnd();
}

/** Text cut at its marks `[1]`, those for which there is a citation. */
export function cutAtMarks(text: string, citations: number): (string | { mark: number })[] {
  const parts: (string | { mark: number })[] = [];
  let at = 0;
  for (const found of text.matchAll(/\[(\d{1,3})\]/g)) {
    const mark = Number(found[1]);
    if (mark < 1 || mark > citations) continue;
    if (found.index > at) parts.push(text.slice(at, found.index));
    parts.push({ mark });
    at = found.index + found[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}
