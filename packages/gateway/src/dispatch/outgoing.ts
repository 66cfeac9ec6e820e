import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { TributaryError } from '@tributary/protocol';
import { Pool } from 'undici';

/** Connections kept open to one node at most. */
const MAX_CONNECTIONS = 256;
const CONNECT_TIMEOUT_MS = 5_000;

/** Addresses that are not on the public internet (RFC 6890 and multicast). */
const notPublic = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv6');
}

/** True for addresses that strangers' URLs may name. IPv4 inside IPv6 counts as IPv4. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return !notPublic.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

function refusal(host: string): TributaryError {
  return new TributaryError('private_address', `${host} is not a public address.`, {
    status: 502,
    hint: 'Set allowPrivateEndpoints for a network of your own.',
  });
}

/** Resolves names, refusing those that lead to private addresses: checked at each connection, so a name cannot change its mind. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const found = addresses.filter((a) => isPublicAddress(a.address));
    const first = found[0];
    if (!first) return callback(refusal(hostname), '', 0);
    if (options.all) callback(null, found);
    else callback(null, first.address, first.family);
  });
};

/** Connections to strangers' endpoints, one pool for each origin. */
export interface Outgoing {
  /** @throws `private_address` when the URL names one and that is not allowed */
  pool(url: string): Pool;
  close(): Promise<void>;
}

export function createOutgoing(allowPrivate: boolean): Outgoing {
  const pools = new Map<string, Pool>();
  return {
    pool(url) {
      const { origin, hostname } = new URL(url);
      const known = pools.get(origin);
      if (known) return known;
      // A literal address is never looked up.
      const literal = hostname.replace(/^\[|\]$/g, '');
      if (!allowPrivate && isIP(literal) !== 0 && !isPublicAddress(literal)) throw refusal(hostname);
      const pool = new Pool(origin, {
        connections: MAX_CONNECTIONS,
        connect: { timeout: CONNECT_TIMEOUT_MS, ...(allowPrivate ? {} : { lookup: publicLookup }) },
        keepAliveTimeout: 30_000,
      });
      pools.set(origin, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((p) => p.destroy()));
      pools.clear();
    },
  };
}
