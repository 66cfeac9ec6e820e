import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Address, type Hex32, TributaryError } from '@tributary/protocol';

/** What a session token says: which spoke channel pays for which service, and until when. */
export interface Session {
  channelId: Hex32;
  service: Address;
  /** Unix seconds. */
  expiresAt: number;
}

/** Makes and reads session tokens. The node remembers no session: a token is an HMAC of its own contents. */
export interface SessionTokens {
  issue(session: Session): string;
  /** Throws 401 `session_expired` for a token that is old, altered, or not ours. */
  read(token: string | undefined, nowSeconds: number): Session;
}

const TOKEN = /^(0x[0-9a-f]{64})\.(0x[0-9a-f]{40})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})$/;
/** Bounds the memory of `known`; each entry is about 300 bytes. */
const REMEMBERED = 4096;

function refused(message: string): TributaryError {
  return new TributaryError('session_expired', message, {
    status: 401,
    param: 'Tributary-Session',
    hint: 'Make a new session with POST /sessions.',
  });
}

/** Tokens under one secret of at least 32 bytes. */
export function createSessionTokens(secret: Uint8Array): SessionTokens {
  const mac = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  // A gateway sends the same token with each request; the HMAC is worth doing once.
  const known = new Map<string, Session>();

  function verify(token: string): Session {
    const m = TOKEN.exec(token);
    if (!m) throw refused('Tributary-Session is not a session token.');
    const body = token.slice(0, token.lastIndexOf('.'));
    if (!timingSafeEqual(mac(body), Buffer.from(m[4]!, 'base64url'))) throw refused('Tributary-Session is not ours.');
    return { channelId: m[1] as Hex32, service: m[2] as Address, expiresAt: Number(m[3]) };
  }

  return {
    issue({ channelId, service, expiresAt }) {
      const body = `${channelId}.${service}.${expiresAt}`;
      return `${body}.${mac(body).toString('base64url')}`;
    },
    read(token, nowSeconds) {
      if (!token) throw refused('The header Tributary-Session is missing.');
      const session = known.get(token) ?? verify(token);
      if (session.expiresAt <= nowSeconds) {
        known.delete(token);
        throw refused('The session has ended.');
      }
      if (!known.has(token)) {
        if (known.size >= REMEMBERED) known.clear();
        known.set(token, session);
      }
      return session;
    },
  };
}

/** The node's own secret, made on first use and readable by its user only. It lets sessions outlive a restart. */
export async function sessionSecret(home: string): Promise<Uint8Array> {
  const file = join(home, 'session.key');
  try {
    await writeFile(file, randomBytes(32), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const secret = await readFile(file);
  if (secret.length === 32) return secret;
  // Cut short by a crash at first start: nothing was signed with it that anybody relies on.
  const fresh = randomBytes(32);
  await writeFile(file, fresh, { mode: 0o600 });
  await chmod(file, 0o600);
  return fresh;
}
