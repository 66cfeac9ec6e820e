import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeNode, startTestGateway } from '../test-support.ts';

// An honest receipt beside an answer that cannot be passed on: its provider must not be paid, nor its payer kept waiting.

const hello = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two' }] };
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const MANY = `[${'[],'.repeat(300_000)}[]]`;

for (const [what, logprobs] of [
  ['nested beyond the stack', DEEP],
  ['of hundreds of thousands of lists', MANY],
] as const) {
  for (const stream of [false, true]) {
    test(`attack: ${stream ? 'a stream that ends' : 'an answer'} with logprobs ${what} charges and pays nobody`, async (t) => {
      const echo = await startFakeNode(t);
      echo.node.logprobs = logprobs;
      const gateway = await startTestGateway(t, [echo]);
      const response = await gateway.ask({ ...hello, stream });
      const text = await response.text();
      assert.match(text, /provider_malformed/);
      assert.equal(gateway.charged(), 0n);
      assert.equal(gateway.receipts.length, 0);
      gateway.expectNothingOpen();
    });
  }
}

test('attack: a retry of a request whose answer could not be passed on is answered, not kept waiting', async (t) => {
  const echo = await startFakeNode(t);
  echo.node.logprobs = DEEP;
  const gateway = await startTestGateway(t, [echo]);
  const retry = { 'x-stainless-retry-count': '1' };
  assert.equal((await gateway.ask(hello)).status, 502);
  assert.equal((await gateway.ask(hello, retry)).status, 502);
  echo.node.logprobs = '{"content":[]}';
  assert.equal((await gateway.ask(hello, retry)).status, 200);
});
