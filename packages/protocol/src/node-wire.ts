import { z } from 'zod';
import { ChannelConfig } from './channel.ts';
import { type Address, Hex32, SignatureHex } from './hex.ts';
import { Amount } from './money.ts';
import { Attribution, Payment, Receipt } from './receipt.ts';
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

/** Most entries of one `POST /payments`. */
export const MAX_PAYMENT_ENTRIES = 500;

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

/** A receipt and its place in the gateway's cumulative promise. */
export const PaymentEntry = z.object({
  receipt: Receipt,
  signature: SignatureHex,
  salt: Hex32,
  attribution: z.array(Attribution).max(256),
  payment: Payment,
  paymentSignature: SignatureHex,
});
export type PaymentEntry = z.infer<typeof PaymentEntry>;

/** `POST /payments`: entries in order and without gap, and a voucher that covers them. */
export const PaymentBatch = z.object({
  channelId: Hex32,
  voucher: z.object({ maxClaimableAmount: Amount, signature: SignatureHex }),
  entries: z.array(PaymentEntry).max(MAX_PAYMENT_ENTRIES),
});
export type PaymentBatch = z.infer<typeof PaymentBatch>;

/** Answer to `POST /payments`. */
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
