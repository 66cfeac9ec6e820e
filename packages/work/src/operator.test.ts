import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLocalUrl, type OperatorTerms, requireOperator } from './operator.ts';

const TOKEN = 'a-token-of-the-operator';
const LOCAL = 'http://127.0.0.1:8787';

function statusOf(
  terms: Partial<OperatorTerms>,
  headers: Record<string, string> = {},
  remoteAddress: string | undefined = '127.0.0.1',
): number {
  try {
    requireOperator(
      { header: (name) => headers[name], remoteAddress },
      { token: undefined, publicUrl: LOCAL, ...terms },
    );
    return 200;
  } catch (error) {
    assert.equal((error as { code: string }).code, 'operator_only');
    return (error as { status: number }).status;
  }
}

test('without a token the operator is a program on this machine, not a page in its browser, not a proxy', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.equal(statusOf({}, {}, address), 200);
  for (const address of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', undefined as never]) {
    assert.equal(statusOf({}, {}, address ?? ''), 403);
  }
  assert.equal(statusOf({}, { origin: 'https://evil.example' }), 403);
  assert.equal(statusOf({}, { 'x-forwarded-for': '127.0.0.1' }), 403);
  assert.equal(statusOf({}, { forwarded: 'for=127.0.0.1' }), 403);
});

test('with a token only the token counts', () => {
  assert.equal(statusOf({ token: TOKEN }), 401);
  assert.equal(statusOf({ token: TOKEN }, { authorization: `Bearer ${TOKEN}x` }), 401);
  assert.equal(statusOf({ token: TOKEN }, { authorization: `Bearer ${TOKEN}` }, '10.0.0.1'), 200);
});

test('attack: a stranger comes through a proxy that names nobody', () => {
  for (const publicUrl of [
    'https://gate.example',
    'http://192.168.1.7:8787',
    'http://[fd00::1]:1',
    'http://127.evil.example',
  ]) {
    assert.equal(statusOf({ publicUrl }), 403, publicUrl);
    assert.equal(statusOf({ publicUrl, token: TOKEN }, { authorization: `Bearer ${TOKEN}` }), 200);
  }
});

test('local are the names of this machine only', () => {
  for (const url of [LOCAL, 'http://localhost', 'http://[::1]:8787', 'http://127.1']) assert.ok(isLocalUrl(url), url);
  for (const url of ['http://localhost.example', 'http://0.0.0.0', 'http://[::]']) assert.ok(!isLocalUrl(url), url);
});
