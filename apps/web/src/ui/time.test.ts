import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago } from './time.ts';

test('how long ago, in words', () => {
  assert.equal(ago(100, 102), 'now');
  assert.equal(ago(100, 50), 'now');
  assert.equal(ago(0, 42), '42 seconds ago');
  assert.equal(ago(0, 60), '1 minute ago');
  assert.equal(ago(0, 7_300), '2 hours ago');
  assert.equal(ago(0, 86_400), 'yesterday');
  assert.equal(ago(0, 86_400 * 15), '2 weeks ago');
  assert.equal(ago(0, 86_400 * 800), '2 years ago');
});
