import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplays } from './replay.ts';

const answer = (chars: number) => ({ contentType: 'application/json', body: 'x'.repeat(chars), headers: {} });
const MIB = 1024 * 1024;

test('attack: one payer with large answers pushes out his own, not those of others', async () => {
  const replays = createReplays();
  replays.begin('victim', 'h', 'victim').done(answer(100));
  for (let i = 0; i < 100; i++) replays.begin(`mine ${i}`, 'h', 'attacker').done(answer(MIB));
  assert.equal((await replays.find('victim', 'h'))?.body.length, 100);
  assert.equal(replays.find('mine 0', 'h'), undefined);
  assert.ok(replays.find('mine 99', 'h'));
});

test('an answer under way is never pushed out: a repeated request waits for it instead of paying again', async () => {
  const replays = createReplays();
  const underWay = replays.begin('slow', 'h', 'payer');
  for (let i = 0; i < 100; i++) replays.begin(`other ${i}`, 'h', `payer ${i}`).done(answer(MIB));
  const found = replays.find('slow', 'h');
  assert.ok(found);
  underWay.done(answer(5));
  assert.equal((await found).body.length, 5);
});

test('what is stored is forgotten after ten minutes, and takes no room then', () => {
  let now = 0;
  const replays = createReplays(() => now);
  replays.begin('a', 'h', 'p').done(answer(MIB));
  now = 10 * 60_000;
  assert.equal(replays.find('a', 'h'), undefined);
  for (let i = 0; i < 2; i++) replays.begin(`b ${i}`, 'h', 'p').done(answer(MIB));
  assert.ok(replays.find('b 0', 'h'));
});
