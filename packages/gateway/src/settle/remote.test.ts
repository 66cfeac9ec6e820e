import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteOf } from './remote.ts';

const from = (address: string, forwarded?: string) =>
  remoteOf({ address, header: (name) => (name === 'x-forwarded-for' ? (forwarded ?? null) : null) });

test('a caller is its address, or its network of IPv6', () => {
  assert.equal(from('203.0.113.7'), '203.0.113.7');
  assert.equal(from('::ffff:203.0.113.7'), '203.0.113.7');
  for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3', '2001:0db8:0001:0002::', '2001:DB8:1:2::9']) {
    assert.equal(from(address), '2001:db8:1:2::/64');
  }
  assert.equal(from('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(from('::1'), '0:0:0:0::/64');
});

test('a proxy on this machine names the caller; others name nobody', () => {
  assert.equal(from('127.0.0.1', '203.0.113.7'), '203.0.113.7');
  assert.equal(from('127.0.0.1', 'invented, 203.0.113.7'), '203.0.113.7');
  assert.equal(from('198.51.100.1', '203.0.113.7'), '198.51.100.1');
  assert.equal(from('127.0.0.1', ''), '127.0.0.1');
  assert.equal(from('127.0.0.1', 'x'.repeat(1_000)).length, 64);
});
