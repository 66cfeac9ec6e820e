import { TributaryError } from '@tributary/protocol';

const X402_PREFIX = 'invalid_batch_settlement_evm_';

/** Why a payment on a channel is refused: the names of x402 `batch-settlement` without its prefix, then our own. */
const REASONS = [
  'channel_not_found',
  'channel_id_mismatch',
  'channel_id_invalid',
  'channel_busy',
  'payload_type',
  'token_mismatch',
  'receiver_mismatch',
  'receiver_authorizer_mismatch',
  'withdraw_delay_mismatch',
  'withdraw_delay_out_of_range',
  'voucher_signature',
  'cumulative_amount_mismatch',
  'cumulative_exceeds_balance',
  'cumulative_below_claimed',
  'insufficient_balance',
  'charge_exceeds_signed_cumulative',
  'refund_no_balance',
  'refund_amount_invalid',
  'refund_transaction_failed',
  'deposit_below_min_deposit',
  'deposit_simulation_failed',
  'deposit_transaction_failed',
  'erc3009_authorization_required',
  'payload_authorization_valid_before',
  'payload_authorization_valid_after',
  'receive_authorization_signature',
  'verification_state_unavailable',
  'payer_authorizer_required',
  'withdrawal_pending',
  'reservation_signature',
  'reservation_expired',
  'reservation_amount',
  'reservation_body',
  'request_replayed',
] as const;

/** Why a payment on a channel was refused; the `code` of the error. */
export type Reason = (typeof REASONS)[number];

/** The error for a refused payment: status 402, the reason as code. */
export function refuse(
  reason: Reason,
  message: string,
  options: { hint?: string; retryable?: boolean; param?: string; cause?: unknown } = {},
): TributaryError {
  return new TributaryError(reason, message, { status: 402, ...options });
}

/** The x402 error code of a refusal, for the header `PAYMENT-REQUIRED`; other errors keep their own code. */
export function x402Reason(error: TributaryError): string {
  return (REASONS as readonly string[]).includes(error.code) ? X402_PREFIX + error.code : error.code;
}
