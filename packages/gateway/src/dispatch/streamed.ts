import { type ChatUsage, TributaryError } from '@tributary/protocol';
import type { Step } from '../route/plan.ts';
import type { Evidence } from '../settle/check-receipt.ts';
import { createAnswerBuilder, type Delta } from './answer.ts';
import { firstAnswer } from './attempts.ts';
import { type Ask, askStream, askToStop } from './node-client.ts';
import { askOf, type Found, hiddenReasoning, type Nodes, type Patience, type Question } from './question.ts';
import { watchStream } from './stream-watch.ts';

/** A piece of a streamed answer on its way to the client. */
export interface Piece {
  delta: Delta;
  logprobs: unknown;
}

/** A streamed answer whose text has been relayed and whose end has not. */
export interface FoundStream extends Found {
  finish: Piece & { reason: string };
}

/** Where the pieces go. */
export interface Relay {
  /** The first call tells which service answers; from then on nobody else can be asked. */
  piece(step: Step, piece: Piece): Promise<void> | void;
}

function isEmpty(delta: Delta): boolean {
  return Object.entries(delta).every(
    ([key, value]) => key === 'role' || value === null || value === '' || value === undefined,
  );
}

/**
 * Relays a stream from the first candidate that starts to answer, and returns its checked end.
 * @throws `TributaryError` when nobody answers, or the one that had begun breaks off
 */
export function findStream(
  question: Question,
  nodes: Nodes,
  patience: Patience,
  relay: Relay,
  onFailure: (step: Step, error: TributaryError) => void,
): Promise<FoundStream> {
  let committed = false;
  return firstAnswer({
    question,
    nodes,
    onFailure,
    mayRetry: () => !committed,
    ask: async (step, isLast, spokeId) => {
      // An "unknown" shows only at the end. Experts that compute answer at once, so theirs can be held back until then.
      const held: Piece[] | null = step.why !== null && !isLast && step.service.card.deterministic ? [] : null;
      const end = await askOne(question, step, nodes, patience, (piece) => {
        if (held) {
          held.push(piece);
          return;
        }
        committed = true;
        return relay.piece(step, piece);
      });
      const found = { ...end, spokeId };
      if (!held) return found;
      if (found.evidence.outcome === 'unknown') return null;
      committed = true;
      for (const piece of held) await relay.piece(step, piece);
      return found;
    },
  });
}

async function askOne(
  question: Question,
  step: Step,
  nodes: Nodes,
  patience: Patience,
  relay: (piece: Piece) => Promise<void> | void,
): Promise<Omit<FoundStream, 'spokeId'>> {
  const { service } = step;
  const startedAt = performance.now();
  const ask = await askOf(question, step, nodes);
  const abort = new AbortController();
  let late: string | undefined;
  let stopTimer: NodeJS.Timeout | undefined;
  const onLate = (what: string) => {
    late ??= what;
    abort.abort();
  };
  /** Lets the node end its answer here and sign for it; without a receipt in time it gets nothing. */
  const stop = (then: () => void) => {
    if (stopTimer) return;
    void askToStop(ask);
    stopTimer = setTimeout(then, patience.stopMs);
  };
  const watch = watchStream(patience, onLate, () => stop(() => onLate('did not come to an end')));
  const onGone = () => stop(() => abort.abort());
  question.gone.addEventListener('abort', onGone, { once: true });
  let firstTokenMs: number | undefined;
  try {
    const end = await readAnswer(ask, patience, abort.signal, (piece) => {
      watch.piece();
      firstTokenMs ??= performance.now() - startedAt;
      const slow = relay(piece);
      if (slow instanceof Promise) return slow.then(watch.relayed);
      watch.relayed();
    });
    const { usage, evidence, message } = end;
    const receiptHash = nodes.check(
      service,
      ask.asked,
      {
        message,
        usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens },
        writtenBytes: end.writtenBytes,
        hiddenReasoningTokens: hiddenReasoning(usage),
      },
      evidence,
    );
    const totalMs = performance.now() - startedAt;
    service.latency.observe({
      firstTokenMs: firstTokenMs ?? totalMs,
      totalMs,
      completionTokens: usage.completion_tokens,
    });
    return { step, message, usage, evidence, receiptHash, finish: end.finish };
  } catch (error) {
    if (TributaryError.is(error) && error.code === 'session_expired') nodes.dropSession(service, ask.session);
    if (late) {
      throw new TributaryError('provider_timeout', `The provider ${service.card.provider} ${late}.`, {
        status: 504,
        retryable: true,
        cause: error,
      });
    }
    throw error;
  } finally {
    watch.end();
    clearTimeout(stopTimer);
    question.gone.removeEventListener('abort', onGone);
  }
}

async function readAnswer(
  ask: Ask,
  patience: Patience,
  signal: AbortSignal,
  relay: (piece: Piece) => Promise<void> | void,
) {
  const builder = createAnswerBuilder();
  let finish: FoundStream['finish'] | undefined;
  let usage: ChatUsage | undefined;
  let evidence: Evidence | undefined;
  const timeouts = { headersMs: patience.firstTokenMs, bodyMs: patience.idleMs };
  for await (const chunk of askStream(ask, timeouts, signal)) {
    evidence ??= chunk.evidence;
    usage = chunk.usage ?? usage;
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    if (finish) throw brokenOff(ask, 'sent text after the end of its answer');
    const delta = builder.take(choice.delta ?? {});
    const logprobs = choice.logprobs ?? null;
    if (choice.finish_reason) finish = { delta, logprobs, reason: choice.finish_reason };
    else if (!isEmpty(delta) || logprobs !== null) await relay({ delta, logprobs });
  }
  if (!finish || !usage || !evidence) throw brokenOff(ask, 'ended its answer early');
  return { finish, usage, evidence, message: builder.message(), writtenBytes: builder.writtenBytes };
}

function brokenOff(ask: Ask, what: string): TributaryError {
  return new TributaryError('provider_malformed', `The provider ${ask.service.card.provider} ${what}.`, {
    status: 502,
    retryable: true,
  });
}
