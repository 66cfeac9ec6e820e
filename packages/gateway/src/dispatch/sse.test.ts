import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sseData } from './sse.ts';

async function* bytes(parts: Uint8Array[]) {
  yield* parts;
}

async function read(parts: (string | Uint8Array)[]): Promise<string[]> {
  const out: string[] = [];
  for await (const data of sseData(bytes(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : p)))))
    out.push(data);
  return out;
}

test('comments, other fields and empty events are passed over; several data lines are one event, half an event is none', async () => {
  assert.deepEqual(await read([': hi\n\nevent: x\ndata: a\ndata:b\n\n\n\ndata: c']), ['a\nb']);
});

test('events are the same wherever the bytes are cut', async () => {
  const event = fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[\r\n]/g, ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(200)),
      async (events, end, cuts) => {
        const whole = Buffer.from(events.map((e) => `data: ${e}${end}${end}`).join(''));
        const at = [...new Set(cuts.map((c) => c % (whole.length + 1)))].sort((a, b) => a - b);
        const parts = [0, ...at].map((from, i) => whole.subarray(from, [...at, whole.length][i]));
        assert.deepEqual(await read(parts), events);
      },
    ),
  );
});

test('an event without end is refused at a mebibyte', async () => {
  await assert.rejects(read(['data: ', ...Array.from({ length: 40 }, () => 'x'.repeat(64 * 1024))]), {
    code: 'provider_malformed',
  });
});
