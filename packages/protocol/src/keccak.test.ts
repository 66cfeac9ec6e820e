import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keccak as noble } from './keccak-noble.ts';
import { keccak as wasm } from './keccak-wasm.ts';

test('both Keccaks agree on any bytes, and earlier digests stay what they were', () => {
  const earlier: { bytes: Uint8Array; digest: Uint8Array }[] = [];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      earlier.push({ bytes, digest: wasm(bytes) });
    }),
  );
  for (const { bytes, digest } of earlier) assert.deepEqual(digest, noble(bytes));
});
