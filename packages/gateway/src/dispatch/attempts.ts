import { setTimeout as pause } from 'node:timers/promises';
import { type Hex32, TributaryError } from '@tributary/protocol';
import type { Step } from '../route/plan.ts';
import { withSpan } from '../telemetry.ts';
import type { Found, Nodes, Question } from './question.ts';
import { createTwins } from './twins.ts';

/** What is between us and the provider, and can be put right. */
const REPAIRED = new Set(['session_expired', 'uncovered_limit', 'deposit_unseen']);
/** After this long a node looks at the chain again, milliseconds; a little more than its own pause. */
const SEEN_AFTER_MS = 400;

/** What a failed attempt tells about the service: nothing, when the request or the client was at fault. */
function blamesProvider(error: TributaryError): boolean {
  return error.retryable && !REPAIRED.has(error.code);
}

function clientGone(): TributaryError {
  return new TributaryError('client_gone', 'The client closed the connection.', { status: 499 });
}

/** The error to show when everybody failed: the first that names the request's fault, else the last. */
function worst(errors: readonly TributaryError[]): TributaryError {
  return (
    errors.find((e) => !e.retryable) ??
    errors.at(-1) ??
    new TributaryError('no_provider_available', 'No provider could be asked.', { status: 503, retryable: true })
  );
}

/** One try at one service, with what it teaches about the service noted down. */
async function attempt<T>(step: Step, run: () => Promise<T>): Promise<T> {
  const { breaker, latency } = step.service;
  const startedAt = performance.now();
  breaker.begin();
  latency.begin();
  try {
    const result = await withSpan('tributary.attempt', run, () => ({
      'tributary.service': step.service.account,
      'gen_ai.request.model': step.service.card.model.id,
    }));
    breaker.succeed();
    return result;
  } catch (error) {
    if (TributaryError.is(error) && blamesProvider(error)) breaker.fail();
    else breaker.forget();
    throw error;
  } finally {
    latency.end(performance.now() - startedAt);
  }
}

/** Runs `ask` at one service; a lost session is renewed, an unpaid one paid, and a fresh deposit given time to be seen, once. */
async function attemptWithRepair<T>(question: Question, step: Step, nodes: Nodes, ask: () => Promise<T>): Promise<T> {
  try {
    return await attempt(step, ask);
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    if (error.code === 'session_expired') return attempt(step, ask);
    if (error.code === 'deposit_unseen') {
      await pause(SEEN_AFTER_MS);
      return attempt(step, ask);
    }
    if (error.code === 'uncovered_limit') {
      const elsewhere = question.plan.steps.at(-1) !== step;
      const delivered = nodes.deliver(step.service);
      if (elsewhere) {
        delivered.catch(() => undefined);
        throw error;
      }
      await delivered;
      return attempt(step, ask);
    }
    throw error;
  }
}

/**
 * Asks one candidate after the other until one answers.
 * `ask` returns null to pass the question on (an honest "unknown" when there is somebody else), and throws when the service
 * failed. `mayRetry` says whether the client has seen nothing yet. Money for the answer stays set aside on the spoke of the
 * service that answered.
 */
export async function firstAnswer<T extends { evidence: Pick<Found['evidence'], 'outcome'> }>(options: {
  question: Question;
  nodes: Nodes;
  ask: (step: Step, isLast: boolean, spokeId: Hex32) => Promise<T | null>;
  mayRetry: () => boolean;
  onFailure: (step: Step, error: TributaryError) => void;
  random?: () => number;
}): Promise<T> {
  const { question, nodes, ask, mayRetry, onFailure, random = Math.random } = options;
  const { steps } = question.plan;
  const twins = createTwins(steps, random);
  const errors: TributaryError[] = [];
  for (const [i, step] of steps.entries()) {
    if (question.gone.aborted) throw clientGone();
    if (twins.skips(step)) continue;
    try {
      const spokeId = nodes.hold(step.service, question.requestId, step.quote.price);
      const isLast = twins.isLast(i);
      const result = await attemptWithRepair(question, step, nodes, () => ask(step, isLast, spokeId));
      if (result !== null) {
        if (result.evidence.outcome === 'answered') twins.answered(step);
        return result;
      }
      twins.unknown(step);
      nodes.drop(question.requestId);
    } catch (error) {
      nodes.drop(question.requestId);
      const failure = TributaryError.is(error)
        ? error
        : new TributaryError('internal_error', 'The gateway failed to relay the answer.', {
            status: 500,
            cause: error,
          });
      onFailure(step, failure);
      errors.push(failure);
      if (!mayRetry() || question.gone.aborted) throw failure;
    }
  }
  throw worst(errors);
}
