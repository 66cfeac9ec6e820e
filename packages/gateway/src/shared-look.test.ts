import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSharedLook } from './shared-look.ts';

test('callers that wait share a look, and one that comes during a look gets the next', async () => {
  const looks: PromiseWithResolvers<void>[] = [];
  const look = createSharedLook(() => {
    const gate = Promise.withResolvers<void>();
    looks.push(gate);
    return gate.promise;
  }, 1);
  const first = Promise.all([look(), look()]);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(looks.length, 1);
  let secondDone = false;
  const second = look().then(() => {
    secondDone = true;
  });
  looks[0]!.resolve();
  await first;
  assert.equal(secondDone, false);
  while (looks.length < 2) await new Promise((resolve) => setImmediate(resolve));
  looks[1]!.resolve();
  await second;
});

test('a look that fails tells those who waited for it, and the next one is made all the same', async () => {
  let n = 0;
  const look = createSharedLook(async () => {
    if (n++ === 0) throw new Error('no answer');
  }, 0);
  await assert.rejects(look(), /no answer/);
  await look();
});
