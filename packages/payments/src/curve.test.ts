import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Hex, noble, toHex } from '@tributary/protocol';
import fc from 'fast-check';
import { curve, curveIsNative } from './curve.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = bytes32.filter((b) => b[0] !== 0xff && b.some((x) => x !== 0));

test('the addon is loaded where its prebuilt binary exists', (t) => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return t.skip('no prebuilt addon for this platform');
  assert.ok(curveIsNative);
});

test('the native curve and noble give the same signatures, addresses and signers', () => {
  fc.assert(
    fc.property(bytes32, key, (digest, k) => {
      const signature = curve.sign(digest, k);
      assert.equal(signature, noble.sign(digest, k));
      assert.equal(curve.addressOf(k), noble.addressOf(k));
      assert.equal(curve.recover(digest, signature), curve.addressOf(k));
    }),
    { numRuns: 100 },
  );
});

test('both refuse or accept the same strangers’ signatures', () => {
  const signature = fc
    .tuple(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.constantFrom(0, 1, 27, 28, 29))
    .map(([rs, v]) => toHex(Uint8Array.of(...rs, v)));
  const anything = fc.oneof(
    signature,
    fc.string().map((s) => `0x${s}` as Hex),
  );
  fc.assert(
    fc.property(bytes32, anything, (digest, s) => {
      assert.equal(curve.recover(digest, s), noble.recover(digest, s));
    }),
    { numRuns: 300 },
  );
});
