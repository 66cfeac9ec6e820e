import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Message, TaskState } from '@a2a-js/sdk';
import { answerArtifact, createTasks, type Kept, remember, textPart } from './tasks.ts';

function kept(id: string, state: TaskState, question = 'x', owner = ''): Kept {
  return {
    task: {
      id,
      contextId: 'c',
      status: { state, message: undefined, timestamp: undefined },
      artifacts: [],
      history: [],
      metadata: undefined,
    },
    owner,
    body: { question },
    followers: new Set(),
    stop: null,
    settled: Promise.resolve(),
  };
}

const { TASK_STATE_COMPLETED: DONE, TASK_STATE_INPUT_REQUIRED: UNPAID } = TaskState;

test('questions that cost nothing to send cannot push out answers that were paid', () => {
  const tasks = createTasks();
  const paid = kept('paid', DONE);
  paid.task.artifacts.push(answerArtifact([textPart('yes')]));
  tasks.keep(paid);
  for (let i = 0; i < 3_000; i++) tasks.keep(kept(`unpaid ${i}`, i % 2 ? UNPAID : TaskState.TASK_STATE_FAILED));
  assert.ok(tasks.find('paid', ''));
  assert.equal(tasks.find('unpaid 0', ''), undefined);
  assert.ok(tasks.find('unpaid 2999', ''));
});

test('what is said about a task is remembered up to a bound, the question always', () => {
  const task = kept('a', UNPAID);
  const say = (text: string) => remember(task, { messageId: 'm', parts: [textPart(text)] } as Message);
  say('q'.repeat(5_000));
  for (let i = 0; i < 100; i++) say('x'.repeat(5_000));
  const lengths = task.task.history.map((m) =>
    m.parts[0]?.content?.$case === 'text' ? m.parts[0].content.value.length : 0,
  );
  assert.deepEqual(lengths, [5_000, ...Array.from({ length: 15 }, () => 1_000)]);
});

test('memory is bounded by characters as well, the oldest go first', () => {
  const tasks = createTasks();
  const long = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 20; i++) tasks.keep(kept(String(i), UNPAID, long));
  assert.equal(tasks.find('3', ''), undefined);
  assert.ok(tasks.find('19', ''));
});

test('a task is forgotten ten minutes after its last change', () => {
  let now = 0;
  const tasks = createTasks(() => now);
  tasks.keep(kept('old', DONE));
  now = 11 * 60_000;
  tasks.keep(kept('new', DONE));
  assert.equal(tasks.find('old', ''), undefined);
  assert.ok(tasks.find('new', ''));
});

test('a task that changes its state is there once', () => {
  const tasks = createTasks();
  const task = kept('a', UNPAID, 'x', 'me');
  tasks.keep(task);
  task.task.status!.state = DONE;
  tasks.keep(task);
  assert.deepEqual(tasks.of('me'), [task]);
  assert.deepEqual(tasks.of(''), []);
});
