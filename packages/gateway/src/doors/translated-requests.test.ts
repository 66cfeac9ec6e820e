import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Hex32, hashRequest } from '@tributary/protocol';
import { z } from 'zod';
import type { ReadAsking } from '../http/form.ts';
import { readCompletions } from './completions/index.ts';
import { readEmbeddings } from './embeddings/index.ts';
import { readMessages } from './messages/index.ts';
import { readResponses } from './responses/index.ts';
import { ask } from './test-support.ts';

/** What those who check a receipt recompute has to stay what the gateway hashes. */

const READERS: Record<string, ReadAsking> = {
  '/v1/responses': readResponses,
  '/v1/completions': readCompletions,
  '/v1/embeddings': readEmbeddings,
  '/v1/messages': readMessages,
};

const Body = z.record(z.string(), z.unknown());
const { salt, cases } = z
  .object({
    salt: Hex32,
    cases: z.array(z.object({ path: z.string(), body: Body, hashed: Body, requestHash: Hex32 })),
  })
  .parse(
    JSON.parse(readFileSync(new URL('../../../../spec/vectors/translated-requests.json', import.meta.url), 'utf8')),
  );

for (const [i, { path, body, hashed, requestHash }] of cases.entries()) {
  test(`case ${i} of ${path} is translated as the specification says`, () => {
    const { raw } = ask(READERS[path]!, body).parsed;
    assert.deepEqual(raw, hashed);
    assert.equal(hashRequest(salt, raw), requestHash);
  });
}
