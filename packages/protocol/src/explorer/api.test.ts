import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { explorerApi, explorerPath } from './api.ts';

test('every call has a path of its own, and its path and its params name the same', () => {
  const paths = Object.values(explorerApi).map((call) => call.path);
  assert.equal(new Set(paths).size, paths.length);
  for (const { path, params } of Object.values(explorerApi)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(params.shape), named, path);
  }
});

test('a path is filled and encoded, and what is undefined is left out', () => {
  const account = `0x${'ab'.repeat(20)}`;
  assert.equal(explorerPath(explorerApi.holders, { account }), `/tributary/assets/${account}/holders`);
  assert.equal(
    explorerPath(explorerApi.search, {}, { q: 'a b&c', limit: 5, cursor: undefined }),
    '/tributary/search?q=a+b%26c&limit=5',
  );
  assert.equal(explorerPath(explorerApi.party, { agentId: '../1' }), '/tributary/parties/..%2F1');
});

test('every answer and every query can be described as JSON Schema', () => {
  for (const { answer, query } of Object.values(explorerApi)) {
    for (const schema of [answer, query]) assert.equal(typeof z.toJSONSchema(schema, { io: 'input' }), 'object');
  }
});

test('limits and cursors are of their form, and what is unknown is refused', () => {
  const accepts = (query: Record<string, string>) => explorerApi.assets.query.safeParse(query).success;
  for (const good of ['1', '1000']) assert.equal(accepts({ limit: good }), true, good);
  for (const bad of ['0', '1001', '-1', '1e2', ' 5', '', '0x5', '05'])
    assert.equal(accepts({ limit: bad }), false, bad);
  for (const bad of ['', 'a b', 'A', '../x', 'x'.repeat(129)]) assert.equal(accepts({ cursor: bad }), false, bad);
  assert.equal(accepts({ more: '1' }), false);
});
