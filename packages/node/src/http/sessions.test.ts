import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_ADDRESS } from '@tributary/protocol';
import fc from 'fast-check';
import { ask, id, openSession, post, sessionBody, spokeConfig, startTestNode } from '../test-support.ts';

async function problemOf(response: Response) {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const problem = (await response.json()) as { type: string; status: number; param?: string };
  assert.equal(problem.status, response.status);
  return {
    status: problem.status,
    code: problem.type.replace('urn:tributary:error:', ''),
    param: problem.param ?? null,
  };
}

test('a session says where the node’s payments end', async (t) => {
  const node = await startTestNode(t, { onChain: { totalClaimed: 70n } });
  const body = sessionBody(node.url);
  const grant = (await (await post(`${node.url}/sessions`, body)).json()) as Record<string, unknown>;
  assert.equal(grant.coveredTo, '70');
  assert.equal(grant.expiresAt, body.expiresAt);
  assert.equal(typeof grant.token, 'string');
});

test('making a session again is harmless and writes nothing new', async (t) => {
  const node = await startTestNode(t);
  await openSession(node);
  await openSession(node);
  assert.equal(node.journal.length, 1);
});

const refusals: [string, (url: string) => unknown, number, string, string | null][] = [
  ['an end in the past', (url) => sessionBody(url, spokeConfig(), -1), 400, 'invalid_value', 'expiresAt'],
  ['an end beyond a day', (url) => sessionBody(url, spokeConfig(), 86_500), 400, 'invalid_value', 'expiresAt'],
  ['another endpoint', () => sessionBody('http://elsewhere'), 401, 'session_signature', 'signature'],
  [
    'a key that is not the channel’s',
    (url) => sessionBody(url, spokeConfig({ payerAuthorizer: `0x${'12'.repeat(20)}` })),
    401,
    'session_signature',
    'signature',
  ],
  [
    'no voucher key at all',
    (url) => sessionBody(url, spokeConfig({ payerAuthorizer: ZERO_ADDRESS })),
    401,
    'session_signature',
    'signature',
  ],
  [
    'a receiver elsewhere',
    (url) => sessionBody(url, spokeConfig({ receiver: `0x${'12'.repeat(20)}` })),
    404,
    'service_not_found',
    'config.receiver',
  ],
  [
    'an operator’s key as receiverAuthorizer',
    (url) => sessionBody(url, spokeConfig({ receiverAuthorizer: `0x${'12'.repeat(20)}` })),
    402,
    'receiver_authorizer_mismatch',
    null,
  ],
  [
    'another token',
    (url) => sessionBody(url, spokeConfig({ token: `0x${'12'.repeat(20)}` })),
    402,
    'token_mismatch',
    null,
  ],
  [
    'too short a delay',
    (url) => sessionBody(url, spokeConfig({ withdrawDelay: 899 })),
    402,
    'withdraw_delay_out_of_range',
    null,
  ],
  ['no config', (url) => ({ ...sessionBody(url), config: undefined }), 400, 'invalid_value', 'config'],
  [
    'a malformed address',
    (url) => ({ ...sessionBody(url), config: { ...spokeConfig(), payer: 'me' } }),
    400,
    'invalid_value',
    'config.payer',
  ],
  ['a short signature', (url) => ({ ...sessionBody(url), signature: '0x12' }), 400, 'invalid_value', 'signature'],
  ['a time that is text', (url) => ({ ...sessionBody(url), expiresAt: 'soon' }), 400, 'invalid_value', 'expiresAt'],
];
for (const [what, make, status, code, param] of refusals) {
  test(`a session with ${what} is refused`, async (t) => {
    const node = await startTestNode(t);
    assert.deepEqual(await problemOf(await post(`${node.url}/sessions`, make(node.url))), { status, code, param });
    assert.equal(node.journal.length, 0);
  });
}

test('a malleable signature is refused', async (t) => {
  const node = await startTestNode(t);
  const body = sessionBody(node.url);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = BigInt(`0x${body.signature.slice(66, 130)}`);
  const v = body.signature.endsWith('1b') ? '1c' : '1b';
  const signature = `${body.signature.slice(0, 66)}${(order - s).toString(16).padStart(64, '0')}${v}`;
  const problem = await problemOf(await post(`${node.url}/sessions`, { ...body, signature }));
  assert.equal(problem.code, 'session_signature');
});

test('a channel with a pending withdrawal, and an empty one, get no session', async (t) => {
  const leaving = await startTestNode(t, { onChain: { withdrawRequestedAt: 1 } });
  assert.equal(
    (await problemOf(await post(`${leaving.url}/sessions`, sessionBody(leaving.url)))).code,
    'withdrawal_pending',
  );
  const empty = await startTestNode(t, { onChain: { balance: 5n, totalClaimed: 5n } });
  assert.equal(
    (await problemOf(await post(`${empty.url}/sessions`, sessionBody(empty.url)))).code,
    'insufficient_balance',
  );
});

test('the chain is not asked about sessions that are not signed', async (t) => {
  const node = await startTestNode(t);
  await post(`${node.url}/sessions`, sessionBody('http://elsewhere'));
  assert.equal(node.chain.reads, 0);
});

test('a token outlives the process that made it, once its channel was looked at', async (t) => {
  const first = await startTestNode(t);
  const token = await openSession(first);
  const second = await startTestNode(t);
  assert.equal((await ask(second, token, id(1), 'a')).status, 401);
  await openSession(second);
  assert.equal((await ask(second, token, id(1), 'a')).status, 200);
});

test('no bytes of strangers raise an internal error', async (t) => {
  const node = await startTestNode(t);
  const field = fc.constantFrom('config', 'expiresAt', 'signature', 'x');
  await fc.assert(
    fc.asyncProperty(fc.json(), field, fc.jsonValue(), async (text, name, value) => {
      assert.ok((await post(`${node.url}/sessions`, text)).status < 500);
      assert.ok((await post(`${node.url}/sessions`, { ...sessionBody(node.url), [name]: value })).status < 500);
    }),
    { numRuns: 100 },
  );
});
