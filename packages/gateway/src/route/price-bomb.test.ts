import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeNode, startTestGateway } from '../test-support.ts';

// Anybody may register a service, also one that nobody can pay. What it asks must not be what others have to set aside.

const ask = (model: string) => ({ model, messages: [{ role: 'user', content: 'one two' }] });

for (const [name, perRequest, deposit] of [
  ['more than any answer is worth', 10n ** 30n, 1_000_000n],
  ['more than this payer has', 900_000n, 10_000n],
] as const) {
  for (const model of ['tributary/echo', 'auto']) {
    test(`attack: a service that asks ${name} keeps nobody from asking ${model}`, async (t) => {
      const honest = await startFakeNode(t);
      const thief = await startFakeNode(t, { price: { perRequest }, deterministic: true });
      const gateway = await startTestGateway(t, [thief, honest], { deposit });
      const response = await gateway.ask(ask(model));
      assert.equal(response.status, 200, await response.clone().text());
      assert.deepEqual([honest.node.asked, thief.node.asked], [1, 0]);
      gateway.expectNothingOpen();
    });
  }
}

test('a payer without money for any of them is told so', async (t) => {
  const gateway = await startTestGateway(t, [await startFakeNode(t), await startFakeNode(t)], { deposit: 10n });
  const response = await gateway.ask(ask('tributary/echo'));
  assert.equal(response.status, 402);
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'insufficient_balance');
});
