import { TributaryError } from '@tributary/protocol';
import type { Step } from '../route/plan.ts';
import { writtenBytesOf } from './answer.ts';
import { firstAnswer } from './attempts.ts';
import { askToStop, askWhole, type Completion } from './node-client.ts';
import { askOf, type Found, hiddenReasoning, type Nodes, type Patience, type Question } from './question.ts';

/** A whole answer, checked. */
export interface FoundWhole extends Found {
  choice: Completion['choices'][number];
}

/** Gets a whole answer from the first candidate that has one. @throws `TributaryError` when nobody has */
export function findWhole(
  question: Question,
  nodes: Nodes,
  patience: Patience,
  onFailure: (step: Step, error: TributaryError) => void,
): Promise<FoundWhole> {
  return firstAnswer({
    question,
    nodes,
    onFailure,
    mayRetry: () => true,
    ask: async (step, isLast, spokeId) => {
      const found = { ...(await askOne(question, step, nodes, patience)), spokeId };
      return found.evidence.outcome === 'unknown' && step.why !== null && !isLast ? null : found;
    },
  });
}

async function askOne(
  question: Question,
  step: Step,
  nodes: Nodes,
  patience: Patience,
): Promise<Omit<FoundWhole, 'spokeId'>> {
  const startedAt = performance.now();
  const ask = await askOf(question, step, nodes);
  const abort = new AbortController();
  // Bounds the whole exchange: a provider must not keep it open by a byte now and then.
  const limit = setTimeout(() => abort.abort(tooSlow(step)), patience.wholeMs);
  let timer: NodeJS.Timeout | undefined;
  const onGone = () => {
    void askToStop(ask);
    timer = setTimeout(() => abort.abort(), patience.stopMs);
  };
  question.gone.addEventListener('abort', onGone, { once: true });
  try {
    const { choices, usage, tributary: evidence } = await askWhole(ask, patience.wholeMs, abort.signal);
    const choice = choices[0]!;
    const message = {
      content: choice.message.content ?? null,
      refusal: choice.message.refusal,
      tool_calls: choice.message.tool_calls ?? undefined,
      embeddings: ask.vectors ? choice.message.embeddings : undefined,
    };
    const receiptHash = nodes.check(
      step.service,
      ask.asked,
      {
        message,
        usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens },
        writtenBytes: writtenBytesOf(choice.message),
        hiddenReasoningTokens: hiddenReasoning(usage),
      },
      evidence,
    );
    const totalMs = performance.now() - startedAt;
    step.service.latency.observe({ firstTokenMs: totalMs, totalMs, completionTokens: usage.completion_tokens });
    return { step, choice, message, usage, evidence, receiptHash };
  } catch (error) {
    if (TributaryError.is(error) && error.code === 'session_expired') nodes.dropSession(step.service, ask.session);
    throw error;
  } finally {
    clearTimeout(limit);
    clearTimeout(timer);
    question.gone.removeEventListener('abort', onGone);
  }
}

function tooSlow(step: Step): TributaryError {
  return new TributaryError('provider_timeout', `The provider ${step.service.card.provider} took too long to answer.`, {
    status: 504,
    retryable: true,
  });
}
