import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startFakeNode, startTestGateway } from '../test-support.ts';

test('attack: a node that forgets its payments again and again does not keep the gateway reading its journal', async (t) => {
  const thief = await startFakeNode(t);
  const gateway = await startTestGateway(t, [thief]);
  const hello = { model: 'tributary/echo', messages: [{ role: 'user', content: 'one two' }] };
  const service = gateway.catalog.all()[0]!;
  for (let i = 0; i < 2; i++) assert.equal((await gateway.ask(hello)).status, 200);
  await gateway.core.delivery.deliver(service);
  assert.equal(gateway.spokes.channels()[0]?.undelivered, 0);

  thief.node.forgets = true;
  assert.equal((await gateway.ask(hello)).status, 200);
  const sent = thief.node.deliveries;
  await assert.rejects(gateway.core.delivery.deliver(service), { code: 'provider_error' });
  await pause(0);
  assert.ok(thief.node.deliveries - sent <= 3, `${thief.node.deliveries - sent} deliveries`);
  assert.ok(gateway.journalReads() <= 1, `${gateway.journalReads()} readings of the journal`);
});
