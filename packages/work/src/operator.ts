import { createHash, timingSafeEqual } from 'node:crypto';
import { TributaryError } from '@tributary/protocol';

/** Who may operate a daemon. */
export interface OperatorTerms {
  /** Whoever brings it as Bearer is the operator; when there is one, nobody else is. */
  token: string | undefined;
  /** Base URL by which others reach the daemon. */
  publicUrl: string;
}

/** What is known of a caller. */
export interface OperatorCaller {
  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined;
  /** The socket's other end. */
  remoteAddress: string | undefined;
}

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

function sameSecret(given: string, secret: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}

/** True for a URL that only programs on this machine can reach. */
export function isLocalUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Lets only the operator through: whoever brings the token; or, for a daemon without one that only this machine can reach, a
 * program on this machine. A daemon that others reach stands behind a proxy, whose requests come from this machine as well,
 * so there only a token tells the operator.
 *
 * @throws `operator_only`: 401 without the token, 403 where none is configured
 */
export function requireOperator(caller: OperatorCaller, { token, publicUrl }: OperatorTerms): void {
  if (token !== undefined) {
    const given = /^Bearer\s+(\S+)$/i.exec(caller.header('authorization') ?? '')?.[1];
    if (given !== undefined && sameSecret(given, token)) return;
    throw new TributaryError('operator_only', 'This needs the operator token.', {
      status: 401,
      hint: 'Send Authorization: Bearer with the operatorToken of the configuration.',
    });
  }
  if (!isLocalUrl(publicUrl)) {
    throw new TributaryError(
      'operator_only',
      `Others reach this daemon at ${publicUrl}, and it has no operator token.`,
      {
        status: 403,
        hint: 'Set operatorToken in the configuration (or TRIBUTARY_OPERATOR_TOKEN), and send it as Bearer.',
      },
    );
  }
  // A browser names the page it acts for and a proxy whom it speaks for: in both cases the caller is not this machine.
  const isBorrowed = ['origin', 'forwarded', 'x-forwarded-for'].some((h) => caller.header(h) !== undefined);
  if (!isBorrowed && LOOPBACK.test(caller.remoteAddress ?? '')) return;
  throw new TributaryError('operator_only', 'Only programs on the daemon’s own machine may do this.', {
    status: 403,
    hint: 'Set operatorToken in the configuration to allow it from elsewhere.',
  });
}
