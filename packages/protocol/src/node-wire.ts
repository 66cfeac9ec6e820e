import { z } from 'zod';
import { ChannelConfig } from './channel.ts';
import { type Address, type Hex32, SignatureHex } from './hex.ts';
import { Amount } from './money.ts';
import { digestOf, domainSeparator, structHash, textHash } from './typed-data.ts';

/** What a gateway sends to a node, beside the client's own body (spec/wire.md). */

/** Header names, in the lower case in which Node hands them out. */
export const NODE_HEADERS = {
  session: 'tributary-session',
  request: 'tributary-request',
  salt: 'tributary-salt',
  service: 'tributary-service',
  maxPrice: 'tributary-max-price',
} as const;

/** The furthest ahead a session may end, seconds. */
export const MAX_SESSION_SECONDS = 86_400;

/** `POST /sessions`: proof that the caller holds the voucher key of a spoke channel. */
export const SessionRequest = z.object({
  config: ChannelConfig,
  /** Unix seconds, at most `MAX_SESSION_SECONDS` ahead. */
  expiresAt: z.number().int().nonnegative(),
  /** By `config.payerAuthorizer` over `sessionDigest`. */
  signature: SignatureHex,
});
export type SessionRequest = z.infer<typeof SessionRequest>;

/** Answer to `POST /sessions`. */
export const SessionGrant = z.object({
  token: z.string().min(1).max(1024),
  /** End of the last payment that the node has on disk. */
  coveredTo: Amount,
  expiresAt: z.number().int().nonnegative(),
});
export type SessionGrant = z.infer<typeof SessionGrant>;

/** Answer to `POST /payments`, whose body is `PaymentsBody` of packages/payments. */
export const PaymentsAccepted = z.object({ coveredTo: Amount });

const SESSION_TYPEHASH = textHash('Session(bytes32 channelId,string endpoint,uint64 expiresAt)');

/** What the voucher key signs to open a session at one node. */
export function sessionDigest(
  chainId: number,
  receiptLog: Address,
  session: { channelId: Hex32; endpoint: string; expiresAt: number },
): Uint8Array {
  const domain = domainSeparator('Tributary', '1', chainId, receiptLog);
  return digestOf(
    domain,
    structHash(SESSION_TYPEHASH, [session.channelId, textHash(session.endpoint), session.expiresAt]),
  );
}
