import { isIP } from 'node:net';
import { TributaryError } from '@tributary/protocol';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

function hostnameOf(host: string | null): string | null {
  if (!host) return null;
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return null;
  }
}

function originHostOf(origin: string): string | null {
  try {
    return new URL(origin).hostname || null;
  } catch {
    return null;
  }
}

/** A bare address cannot be rebound: only names can. */
const isAddress = (hostname: string) => isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;

function foreign(header: string, value: string | null): TributaryError {
  return new TributaryError('foreign_host', `${header} ${JSON.stringify(value ?? '')} is not one of this gateway’s.`, {
    status: 403,
    hint: 'Set publicUrl to the name by which the gateway is reached.',
  });
}

/**
 * Refuses what a web page gets by pointing its own name at this machine (DNS rebinding): names in `Host` must be ours, and where
 * we have no public name, pages must be this machine's own. Under our public name any page may call: nothing here rests on
 * cookies or on where a caller sits.
 *
 * @throws `foreign_host` (403)
 */
export function refuseForeignHosts(headers: Headers, publicUrl: string): void {
  const own = hostnameOf(URL.canParse(publicUrl) ? new URL(publicUrl).host : null);
  const host = headers.get('host');
  const hostname = hostnameOf(host);
  if (hostname === null || !(LOCAL.has(hostname) || hostname === own || isAddress(hostname)))
    throw foreign('Host', host);
  const origin = headers.get('origin');
  if (origin === null) return;
  const isPublic = hostname === own && !LOCAL.has(hostname);
  const from = originHostOf(origin);
  if (from === null || !(isPublic || LOCAL.has(from) || from === hostname)) throw foreign('Origin', origin);
}
