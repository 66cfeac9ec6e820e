import { z } from 'zod';
import { canonicalJson, saltedHash, sha256Hex } from './hash.ts';
import { Address, Hex32, SignatureHex } from './hex.ts';
import { Amount } from './money.ts';
import { digestOf, domainSeparator, structHash, textHash } from './typed-data.ts';

/** Whose data an answer used: one line for each cited document. */
export const Attribution = z.object({
  /** The dataset asset. */
  dataset: Address,
  /** The document's name inside the dataset. */
  document: z.string().max(1024),
  /** SHA-256 of the document's bytes. */
  documentHash: Hex32,
  /** Who contributed it. */
  contributor: Address,
  /** Share of this answer, parts per million; all lines together at most one million. */
  weightPpm: z.number().int().min(0).max(1_000_000),
});
export type Attribution = z.infer<typeof Attribution>;

/** What a provider signs for one answer. */
export const Receipt = z.object({
  requestId: Hex32,
  /** The service's account, which is paid. */
  service: Address,
  /** The provider's ERC-8004 identity; its agentWallet signs. */
  agentId: Amount,
  /** `hashRequest` of what was asked. */
  requestHash: Hex32,
  /** `hashAnswer` of what was answered. */
  responseHash: Hex32,
  modelDigest: Hex32,
  promptTokens: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 53 - 1),
  completionTokens: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 53 - 1),
  token: Address,
  /** What the service earns, base units of `token`. */
  price: Amount,
  /** `hashAttribution` of the data used. */
  attributionHash: Hex32,
  /** Unix seconds. */
  issuedAt: z.number().int().nonnegative(),
});
export type Receipt = z.infer<typeof Receipt>;

/**
 * Where a receipt sits in the money: the half-open interval [from, to) of the gateway's cumulative promise to the
 * service, and of the payer's to the gateway. The gateway signs it: the one who pays numbers its own promises, so an
 * answer lost on the way leaves no gap. For x402 `exact` the payer's channel is zero and `payerTo` the sum transferred.
 */
export const Payment = z.object({
  receiptHash: Hex32,
  channelId: Hex32,
  from: Amount,
  to: Amount,
  payerChannelId: Hex32,
  payerFrom: Amount,
  payerTo: Amount,
});
export type Payment = z.infer<typeof Payment>;

/** A receipt with everything needed to check it: signatures, salt and attribution. This is what a user keeps. */
export const SignedReceipt = z.object({
  chainId: z.number().int().positive(),
  /** The ReceiptLog contract: the EIP-712 verifying contract, and where roots are posted. */
  receiptLog: Address,
  receipt: Receipt,
  signature: SignatureHex,
  salt: Hex32,
  attribution: z.array(Attribution).max(256),
  payment: Payment,
  paymentSignature: SignatureHex,
});
export type SignedReceipt = z.infer<typeof SignedReceipt>;

const RECEIPT_TYPEHASH = textHash(
  'Receipt(bytes32 requestId,address service,uint256 agentId,bytes32 requestHash,bytes32 responseHash,bytes32 modelDigest,uint64 promptTokens,uint64 completionTokens,address token,uint128 price,bytes32 attributionHash,uint64 issuedAt)',
);
const PAYMENT_TYPEHASH = textHash(
  'Payment(bytes32 receiptHash,bytes32 channelId,uint128 from,uint128 to,bytes32 payerChannelId,uint128 payerFrom,uint128 payerTo)',
);

/** Digests of receipts and payments for one ReceiptLog on one chain, domain ("Tributary", "1"). */
export interface ReceiptDigests {
  /** The receipt's EIP-712 digest: what the provider signs, and the receipt's name (`receiptHash`) everywhere. */
  receipt(r: Receipt): Uint8Array;
  payment(p: Payment): Uint8Array;
}

export function receiptDigests(chainId: number, receiptLog: Address): ReceiptDigests {
  const domain = domainSeparator('Tributary', '1', chainId, receiptLog);
  return {
    receipt: (r) =>
      digestOf(
        domain,
        structHash(RECEIPT_TYPEHASH, [
          r.requestId,
          r.service,
          r.agentId,
          r.requestHash,
          r.responseHash,
          r.modelDigest,
          r.promptTokens,
          r.completionTokens,
          r.token,
          r.price,
          r.attributionHash,
          r.issuedAt,
        ]),
      ),
    payment: (p) =>
      digestOf(
        domain,
        structHash(PAYMENT_TYPEHASH, [
          p.receiptHash,
          p.channelId,
          p.from,
          p.to,
          p.payerChannelId,
          p.payerFrom,
          p.payerTo,
        ]),
      ),
  };
}

/** Fields of a chat request that say where it goes and how it is paid or framed, not what is asked; left out of the hash. */
const NOT_ASKED = new Set([
  'model',
  'models',
  'provider',
  'stream',
  'stream_options',
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'encoding_format',
]);

/** Salted hash of what was asked: the request body without routing and framing fields. */
export function hashRequest(salt: Hex32, body: Record<string, unknown>): Hex32 {
  const asked: Record<string, unknown> = {};
  for (const [k, v] of Object.entries(body)) if (!NOT_ASKED.has(k) && v !== null && v !== undefined) asked[k] = v;
  return saltedHash(salt, asked);
}

/** The parts of an assistant message that are hashed. */
export interface AnswerMessage {
  content: string | null;
  refusal?: string | null | undefined;
  tool_calls?: readonly unknown[] | undefined;
  /** Vectors, each as `packVector` writes it, where texts were embedded instead of answered. */
  embeddings?: readonly string[] | undefined;
}

/** Salted hash of what was answered: text, refusal, tool calls or vectors, the same for streamed and whole answers. */
export function hashAnswer(salt: Hex32, message: AnswerMessage): Hex32 {
  return saltedHash(salt, {
    content: message.content ?? '',
    ...(message.refusal ? { refusal: message.refusal } : {}),
    ...(message.tool_calls?.length ? { tool_calls: message.tool_calls } : {}),
    ...(message.embeddings?.length ? { embeddings: message.embeddings } : {}),
  });
}

/** Hash of the attribution lines in their given order; published beside the leaves without any text of the answer. */
export function hashAttribution(lines: readonly Attribution[]): Hex32 {
  return sha256Hex(canonicalJson(lines));
}
