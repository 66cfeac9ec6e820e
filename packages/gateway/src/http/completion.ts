import { type ChatUsage, formatUnits, toWire } from '@tributary/protocol';
import type { FoundStream, Piece } from '../dispatch/streamed.ts';
import type { FoundWhole } from '../dispatch/whole.ts';
import type { Step } from '../route/plan.ts';
import type { Bill } from '../settle/settle-answer.ts';

/** Fields that all chunks of one answer share. */
interface Head {
  id: string;
  created: number;
  model: string;
  provider: string;
}

export function headOf(requestId: string, createdSeconds: number, step: Step): Head {
  const { card } = step.service;
  return {
    id: `chatcmpl-${requestId.slice(2, 34)}`,
    created: createdSeconds,
    model: card.model.id,
    provider: card.provider,
  };
}

/** Provider's usage with what it cost, in dollars as OpenRouter has it. */
export function usageWithCost(usage: ChatUsage, bill: Bill): Record<string, unknown> {
  return {
    ...usage,
    cost: Number(formatUnits(bill.charged)),
    cost_details: { upstream_inference_cost: Number(formatUnits(bill.price)) },
  };
}

/** What our answers carry beside OpenAI's fields, as JSON text. */
export function tributaryField(step: Step, bill: Bill, outcome: string): string {
  return toWire({
    service: step.service.account,
    model: step.service.card.model.id,
    ...(step.why === null ? {} : { why: step.why }),
    receipt: bill.receipt,
    outcome,
  });
}

/** JSON text with one more member, already JSON, at the end of an object. */
export function withMember(json: string, name: string, member: string): string {
  return `${json.slice(0, -1)},"${name}":${member}}`;
}

/** A whole answer as `chat.completion`. */
export function completionJson(head: Head, found: FoundWhole, bill: Bill): string {
  const { choice, usage, step, evidence } = found;
  const body = JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    provider: head.provider,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', refusal: null, ...choice.message, content: choice.message.content ?? null },
        logprobs: choice.logprobs ?? null,
        finish_reason: choice.finish_reason,
      },
    ],
    usage: usageWithCost(usage, bill),
  });
  return withMember(body, 'tributary', tributaryField(step, bill, evidence.outcome));
}

/** Writes the chunks of one streamed answer, each as JSON text, in the order that official clients insist on. */
export interface ChunkWriter {
  /** The first chunk, which names the role. */
  first(): string;
  piece(piece: Piece): string;
  /** Finish and, when asked for, usage; the last of them carries the receipt. */
  end(found: FoundStream, bill: Bill): string[];
}

export function createChunkWriter(head: Head, includeUsage: boolean): ChunkWriter {
  const start = JSON.stringify({
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    provider: head.provider,
  }).slice(0, -1);
  const tail = includeUsage ? ',"usage":null}' : '}';
  const choice = (delta: unknown, logprobs: unknown, finish: string | null) =>
    `${start},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":${JSON.stringify(logprobs ?? null)},` +
    `"finish_reason":${JSON.stringify(finish)}}]${tail}`;
  return {
    first: () => choice({ role: 'assistant', content: '' }, null, null),
    piece: ({ delta, logprobs }) => choice(delta, logprobs, null),
    end({ finish, usage, step, evidence }, bill) {
      const receipt = tributaryField(step, bill, evidence.outcome);
      const last = choice(finish.delta, finish.logprobs, finish.reason);
      if (!includeUsage) return [withMember(last, 'tributary', receipt)];
      const usageChunk = `${start},"choices":[],"usage":${JSON.stringify(usageWithCost(usage, bill))}}`;
      return [last, withMember(usageChunk, 'tributary', receipt)];
    },
  };
}
