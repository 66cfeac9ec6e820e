import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encryptKey } from '@tributary/chain/keystore';
import { type Hex, toHex } from '@tributary/protocol';
import { readPrivateKey } from './hot-key.ts';

const key: Hex = toHex(new Uint8Array(32).fill(5));

test('a key in a keystore file opens with the password of its variable, and with no other', async () => {
  const keystore = join(await mkdtemp(join(tmpdir(), 'node-key-')), 'key.json');
  await writeFile(keystore, JSON.stringify(await encryptKey(key, 'correct', 2)));
  const config = { keystore, passwordEnv: 'KEY_PASSWORD' };
  assert.equal(await readPrivateKey(config, { KEY_PASSWORD: 'correct' }), key);
  await assert.rejects(readPrivateKey(config, { KEY_PASSWORD: 'wrong' }), { code: 'wrong_password' });
  await assert.rejects(readPrivateKey(config, {}), { code: 'no_password' });
});

test('a file that is no keystore is refused', async () => {
  const keystore = join(await mkdtemp(join(tmpdir(), 'node-key-')), 'key.json');
  const config = { keystore, passwordEnv: 'KEY_PASSWORD' };
  await assert.rejects(readPrivateKey(config, { KEY_PASSWORD: 'x' }), { code: 'bad_keystore' });
  await writeFile(keystore, '{}');
  await assert.rejects(readPrivateKey(config, { KEY_PASSWORD: 'x' }), { code: 'bad_keystore' });
});
