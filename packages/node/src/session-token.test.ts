import assert from 'node:assert/strict';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';
import { createSessionTokens, type Session, sessionSecret } from './session-token.ts';

const session: Session = {
  channelId: `0x${'ab'.repeat(32)}`,
  service: `0x${'cd'.repeat(20)}`,
  expiresAt: 2_000_000_000,
};
const tokens = createSessionTokens(new Uint8Array(32).fill(7));
const expired = { code: 'session_expired', status: 401 };

test('a token says what it was made for', () => {
  assert.deepEqual(tokens.read(tokens.issue(session), 1_999_999_999), session);
});

test('a token ends at its time, also when it was seen before', () => {
  const token = tokens.issue(session);
  tokens.read(token, 1_999_999_999);
  assert.throws(() => tokens.read(token, 2_000_000_000), expired);
});

test('no token, and a token of another node, are refused', () => {
  assert.throws(() => tokens.read(undefined, 0), expired);
  const other = createSessionTokens(new Uint8Array(32).fill(8));
  assert.throws(() => tokens.read(other.issue(session), 0), expired);
});

test('any change of a token is refused', () => {
  const token = tokens.issue(session);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      // The last digit of base64url has two unused bits: another digit may stand for the same bytes.
      fc.pre(changed !== token && at !== token.length - 1);
      assert.throws(() => tokens.read(changed, 0), expired);
    }),
  );
});

test('strings of strangers raise no other error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => tokens.read(text, 0), expired);
    }),
  );
});

test('the secret is made once, private, and kept', async () => {
  const home = await mkdtemp(join(tmpdir(), 'node-secret-'));
  const first = await sessionSecret(home);
  assert.deepEqual(await sessionSecret(home), first);
  assert.equal((await stat(join(home, 'session.key'))).mode & 0o777, 0o600);
});

test('a secret that a crash cut short is made anew', async () => {
  const home = await mkdtemp(join(tmpdir(), 'node-secret-'));
  await writeFile(join(home, 'session.key'), 'abc');
  const secret = await sessionSecret(home);
  assert.equal(secret.length, 32);
  assert.deepEqual(await readFile(join(home, 'session.key')), secret as Buffer);
});
