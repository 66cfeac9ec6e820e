import { isIPv6 } from 'node:net';
import type { Caller } from '@tributary/work';

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** Groups of an IPv6 address that make its network: one subscriber has all the addresses in it. */
const NETWORK_GROUPS = 4;

/**
 * Where a caller comes from, to count what it does: an IPv4 address, or the network (/64) of an IPv6 one. Behind a proxy on this
 * machine it is whom the proxy names last; what comes before that, the caller may have invented.
 */
export function remoteOf(caller: Pick<Caller, 'address' | 'header'>): string {
  const named = LOOPBACK.test(caller.address) ? caller.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return networkOf(named || caller.address);
}

function networkOf(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4) return v4;
  if (!isIPv6(address)) return address.slice(0, 64);
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...rest];
  return `${all
    .slice(0, NETWORK_GROUPS)
    .map((g) => g.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
