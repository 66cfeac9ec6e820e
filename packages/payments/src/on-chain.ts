import {
  type Address,
  type ChannelConfig,
  MAX_WITHDRAW_DELAY_SECONDS,
  MIN_WITHDRAW_DELAY_SECONDS,
  sameHex,
  ZERO_ADDRESS,
} from '@tributary/protocol';
import { refuse } from './refusals.ts';

/** What `Channels` knows of a channel, base units of its token. */
export interface OnChain {
  /** Everything deposited less refunds and withdrawals; claims do not reduce it. */
  balance: bigint;
  totalClaimed: bigint;
  /** Unix seconds of a pending withdrawal's announcement; 0 when none is pending. */
  withdrawRequestedAt: number;
  refundNonce: bigint;
}

/** What a receiver demands of a channel before it serves on it. */
export interface Terms {
  receiver: Address;
  /** Claims and refunds are made in its name. */
  receiverAuthorizer: Address;
  token: Address;
  /** Least withdrawal delay accepted, seconds; the time to claim in when the payer leaves. Default and least: 900. */
  minWithdrawDelaySeconds?: number;
}

/** Throws a 402 `TributaryError` unless a channel is one that a receiver with these terms can serve safely. */
export function checkTerms(config: ChannelConfig, terms: Terms): void {
  if (!sameHex(config.receiver, terms.receiver)) {
    throw refuse('receiver_mismatch', `The channel pays ${config.receiver}, expected ${terms.receiver}.`);
  }
  if (!sameHex(config.receiverAuthorizer, terms.receiverAuthorizer)) {
    throw refuse(
      'receiver_authorizer_mismatch',
      `The channel's receiverAuthorizer is ${config.receiverAuthorizer}, expected ${terms.receiverAuthorizer}.`,
    );
  }
  if (!sameHex(config.token, terms.token)) {
    throw refuse('token_mismatch', `The channel holds token ${config.token}, expected ${terms.token}.`);
  }
  const least = Math.max(terms.minWithdrawDelaySeconds ?? 0, MIN_WITHDRAW_DELAY_SECONDS);
  if (config.withdrawDelay < least || config.withdrawDelay > MAX_WITHDRAW_DELAY_SECONDS) {
    throw refuse(
      'withdraw_delay_out_of_range',
      `The channel's withdrawDelay is ${config.withdrawDelay} s, expected ${least} to ${MAX_WITHDRAW_DELAY_SECONDS} s.`,
    );
  }
  // Without a session key the voucher is checked against the payer, which may gain code (EIP-7702) that then says no.
  if (sameHex(config.payerAuthorizer, ZERO_ADDRESS)) {
    throw refuse('payer_authorizer_required', 'The channel has no payerAuthorizer.', {
      hint: 'Open a channel whose payerAuthorizer is a key of its own.',
    });
  }
}
