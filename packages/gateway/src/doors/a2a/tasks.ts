import { type Artifact, type Message, type Part, Role, type StreamResponse, type Task, TaskState } from '@a2a-js/sdk';

/** How long a task is remembered after its last change, milliseconds. */
const KEEP_MS = 10 * 60_000;
/** Messages of one task, and characters of each after the first, that are remembered. */
const MAX_HISTORY = 16;
const MAX_REMARK_LENGTH = 1_000;
/** Tasks and their characters kept at most, of each kind: the oldest go first. */
const MAX_TASKS = 1_000;
const MAX_CHARS = 16 * 1024 * 1024;

/** A question on its way, and everything its caller may ask about it later. */
export interface Kept {
  readonly task: Task;
  /** Who may see it besides those who know its id: a digest of the caller's API key, or empty. */
  readonly owner: string;
  /** The chat request. */
  readonly body: Record<string, unknown>;
  /** Those who follow it as it changes; null is the end. */
  readonly followers: Set<(event: StreamResponse | null) => void>;
  /** Aborts the answer under way; null while there is none. */
  stop: AbortController | null;
  /** Resolves when no answer is under way any more. */
  settled: Promise<void>;
}

const ENDED = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
]);

export function hasEnded({ task }: Kept): boolean {
  return ENDED.has(task.status?.state ?? TaskState.TASK_STATE_UNSPECIFIED);
}

/** Tasks of the last ten minutes, in memory. */
export interface Tasks {
  /** Keeps a task as it is now; called whenever an answer to it begins and ends. */
  keep(kept: Kept): void;
  find(id: string, owner: string): Kept | undefined;
  /** The tasks of one API key, newest first. Without a key there is nobody to show them to. */
  of(owner: string): Kept[];
}

function lengthOf({ content }: Part): number {
  if (content?.$case === 'text') return content.value.length;
  return content?.$case === 'data' ? JSON.stringify(content.value).length : 0;
}

function charsOf({ body, task }: Kept): number {
  const parts = [...task.artifacts, ...task.history].flatMap((said) => said.parts);
  return JSON.stringify(body).length + parts.reduce((sum, part) => sum + lengthOf(part), 0);
}

/** Tasks of one kind, oldest first, within bounds. */
function createShelf(now: () => number) {
  const shelf = new Map<string, { kept: Kept; chars: number; at: number }>();
  let chars = 0;
  const remove = (id: string) => {
    chars -= shelf.get(id)?.chars ?? 0;
    shelf.delete(id);
  };
  return {
    remove,
    get: (id: string) => shelf.get(id)?.kept,
    all: () => [...shelf.values()].map(({ kept }) => kept),
    put(kept: Kept) {
      const entry = { kept, chars: charsOf(kept), at: now() };
      shelf.set(kept.task.id, entry);
      chars += entry.chars;
      for (const [id, { at }] of shelf) {
        if (shelf.size <= MAX_TASKS && chars <= MAX_CHARS && now() - at < KEEP_MS) return;
        remove(id);
      }
    },
  };
}

/** @param now milliseconds */
export function createTasks(now: () => number = Date.now): Tasks {
  const running = new Map<string, Kept>();
  // Apart, so that questions that cost nothing to send cannot push out answers that were paid.
  const answered = createShelf(now);
  const unanswered = createShelf(now);

  return {
    keep(kept) {
      const { id, artifacts } = kept.task;
      running.delete(id);
      unanswered.remove(id);
      answered.remove(id);
      if (kept.stop) running.set(id, kept);
      else (artifacts.length > 0 ? answered : unanswered).put(kept);
    },
    find(id, owner) {
      const kept = running.get(id) ?? answered.get(id) ?? unanswered.get(id);
      return kept && (kept.owner === '' || kept.owner === owner) ? kept : undefined;
    },
    of(owner) {
      if (owner === '') return [];
      return [...answered.all(), ...unanswered.all(), ...running.values()]
        .filter((k) => k.owner === owner)
        .toReversed();
    },
  };
}

export const textPart = (value: string): Part => ({
  content: { $case: 'text', value },
  metadata: undefined,
  filename: '',
  mediaType: 'text/plain',
});

export const dataPart = (value: unknown): Part => ({
  content: { $case: 'data', value },
  metadata: undefined,
  filename: '',
  mediaType: 'application/json',
});

/** Adds a caller's message to a task's history: its text alone, since payments are not kept and the rest is not ours to size. */
export function remember({ task }: Kept, { messageId, parts }: Message): void {
  const first = task.history.length === 0;
  const texts = parts.flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : []));
  const text = first ? texts.join('\n') : texts.join('\n').slice(0, MAX_REMARK_LENGTH);
  task.history.push({
    messageId,
    contextId: task.contextId,
    taskId: task.id,
    role: Role.ROLE_USER,
    parts: [textPart(text)],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  });
  if (task.history.length > MAX_HISTORY) task.history.splice(1, 1);
}

/** The answer, or a piece of it. */
export function answerArtifact(parts: Part[]): Artifact {
  return { artifactId: 'answer', name: 'answer', description: '', parts, metadata: undefined, extensions: [] };
}

/** What we say about a task. */
export function agentMessage(
  task: Task,
  text: string,
  metadata: Record<string, unknown> | undefined,
  extensions: string[],
): Message {
  return {
    messageId: crypto.randomUUID(),
    contextId: task.contextId,
    taskId: task.id,
    role: Role.ROLE_AGENT,
    parts: [textPart(text)],
    metadata,
    extensions,
    referenceTaskIds: [],
  };
}

/** A task as it is now, with at most so many messages of its history. */
export function snapshot({ task }: Kept, historyLength?: number): Task {
  const copy = structuredClone(task);
  if (historyLength !== undefined) copy.history = historyLength <= 0 ? [] : copy.history.slice(-historyLength);
  return copy;
}
