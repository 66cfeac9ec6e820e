import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlaces } from './places.ts';

const atOnce = async () => undefined;
const busy = { code: 'explorer_busy', status: 503 };

test('attack: what is given up keeps its place until it has ended', async () => {
  const places = createPlaces(2, 1);
  const slow = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const given = slow.map(({ promise }) => places.take(atOnce, () => promise));
  await assert.rejects(
    places.take(atOnce, async () => 'x'),
    busy,
  );
  // The timer alone keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  for (const answer of given) await assert.rejects(answer, { code: 'tables_failed', status: 503 });
  clearInterval(alive);
  await assert.rejects(
    places.take(atOnce, async () => 'x'),
    busy,
  );
  slow[0]!.resolve('late');
  slow[1]!.reject(new Error('late'));
  await Promise.allSettled(slow.map(({ promise }) => promise));
  await new Promise(setImmediate);
  assert.equal(await places.take(atOnce, async () => 'x'), 'x');
});

test('getting ready takes a place, but not the time of the answer, and a failure frees the place', async () => {
  const places = createPlaces(1, 1_000);
  const opening = Promise.withResolvers<void>();
  const first = places.take(
    () => opening.promise,
    async () => 'x',
  );
  await assert.rejects(
    places.take(atOnce, async () => 'y'),
    busy,
  );
  opening.resolve();
  assert.equal(await first, 'x');
  const broken = () => Promise.reject(new Error('broken'));
  for (let n = 0; n < 3; n++) {
    await assert.rejects(
      places.take(broken, async () => 'x'),
      { message: 'broken' },
    );
    await assert.rejects(places.take(atOnce, broken), { message: 'broken' });
  }
  assert.equal(await places.take(atOnce, async () => 'x'), 'x');
});
