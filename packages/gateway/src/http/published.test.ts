import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_32 } from '@tributary/protocol';
import { startFakeNode, startTestGateway } from '../test-support.ts';
import { publishedRpc } from './published.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client in JavaScript would read them.
type Json = any;

test('attack: the salt that hides a short question is not in the published receipt', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t)]);
  const question = { model: 'tributary/echo', messages: [{ role: 'user', content: 'is it me?' }] };
  const own = ((await (await gateway.ask(question)).json()) as Json).tributary.receipt;
  assert.notEqual(own.salt, ZERO_32);
  const published = await (await fetch(`${gateway.url}/tributary/receipts/${own.receipt.requestId}`)).json();
  assert.deepEqual(published, { ...own, salt: ZERO_32 });
});

test('attack: the key in an RPC provider’s URL is not shown to strangers', () => {
  for (const secret of [
    'https://mainnet.example.com/v3/0123456789abcdef',
    'https://rpc.example.com/?key=0123456789abcdef',
    'https://name:0123456789abcdef@rpc.example.com',
  ]) {
    assert.equal(publishedRpc(secret), undefined);
  }
  assert.equal(publishedRpc('http://127.0.0.1:8545'), 'http://127.0.0.1:8545');
});
