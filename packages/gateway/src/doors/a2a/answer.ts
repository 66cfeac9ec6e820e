import { TaskState } from '@a2a-js/sdk';
import type { TributaryError } from '@tributary/protocol';
import { asTributaryError } from '../../http/errors.ts';
import {
  type AgentAnswer,
  type AgentOutcome,
  type AgentQuestion,
  type AskChat,
  askStreamed,
  askWhole,
  type Unpaid,
} from '../agents/ask-chat.ts';
import { publish } from './follow.ts';
import { agentMessage, answerArtifact, dataPart, hasEnded, type Kept, textPart } from './tasks.ts';
import { paidMetadata, unpaidMetadata, X402_EXTENSIONS } from './x402.ts';

/** Pieces of text are gathered so long before they are sent, milliseconds: every event carries a frame of its own. */
const GATHER_MS = 50;

/** Changes a task's state and tells those who follow it. */
export function setStatus(kept: Kept, state: TaskState, text?: string, metadata?: Record<string, unknown>): void {
  const { task } = kept;
  const message =
    text === undefined
      ? undefined
      : agentMessage(task, text, metadata, metadata === undefined ? [] : [X402_EXTENSIONS[0]]);
  task.status = { state, message, timestamp: new Date().toISOString() };
  const { id: taskId, contextId, status } = task;
  publish(kept, { $case: 'statusUpdate', value: { taskId, contextId, status, metadata: undefined } });
}

/** Sends pieces of the answer's text on, gathered. */
function createTextSender(kept: Kept) {
  const { id: taskId, contextId } = kept.task;
  let text = '';
  let sentAt = Number.NEGATIVE_INFINITY;
  let append = false;
  const send = (parts: Parameters<typeof answerArtifact>[0], lastChunk: boolean) => {
    // Nothing comes after the word that the task was cancelled.
    if (hasEnded(kept)) return;
    const artifact = answerArtifact(parts);
    publish(kept, {
      $case: 'artifactUpdate',
      value: { taskId, contextId, artifact, append, lastChunk, metadata: undefined },
    });
    append = true;
  };
  return {
    add(piece: string) {
      text += piece;
      if (performance.now() - sentAt < GATHER_MS) return;
      send([textPart(text)], false);
      text = '';
      sentAt = performance.now();
    },
    end(facts: unknown) {
      send([...(text ? [textPart(text)] : []), dataPart(facts)], true);
    },
  };
}

function factsOf({ text: _, settled: __, ...facts }: AgentAnswer): unknown {
  return facts;
}

function tell(kept: Kept, error: TributaryError): void {
  const text = error.hint ? `${error.message} ${error.hint}` : error.message;
  setStatus(kept, TaskState.TASK_STATE_FAILED, `${error.code}: ${text}`);
}

function tellUnpaid(kept: Kept, unpaid: Unpaid, wasPaid: boolean): void {
  const { error, required } = unpaid;
  if (!required) {
    tell(kept, error);
    return;
  }
  const resource = { url: 'a2a://message', description: 'One answer', mimeType: 'text/plain' };
  const { failed, metadata } = unpaidMetadata(unpaid, { ...required, resource }, wasPaid);
  const state = failed ? TaskState.TASK_STATE_FAILED : TaskState.TASK_STATE_INPUT_REQUIRED;
  const text = wasPaid ? error.message : 'Payment is required: by x402, or by an API key in the Authorization header.';
  setStatus(kept, state, text, metadata);
}

/** Asks a task's question and brings the task to where that leads; never rejects. */
export async function answerTask(
  kept: Kept,
  ask: AskChat,
  question: AgentQuestion,
  streamed: boolean,
  onError: (error: unknown) => void,
): Promise<void> {
  const sender = streamed ? createTextSender(kept) : null;
  let outcome: AgentOutcome;
  try {
    outcome = sender ? await askStreamed(ask, question, sender.add) : await askWhole(ask, question);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    if (error.code === 'internal_error') onError(thrown);
    outcome = { error };
  }
  const canceled = hasEnded(kept);
  if ('answer' in outcome) {
    const { answer } = outcome;
    kept.task.artifacts = [
      answerArtifact([...(answer.text ? [textPart(answer.text)] : []), dataPart(factsOf(answer))]),
    ];
    sender?.end(factsOf(answer));
    // Who cancelled still gets what was written and the receipt for it.
    if (!canceled && answer.settled)
      setStatus(kept, TaskState.TASK_STATE_COMPLETED, 'Payment successful.', paidMetadata(answer.settled));
    else if (!canceled) setStatus(kept, TaskState.TASK_STATE_COMPLETED);
  } else if (!canceled && 'refunded' in outcome) {
    const text = 'The rest of the deposit went back; nothing was asked.';
    setStatus(kept, TaskState.TASK_STATE_COMPLETED, text, paidMetadata(outcome.refunded));
  } else if (!canceled && 'unpaid' in outcome) {
    tellUnpaid(kept, outcome.unpaid, question.payment !== undefined);
  } else if (!canceled && 'error' in outcome) {
    tell(kept, outcome.error);
  }
  publish(kept, null);
}
