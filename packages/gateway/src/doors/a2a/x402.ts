import type { PaymentRequired, SettleResponse } from '@tributary/payments';
import type { TributaryError } from '@tributary/protocol';
import type { Unpaid } from '../agents/ask-chat.ts';

/**
 * Payments by x402's A2A extension, standalone flow: what is asked for, the payment and its receipts are metadata of messages.
 * Version 0.1 differs in its name only.
 */
export const X402_EXTENSIONS = [
  'https://github.com/google-agentic-commerce/a2a-x402/blob/main/spec/v0.2',
  'https://github.com/google-a2a/a2a-x402/v0.1',
] as const;

type Metadata = Record<string, unknown>;

/** What a message says of a payment. */
export interface Submitted {
  payment: unknown;
  /** The client will not pay. */
  rejected: boolean;
}

export function submittedIn(metadata: Metadata | undefined): Submitted {
  return {
    payment: metadata?.['x402.payment.payload'] ?? undefined,
    rejected: metadata?.['x402.payment.status'] === 'payment-rejected',
  };
}

/** Codes of the extension by parts of ours; the first that fits. */
const CODES: readonly [RegExp, string][] = [
  [/insufficient|balance|low/, 'INSUFFICIENT_FUNDS'],
  [/valid_before|valid_after|expire/, 'EXPIRED_PAYMENT'],
  [/nonce|replay/, 'DUPLICATE_NONCE'],
  [/network|chain/, 'NETWORK_MISMATCH'],
  [/amount|value|cumulative/, 'INVALID_AMOUNT'],
  [/signature/, 'INVALID_SIGNATURE'],
];

function codeOf(error: TributaryError): string {
  return CODES.find(([pattern]) => pattern.test(error.code))?.[1] ?? 'SETTLEMENT_FAILED';
}

/** A payment that only has to be made anew: the price or the channel's total has moved meanwhile. */
function mayBeRepeated(error: TributaryError): boolean {
  return error.code === 'payment_required' || error.code.includes('cumulative_amount_mismatch');
}

/** What a task says whose question is not paid. `failed` when a payment was made and is worth nothing. */
export function unpaidMetadata(
  { error }: Unpaid,
  required: PaymentRequired,
  wasPaid: boolean,
): { failed: boolean; metadata: Metadata } {
  const failed = wasPaid && !mayBeRepeated(error);
  const network = required.accepts[0]?.network ?? '';
  const receipt = { success: false, errorReason: error.message, transaction: '', network };
  return {
    failed,
    metadata: {
      'x402.payment.status': failed ? 'payment-failed' : 'payment-required',
      'x402.payment.required': required,
      ...(wasPaid ? { 'x402.payment.error': codeOf(error), 'x402.payment.receipts': [receipt] } : {}),
    },
  };
}

export function paidMetadata(settled: SettleResponse): Metadata {
  return { 'x402.payment.status': 'payment-completed', 'x402.payment.receipts': [settled] };
}

export const REJECTED: Metadata = { 'x402.payment.status': 'payment-rejected' };
