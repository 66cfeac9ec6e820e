import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { ask, id, openSession, post, SERVICE, startTestNode } from '../test-support.ts';

/** The status of a request with headers that `fetch` does not let us set. */
function statusOf(url: string, method: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test('cards are served one by one and all together, byte for byte the same', async (t) => {
  const node = await startTestNode(t);
  const one = await (await fetch(`${node.url}/services/${SERVICE}`)).text();
  const all = await (await fetch(`${node.url}/services`)).text();
  assert.equal(all, `{"services":[${one}]}`);
  const upper = `0x${SERVICE.slice(2).toUpperCase()}`;
  assert.equal(await (await fetch(`${node.url}/services/${upper}`)).text(), one);
});

for (const path of ['/services/0x12', `/services/0x${'12'.repeat(20)}`, '/services/%2e%2e', '/nowhere', '/v1/models']) {
  test(`GET ${path} is a 404 in the shape of its place`, async (t) => {
    const node = await startTestNode(t);
    const response = await fetch(node.url + path);
    assert.equal(response.status, 404);
    const body = (await response.json()) as { error?: { message: string }; title?: string };
    assert.equal(typeof (path.startsWith('/v1/') ? body.error?.message : body.title), 'string');
  });
}

test('leaves are served exactly as written, and only by a root', async (t) => {
  const node = await startTestNode(t);
  await node.leaves.write(id(3), '{"leaves": []}');
  assert.equal(await (await fetch(`${node.url}/leaves/${id(3)}`)).text(), '{"leaves": []}');
  for (const bad of [id(4), '0x12', '..%2f..%2fnode.json', 'session.key']) {
    assert.equal((await fetch(`${node.url}/leaves/${bad}`)).status, 404);
  }
});

test('health is ok', async (t) => {
  const node = await startTestNode(t);
  assert.deepEqual(await (await fetch(`${node.url}/health`)).json(), { status: 'ok' });
});

test('metrics count answers and show what is uncovered', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  await ask(node, token, id(1), 'a');
  const text = await (await fetch(`${node.url}/metrics`)).text();
  assert.match(text, new RegExp(`tributary_node_answers_total\\{service="${SERVICE}",outcome="answered"\\} 1`));
  assert.match(text, new RegExp(`tributary_node_uncovered_base_units\\{service="${SERVICE}"\\} 150`));
});

test('earnings sum up each service in decimal strings', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  await ask(node, token, id(1), 'a');
  const earnings = await (await fetch(`${node.url}/tributary/earnings`)).json();
  assert.deepEqual(earnings, {
    services: [{ service: SERVICE, covered: '0', claimed: '0', uncovered: '150', lost: '0', lastClaim: null }],
  });
});

test('without a token the operator is a program on this machine, not a page in its browser, not a proxy', async (t) => {
  const node = await startTestNode(t);
  for (const path of ['claim', 'reload']) {
    const url = `${node.url}/tributary/${path}`;
    assert.equal(await statusOf(url, 'POST', { origin: 'http://evil.example' }), 403);
    assert.equal(await statusOf(url, 'POST', { 'x-forwarded-for': '127.0.0.1' }), 403);
    assert.equal(await statusOf(url, 'GET'), 404);
  }
  assert.deepEqual(node.done, { claims: 0, reloads: 0 });
  assert.equal(await statusOf(`${node.url}/tributary/claim`, 'POST'), 200);
  assert.equal(await statusOf(`${node.url}/tributary/reload`, 'POST'), 200);
  assert.deepEqual(node.done, { claims: 1, reloads: 1 });
});

test('with a token only the token counts', async (t) => {
  const operatorToken = 'a token of sixteen or more'.replaceAll(' ', '-');
  const node = await startTestNode(t, { operatorToken });
  const url = `${node.url}/tributary/claim`;
  assert.equal(await statusOf(url, 'POST'), 401);
  assert.equal(await statusOf(url, 'POST', { authorization: `Bearer ${operatorToken}x` }), 401);
  assert.equal(await statusOf(url, 'POST', { authorization: `Bearer ${operatorToken}` }), 200);
});

test('secrets stay out of the log', async (t) => {
  const node = await startTestNode(t);
  const token = await openSession(node);
  await ask(node, token, id(1), 'fail');
  await post(`${node.url}/sessions`, '{');
  const log = node.lines.join('\n');
  assert.match(log, /a request failed/);
  assert.ok(!log.includes(token));
});
