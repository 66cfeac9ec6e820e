import { createHash } from 'node:crypto';
import {
  type AgentCard,
  type ListTasksRequest,
  type ListTasksResponse,
  type Message,
  type SendMessageRequest,
  type StreamResponse,
  type Task,
  TaskState,
} from '@a2a-js/sdk';
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { apiKeyOf } from '../../settle/payers.ts';
import type { AskChat } from '../agents/ask-chat.ts';
import { answerTask, setStatus } from './answer.ts';
import { follow } from './follow.ts';
import { chatOf, messageOf } from './question.ts';
import { createTasks, hasEnded, type Kept, remember, snapshot, type Tasks } from './tasks.ts';
import { REJECTED, submittedIn, X402_EXTENSIONS } from './x402.ts';

const MAX_PAGE = 100;
const PAGE = 50;

export interface AgentDeps {
  ask: AskChat;
  card(): AgentCard;
  onError(error: unknown): void;
  tasks?: Tasks;
}

/** Headers of the HTTP request that a call came in. */
const HEADERS = 'headers';

export function withHeaders(headers: Headers): Map<string, unknown> {
  return new Map([[HEADERS, headers]]);
}

function headersOf(context: ServerCallContext): Headers {
  return (context.state.get(HEADERS) as Headers | undefined) ?? new Headers();
}

/** Whose tasks a caller may list: a digest of its API key, so that the key itself is not kept. */
function ownerOf(context: ServerCallContext): string {
  const headers = headersOf(context);
  const apiKey = apiKeyOf({ header: (name) => headers.get(name) });
  return apiKey === undefined ? '' : createHash('sha256').update(apiKey).digest('hex');
}

function activate(context: ServerCallContext): void {
  for (const uri of X402_EXTENSIONS) {
    if (context.requestedExtensions?.includes(uri)) context.addActivatedExtension(uri);
  }
}

/** A2A's operations, answered by the network. Tasks live in memory for ten minutes; questions and money go through `ask`. */
export function createAgent({ ask, card, onError, tasks = createTasks() }: AgentDeps): A2ARequestHandler {
  function found(id: string, context: ServerCallContext): Kept {
    const kept = tasks.find(id, ownerOf(context));
    if (!kept) throw new TaskNotFoundError(`There is no task ${JSON.stringify(id)}.`);
    return kept;
  }

  function fresh(message: Message, context: ServerCallContext): Kept {
    const task: Task = {
      id: crypto.randomUUID(),
      contextId: message.contextId || crypto.randomUUID(),
      status: undefined,
      artifacts: [],
      history: [],
      metadata: undefined,
    };
    return {
      task,
      owner: ownerOf(context),
      body: chatOf(message),
      followers: new Set(),
      stop: null,
      settled: Promise.resolve(),
    };
  }

  /** The task that a message goes on with. */
  function continued(message: Message, context: ServerCallContext): Kept {
    const kept = found(message.taskId, context);
    if (hasEnded(kept)) throw new UnsupportedOperationError('The task has ended; send a message without taskId.');
    if (kept.stop) throw new UnsupportedOperationError('The task is being answered.');
    if (message.contextId && message.contextId !== kept.task.contextId) {
      throw new RequestMalformedError('message.contextId is not that of the task.');
    }
    return kept;
  }

  /** Begins to answer a message. */
  function begin(request: SendMessageRequest, context: ServerCallContext, streamed: boolean): Kept {
    const message = messageOf(request);
    if (request.configuration?.taskPushNotificationConfig) throw new PushNotificationNotSupportedError();
    activate(context);
    const kept = message.taskId ? continued(message, context) : fresh(message, context);
    const { payment, rejected } = submittedIn(message.metadata);
    remember(kept, message);
    if (rejected) {
      setStatus(kept, TaskState.TASK_STATE_FAILED, 'The payment was rejected.', REJECTED);
      tasks.keep(kept);
      return kept;
    }
    const stop = new AbortController();
    kept.stop = stop;
    setStatus(kept, TaskState.TASK_STATE_WORKING);
    tasks.keep(kept);
    const question = { body: kept.body, headers: headersOf(context), payment, signal: stop.signal };
    kept.settled = answerTask(kept, ask, question, streamed, onError).finally(() => {
      kept.stop = null;
      tasks.keep(kept);
    });
    return kept;
  }

  const noPush = () => Promise.reject(new PushNotificationNotSupportedError());

  return {
    getAgentCard: async () => card(),
    getAuthenticatedExtendedAgentCard: () => Promise.reject(new ExtendedAgentCardNotConfiguredError()),

    async sendMessage(request, context) {
      const kept = begin(request, context, false);
      if (!request.configuration?.returnImmediately) await kept.settled;
      return snapshot(kept, request.configuration?.historyLength);
    },

    async *sendMessageStream(request, context): AsyncGenerator<StreamResponse, void, undefined> {
      const kept = begin(request, context, true);
      const value = snapshot(kept, request.configuration?.historyLength);
      const first: StreamResponse = { payload: { $case: 'task', value } };
      if (kept.stop) yield* follow(kept, first);
      else yield first;
    },

    getTask: async ({ id, historyLength }, context) => snapshot(found(id, context), historyLength),

    listTasks: async (request, context) => page(tasks.of(ownerOf(context)), request),

    async cancelTask({ id }, context) {
      const kept = found(id, context);
      if (hasEnded(kept)) throw new TaskNotCancelableError('The task has ended.');
      setStatus(kept, TaskState.TASK_STATE_CANCELED);
      if (kept.stop) kept.stop.abort();
      else tasks.keep(kept);
      return snapshot(kept);
    },

    async *resubscribe({ id }, context): AsyncGenerator<StreamResponse, void, undefined> {
      const kept = found(id, context);
      if (!kept.stop) throw new UnsupportedOperationError('No answer to the task is under way.');
      yield* follow(kept, { payload: { $case: 'task', value: snapshot(kept) } });
    },

    createTaskPushNotificationConfig: noPush,
    getTaskPushNotificationConfig: noPush,
    listTaskPushNotificationConfigs: noPush,
    deleteTaskPushNotificationConfig: noPush,
  };
}

function page(all: Kept[], request: ListTasksRequest): ListTasksResponse {
  const { contextId, status, pageToken, historyLength, includeArtifacts } = request;
  const size = Math.min(Math.max(request.pageSize || PAGE, 1), MAX_PAGE);
  const from = pageToken === '' ? 0 : Number(pageToken);
  if (!Number.isSafeInteger(from) || from < 0) throw new RequestMalformedError('pageToken is not one of ours.');
  const since = request.statusTimestampAfter ?? '';
  const fits = all.filter(
    ({ task }) =>
      (!contextId || task.contextId === contextId) &&
      (status === TaskState.TASK_STATE_UNSPECIFIED || task.status?.state === status) &&
      (task.status?.timestamp ?? '') >= since,
  );
  const tasks = fits.slice(from, from + size).map((kept) => snapshot(kept, historyLength));
  if (!includeArtifacts) for (const task of tasks) task.artifacts = [];
  const next = from + size;
  return { tasks, nextPageToken: next < fits.length ? String(next) : '', pageSize: size, totalSize: fits.length };
}
