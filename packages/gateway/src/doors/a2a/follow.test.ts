import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamResponse } from '@a2a-js/sdk';
import { follow, publish } from './follow.ts';
import { answerArtifact, type Kept, textPart } from './tasks.ts';

const task = () => ({ followers: new Set() }) as unknown as Kept;
const first: StreamResponse = { payload: undefined };
const slow = { message: /waited to be read/ };

function say(kept: Kept, text: string): void {
  const artifact = answerArtifact([textPart(text)]);
  const value = { taskId: 't', contextId: 'c', artifact, append: true, lastChunk: false, metadata: undefined };
  publish(kept, { $case: 'artifactUpdate', value });
}

test('attack: one task is followed by a crowd', async () => {
  const kept = task();
  const followers = Array.from({ length: 8 }, () => follow(kept, first));
  for (const f of followers) await f.next();
  await assert.rejects(follow(kept, first).next(), { message: /follow the task already/ });
  await followers[0]!.return();
  assert.deepEqual(await follow(kept, first).next(), { done: false, value: first });
  publish(kept, null);
  assert.equal(kept.followers.size, 0, 'those who never read on hold no place when the answer has ended');
});

test('attack: a follower who does not read has the answer kept for it again and again', async () => {
  const kept = task();
  const sleeper = follow(kept, first);
  const reader = follow(kept, first);
  for (const f of [sleeper, reader]) await f.next();
  for (let n = 0; n < 40; n++) {
    say(kept, 'x'.repeat(100_000));
    assert.equal((await reader.next()).done, false);
  }
  assert.equal(kept.followers.size, 1);
  await assert.rejects(sleeper.next(), slow);
  say(kept, 'x'.repeat(2_000_000));
  assert.equal((await reader.next()).done, false, 'one large event is no fault of the reader');
  publish(kept, null);
  assert.equal((await reader.next()).done, true);
});
