import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { TributaryError } from '@tributary/protocol';
import type { Context } from 'hono';

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

function same(a: string, b: string): boolean {
  const hash = (s: string) => createHash('sha256').update(s).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/**
 * Lets only the operator through: whoever brings the token, or, when none is configured, a program on this machine.
 * Throws 401 or 403.
 */
export function requireOperator(c: Context<{ Bindings: HttpBindings }>, operatorToken: string | undefined): void {
  if (operatorToken !== undefined) {
    const given = /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (given !== undefined && same(given, operatorToken)) return;
    throw new TributaryError('operator_only', 'This needs the operator token of the node.', {
      status: 401,
      hint: 'Send Authorization: Bearer with the operatorToken of the node’s configuration.',
    });
  }
  // A browser names the page it acts for and a proxy whom it speaks for: in both cases the asker is not this machine.
  const borrowed = ['origin', 'forwarded', 'x-forwarded-for'].some((h) => c.req.header(h) !== undefined);
  if (!borrowed && LOOPBACK.test(c.env.incoming.socket.remoteAddress ?? '')) return;
  throw new TributaryError('operator_only', 'Only programs on the node’s own machine may do this.', {
    status: 403,
    hint: 'Set operatorToken in the configuration to allow it from elsewhere.',
  });
}
