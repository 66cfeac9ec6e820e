import { z } from 'zod';
import type { FoundWhole } from '../../dispatch/whole.ts';
import { tributaryField, usageWithCost, withMember } from '../../http/completion.ts';
import type { Opening, StreamWriter } from '../../http/form.ts';
import type { Bill } from '../../settle/settle-answer.ts';
import type { Asked } from './request.ts';

/** Log probabilities in the form of this API: lists side by side. */
interface Logprobs {
  tokens: string[];
  token_logprobs: number[];
  top_logprobs: Record<string, number>[];
  text_offset: number[];
}

const TokenLogprob = z.object({ token: z.string(), logprob: z.number() });
const Content = z.object({
  content: z.array(TokenLogprob.extend({ top_logprobs: z.array(TokenLogprob).max(20).default([]) })),
});

/** @param offset characters of the answer before these tokens */
function logprobsOf(logprobs: unknown, offset: number): Logprobs | null {
  const parsed = Content.safeParse(logprobs);
  if (!parsed.success) return null;
  const out: Logprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
  let at = offset;
  for (const { token, logprob, top_logprobs } of parsed.data.content) {
    out.tokens.push(token);
    out.token_logprobs.push(logprob);
    out.top_logprobs.push(Object.fromEntries(top_logprobs.map((t) => [t.token, t.logprob])));
    out.text_offset.push(at);
    at += token.length;
  }
  return out;
}

/** What a model wrote, refusals included: there is no other place for them. */
function textOf(said: { content?: unknown; refusal?: unknown }): string {
  return [said.content, said.refusal].filter((t) => typeof t === 'string').join('');
}

function headOf(opening: Opening): Record<string, unknown> {
  const { card } = opening.step.service;
  return {
    id: `cmpl-${opening.requestId.slice(2, 34)}`,
    object: 'text_completion',
    created: opening.createdSeconds,
    model: card.model.id,
    provider: card.provider,
  };
}

/** A whole answer as `text_completion`. */
export function completionJson(asked: Asked, opening: Opening, found: FoundWhole, bill: Bill): string {
  const { choice, usage, step, evidence } = found;
  const text = asked.before + textOf(choice.message);
  const logprobs = logprobsOf(choice.logprobs, asked.before.length);
  const choices = [{ text, index: 0, logprobs, finish_reason: choice.finish_reason }];
  const body = JSON.stringify({ ...headOf(opening), choices, usage: usageWithCost(usage, bill) });
  return withMember(body, 'tributary', tributaryField(step, bill, evidence.outcome));
}

/** Writes a streamed answer; every event is one of the same kind. */
export function createTextWriter(asked: Asked, opening: Opening): StreamWriter {
  const start = JSON.stringify(headOf(opening)).slice(0, -1);
  const tail = asked.includeUsage ? ',"usage":null}' : '}';
  let written = 0;
  const chunk = (text: string, logprobs: unknown, finish: string | null): string => {
    const choices = [{ text, index: 0, logprobs: logprobsOf(logprobs, written), finish_reason: finish }];
    written += text.length;
    return `${start},"choices":${JSON.stringify(choices)}${tail}`;
  };
  const event = (json: string) => `data: ${json}\n\n`;
  return {
    first: () => (asked.before === '' ? '' : event(chunk(asked.before, null, null))),
    piece({ delta, logprobs }) {
      const text = textOf(delta);
      return text === '' && logprobs === null ? '' : event(chunk(text, logprobs, null));
    },
    end({ finish, usage, step, evidence }, bill) {
      const receipt = tributaryField(step, bill, evidence.outcome);
      const last = chunk(textOf(finish.delta), finish.logprobs, finish.reason);
      const done = event('[DONE]');
      if (!asked.includeUsage) return event(withMember(last, 'tributary', receipt)) + done;
      const counted = `${start},"choices":[],"usage":${JSON.stringify(usageWithCost(usage, bill))}}`;
      return event(last) + event(withMember(counted, 'tributary', receipt)) + done;
    },
  };
}
