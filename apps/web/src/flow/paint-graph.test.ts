import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CARD_HEIGHT, CARD_WIDTH, type Layout } from './graph-layout.ts';
import { cardAt, cardTowards } from './paint-graph.ts';

const layout: Layout = {
  placed: new Map(
    [
      { id: 'a', x: 0, y: 0 },
      { id: 'b', x: 0, y: 100 },
      { id: 'c', x: 400, y: 0 },
      { id: 'd', x: 400, y: 100 },
    ].map((p) => [p.id, p]),
  ),
  width: 600,
  height: 160,
};
const scene = { layout, cards: [], streams: [] };

test('arrow keys lead to the nearest card that way, and stay where there is none', () => {
  assert.equal(cardTowards(layout, null, 1, 0), 'a');
  assert.equal(cardTowards(layout, 'a', 1, 0), 'c');
  assert.equal(cardTowards(layout, 'a', 0, 1), 'b');
  assert.equal(cardTowards(layout, 'd', -1, 0), 'b');
  assert.equal(cardTowards(layout, 'd', 0, 1), 'd');
});

test('a point of the screen is found on the card that is drawn there', () => {
  const view = { x: 50, y: 20, scale: 0.5, width: 800, height: 600 };
  assert.equal(cardAt(scene, view, 51, 21), 'a');
  assert.equal(cardAt(scene, view, 50 + 400 * 0.5 + 1, 20 + (100 + CARD_HEIGHT) * 0.5 - 1), 'd');
  assert.equal(cardAt(scene, view, 50 + (CARD_WIDTH + 5) * 0.5, 21), null);
});
