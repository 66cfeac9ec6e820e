import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, type Hex, toHex } from './hex.ts';
import { HALF_ORDER, noble, parseSignature } from './signature.ts';

// Account 0 of the public test mnemonic "test test … junk".
const KEY = fromHex('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
const ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';

test('the address of a published key', () => assert.equal(noble.addressOf(KEY), ADDRESS));

test('whatever is signed recovers to the signer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
      assert.equal(noble.recover(digest, noble.sign(digest, KEY)), ADDRESS);
    }),
    { numRuns: 25 },
  );
});

test('malleable and malformed signatures are refused', () => {
  const digest = new Uint8Array(32).fill(7);
  const good = noble.sign(digest, KEY);
  const bytes = fromHex(good);
  const order = HALF_ORDER * 2n + 1n;
  const highS = fromHex(`0x${(order - BigInt(toHex(bytes.subarray(32, 64)))).toString(16).padStart(64, '0')}`);
  const malleable = Uint8Array.from(bytes);
  malleable.set(highS, 32);
  malleable[64] = bytes[64] === 27 ? 28 : 27;
  const v = (n: number) => toHex(Uint8Array.from([...bytes.subarray(0, 64), n]));
  const bad: Hex[] = [toHex(malleable), v(0), v(1), v(29), toHex(bytes.subarray(0, 64)), '0x', `${good}00`];
  for (const signature of bad)
    assert.equal(parseSignature(signature) && noble.recover(digest, signature), null, signature);
});
