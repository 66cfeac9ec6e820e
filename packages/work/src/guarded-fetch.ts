import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import { TributaryError } from '@tributary/protocol';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { isPublicAddress } from './address-guard.ts';

export interface GuardOptions {
  /**
   * Addresses that may be reached although they are not public: `true` for all (one machine, a test network), or a
   * function of the IP address.
   */
  allowPrivate?: boolean | ((address: string) => boolean);
  /** Until the connection stands. */
  connectMs?: number;
  /** Resolves a name to all its addresses; the system's resolver by default. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>;
}

export interface GuardedRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal;
  /** The whole exchange, redirects included. */
  timeoutMs?: number;
  /** Largest body that is taken. */
  maxBytes?: number;
  /** 0 refuses redirects. */
  maxRedirects?: number;
}

export interface GuardedResponse {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Where the answer came from after redirects. */
  url: string;
  bytes: Uint8Array;
  text(): string;
  /** The parsed body; throws `bad_json`. */
  json(): unknown;
}

/** Fetches strangers' URLs without reaching into private networks. */
export interface GuardedFetch {
  (url: string, request?: GuardedRequest): Promise<GuardedResponse>;
  close(): Promise<void>;
}

function refusal(what: string): TributaryError {
  return new TributaryError('address_refused', what, {
    hint: 'Only public addresses are reached; allow private ones in the configuration where they are meant.',
  });
}

function systemResolve(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

/**
 * An undici agent for strangers' hosts. A name is resolved once and every address it resolves to is checked before one of
 * them is connected to, so a name that changes between check and use gains nothing.
 */
export function createGuardedAgent(options: GuardOptions = {}, agent: Omit<Agent.Options, 'connect'> = {}): Agent {
  const { allowPrivate = false, connectMs = 10_000, resolve = systemResolve } = options;
  const allowed = (address: string) =>
    isPublicAddress(address) || (typeof allowPrivate === 'function' ? allowPrivate(address) : allowPrivate);

  const connect = buildConnector({
    timeout: connectMs,
    allowH2: false,
    lookup: (hostname, lookupOptions, callback) => {
      resolve(hostname).then(
        (addresses) => {
          const bad = addresses.find((a) => !allowed(a.address));
          if (bad) {
            callback(refusal(`${hostname} is at ${bad.address}, which is not a public address.`), '', 0);
          } else if (lookupOptions.all) {
            callback(null, addresses);
          } else if (addresses[0]) {
            callback(null, addresses[0].address, addresses[0].family);
          } else {
            callback(new Error(`${hostname} has no address`), '', 0);
          }
        },
        (error: NodeJS.ErrnoException) => callback(error, '', 0),
      );
    },
  });

  return new Agent({
    ...agent,
    connect: (target, callback) => {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      // Addresses written as such are not looked up.
      if (isIP(host) !== 0 && !allowed(host)) {
        callback(refusal(`${host} is not a public address.`), null);
        return;
      }
      connect(target, callback);
    },
  });
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new TributaryError('url_invalid', `${JSON.stringify(text.slice(0, 200))} is not a URL.`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TributaryError('url_invalid', `${url.protocol} addresses are not fetched; only http and https.`);
  }
  if (url.username || url.password)
    throw new TributaryError('url_invalid', 'A URL with a name or password is not fetched.');
  return url;
}

async function readAtMost(body: Dispatcher.ResponseData['body'], most: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) {
      throw new TributaryError('response_too_large', `The answer has more than ${most} bytes.`, { status: 502 });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function causeOf(error: unknown): TributaryError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (TributaryError.is(e)) return e;
  return undefined;
}

/** A fetch for strangers' URLs: http and https only, private addresses refused, redirects checked again, size and time bounded. */
export function createGuardedFetch(options: GuardOptions = {}): GuardedFetch {
  const dispatcher = createGuardedAgent(options);

  async function follow(start: URL, req: GuardedRequest, signal: AbortSignal): Promise<GuardedResponse> {
    const { maxBytes = 4 * 1024 * 1024, maxRedirects = 3 } = req;
    let url = start;
    let method = req.method ?? 'GET';
    let body = req.body;
    let headers = req.headers ?? {};
    for (let hops = 0; ; hops++) {
      const response = await request(url.href, { dispatcher, method, headers, body: body ?? null, signal });
      const location = response.headers.location;
      if (!REDIRECTS.has(response.statusCode) || typeof location !== 'string') {
        const bytes = await readAtMost(response.body, maxBytes);
        const text = () => new TextDecoder().decode(bytes);
        return {
          status: response.statusCode,
          headers: response.headers,
          url: url.href,
          bytes,
          text,
          json() {
            try {
              return JSON.parse(text());
            } catch (cause) {
              throw new TributaryError('bad_json', `${url.href} did not answer with JSON.`, { status: 502, cause });
            }
          },
        };
      }
      await response.body.dump({ limit: 16 * 1024 });
      if (hops >= maxRedirects) {
        throw new TributaryError('too_many_redirects', `${start.href} redirects more than ${maxRedirects} times.`, {
          status: 502,
        });
      }
      const next = parseUrl(URL.parse(location, url.href)?.href ?? location);
      if (next.origin !== url.origin) {
        // What was meant for one host is not shown to another.
        headers = Object.fromEntries(
          Object.entries(headers).filter(([k]) => !/^(?:authorization|cookie|tributary-.*)$/i.test(k)),
        );
      }
      if (response.statusCode === 303 || (method === 'POST' && response.statusCode <= 302)) {
        method = 'GET';
        body = undefined;
      }
      url = next;
    }
  }

  const guarded = async (url: string, req: GuardedRequest = {}): Promise<GuardedResponse> => {
    const { timeoutMs = 15_000 } = req;
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = req.signal ? AbortSignal.any([req.signal, limit]) : limit;
    try {
      return await follow(parseUrl(url), req, signal);
    } catch (error) {
      const known = causeOf(error);
      if (known) throw known;
      if (limit.aborted) {
        throw new TributaryError('fetch_timeout', `${url} did not answer within ${timeoutMs} ms.`, {
          status: 504,
          retryable: true,
          cause: error,
        });
      }
      if (req.signal?.aborted) throw req.signal.reason;
      throw new TributaryError('fetch_failed', `${url} cannot be reached.`, {
        status: 502,
        retryable: true,
        cause: error,
      });
    }
  };
  return Object.assign(guarded, { close: () => dispatcher.destroy() });
}
