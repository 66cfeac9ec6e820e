import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { decryptKey, encryptKey } from './keystore.ts';

/** The two test vectors of the Web3 Secret Storage definition; password `testpassword`. */
const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const PBKDF2 = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
const SCRYPT = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};

test('decryptKey opens the published vectors', async () => {
  assert.equal(await decryptKey(PBKDF2, 'testpassword'), KEY);
  assert.equal(await decryptKey(SCRYPT, 'testpassword'), KEY);
});

test('what encryptKey wrote opens with its password only', async () => {
  const file = JSON.parse(JSON.stringify(await encryptKey(KEY, 'pässword', 2 ** 12)));
  assert.equal(file.address, '008aeeda4d805471df9b2a5b0f38a0c3bcba786b');
  assert.equal(await decryptKey(file, 'pässword'), KEY);
  await assert.rejects(decryptKey(file, 'password'), { name: 'TributaryError', code: 'wrong_password' });
});

test('a file of another key under this address is refused', async () => {
  const file = await encryptKey(KEY, 'p', 2 ** 12);
  await assert.rejects(decryptKey({ ...file, address: '00'.repeat(20) }, 'p'), { code: 'bad_keystore' });
});

test('work factors that would take the machine away are refused', async () => {
  const crypto = { ...SCRYPT.crypto, kdfparams: { ...SCRYPT.crypto.kdfparams, n: 2 ** 30 } };
  await assert.rejects(decryptKey({ ...SCRYPT, crypto }, 'x'), { code: 'bad_keystore' });
});

test('any other JSON is refused with a TributaryError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await assert.rejects(decryptKey(value, 'x'), (e) => TributaryError.is(e));
    }),
  );
});
