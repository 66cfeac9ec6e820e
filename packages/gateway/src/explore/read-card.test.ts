import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardedFetch } from '@tributary/work';
import fc from 'fast-check';
import { MAX_CARD_BYTES, readCard } from './read-card.ts';

/** A web on which every address answers the same. */
function web(body: string, status = 200): GuardedFetch {
  const response = { status, headers: {}, url: '', bytes: Buffer.from(body), text: () => body, json: () => body };
  return Object.assign(async () => response, { close: async () => undefined });
}
const noWeb = Object.assign(async () => assert.fail('nothing is fetched'), { close: async () => undefined });
const nothing = { name: '', description: '', model: '', content: null };

test('cards are read from data URIs, encoded or not, and a few words are a name', async () => {
  const json = JSON.stringify({ name: 'Words', description: 'Many\nwords', kind: 'dataset' });
  const words = { name: 'Words', description: 'Many words', model: '', content: json };
  for (const uri of [
    `data:application/json,${encodeURIComponent(json)}`,
    `data:application/json;base64,${Buffer.from(json).toString('base64')}`,
    `data:,${encodeURIComponent(json)}`,
  ])
    assert.deepEqual(await readCard(uri, noWeb), words);
  assert.deepEqual(await readCard('data:,a%20small%20model', noWeb), { ...nothing, name: 'a small model' });
});

test('a service’s card names the model that it offers', async () => {
  const card = { provider: 'Ann', model: { id: 'ann/echo', name: 'Echo', description: 'Says it again' } };
  const read = await readCard('https://ann.example/services/0x1', web(JSON.stringify({ card, signature: '0x' })));
  assert.deepEqual([read.name, read.description, read.model], ['Echo', 'Says it again', 'ann/echo']);
});

test('of other addresses nothing is known, and what is no card is said to be none', async () => {
  for (const uri of ['ipfs://bafy', '', 'file:///etc/passwd', 'data:', 'data:,%zz', 'javascript:alert(1)'])
    assert.deepEqual(await readCard(uri, noWeb), nothing, uri);
  const broken = { code: 'card_unreadable' };
  await assert.rejects(readCard('https://x.example', web('<html>')), broken);
  await assert.rejects(readCard('https://x.example', web('[1]')), broken);
  await assert.rejects(readCard('https://x.example', web('{}', 404)), broken);
});

test('attack: deep, large and misleading cards cost nothing and mislead nobody', async () => {
  const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  await assert.rejects(readCard('https://x.example', web(deep)), { code: 'card_unreadable' });
  assert.equal((await readCard(`data:,${encodeURIComponent(deep)}`, noWeb)).content, null);
  assert.deepEqual(await readCard(`data:,${'x'.repeat(3 * MAX_CARD_BYTES)}`, noWeb), nothing);
  const name = `Ann\u202egnp.exe\0\n${'x'.repeat(1_000)}`;
  const read = await readCard(`data:,${encodeURIComponent(JSON.stringify({ name }))}`, noWeb);
  assert.match(read.name, /^Ann gnp\.exe x+$/);
  assert.equal(read.name.length, 128);
});

test('attack: a string that never ends costs no more than its length', async () => {
  const begun = performance.now();
  const read = await readCard(`data:,${'"\\'.repeat(MAX_CARD_BYTES / 2)}`, noWeb);
  assert.equal(read.content, null);
  assert.ok(performance.now() - begun < 500);
  const quoted = JSON.stringify({ name: `say "${'['.repeat(100)}" \\` });
  assert.equal((await readCard(`data:,${encodeURIComponent(quoted)}`, noWeb)).content, quoted);
});

test('whatever stands in a data URI, reading it ends with a name of one clean line', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.jsonValue().map((v) => JSON.stringify({ name: v, model: v })),
  );
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom('', ';base64', 'text/plain;charset=utf-8'), async (data, form) => {
      const card = await readCard(`data:${form},${data}`, noWeb);
      for (const value of [card.name, card.description, card.model]) {
        assert.ok(value.length <= 2_000 && value.isWellFormed());
        assert.doesNotMatch(value, /[\p{Cc}\p{Cf}]/u);
      }
      if (card.content !== null) JSON.parse(card.content);
    }),
    { numRuns: 500 },
  );
});
