import type { FoundStream } from '../../dispatch/streamed.ts';
import type { FoundWhole } from '../../dispatch/whole.ts';
import type { Opening } from '../../http/form.ts';
import type { Bill } from '../../settle/settle-answer.ts';

/** An answer's surroundings, as far as its form looks at them. */

export const opening = {
  requestId: `0x${'ab'.repeat(32)}`,
  createdSeconds: 1,
  step: { service: { account: '0x01', card: { model: { id: 'm' }, provider: 'P' } }, why: 'it was its turn' },
} as unknown as Opening;

export const bill = {
  charged: 1_500_000n,
  price: 1_000_000n,
  receipt: { signature: '0x02' },
  seq: 0,
} as unknown as Bill;

const found = { step: opening.step, evidence: { outcome: 'answered' } };
const usage = {
  prompt_tokens: 12,
  completion_tokens: 7,
  total_tokens: 19,
  prompt_tokens_details: { cached_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

export function foundWhole(message: object, finish_reason: string): FoundWhole {
  return { ...found, usage, choice: { message, finish_reason, logprobs: null } } as unknown as FoundWhole;
}

export function foundStream(delta: object, reason: string): FoundStream {
  return { ...found, usage, finish: { delta, logprobs: null, reason } } as unknown as FoundStream;
}
