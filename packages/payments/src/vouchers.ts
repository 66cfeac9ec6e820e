import {
  type ChannelConfig,
  type ChannelDigests,
  type Curve,
  type Hex32,
  type Reservation,
  sameHex,
  type Voucher,
} from '@tributary/protocol';
import type { OnChain } from './on-chain.ts';
import { refuse } from './refusals.ts';

const MAX_RESERVATION_SECONDS = 600;

/** Throws a 402 unless the voucher is for this channel and signed by its payerAuthorizer in a form the contract takes. */
export function checkVoucherSignature(
  { digests, curve }: { digests: ChannelDigests; curve: Curve },
  channelId: Hex32,
  config: ChannelConfig,
  voucher: Voucher,
): void {
  if (!sameHex(voucher.channelId, channelId)) {
    throw refuse('channel_id_mismatch', `The voucher is for channel ${voucher.channelId}, expected ${channelId}.`);
  }
  const signer = curve.recover(digests.voucher(channelId, voucher.maxClaimableAmount), voucher.signature);
  if (signer === null || !sameHex(signer, config.payerAuthorizer)) {
    throw refuse('voucher_signature', "The voucher is not signed by the channel's payerAuthorizer.", {
      hint: 'Sign with that key: 65 bytes, low s, v 27 or 28, for this chain and settlement contract.',
    });
  }
}

/** Throws a 402 unless a voucher's ceiling can still be claimed: above what is claimed, within the deposit. */
export function checkCeiling(ceiling: bigint, onChain: OnChain): void {
  if (ceiling > onChain.balance) {
    throw refuse(
      'cumulative_exceeds_balance',
      `The voucher promises ${ceiling}, the channel holds ${onChain.balance}.`,
      {
        hint: 'Deposit more into the channel.',
      },
    );
  }
  if (ceiling < onChain.totalClaimed) {
    throw refuse('cumulative_below_claimed', `The voucher promises ${ceiling}, claimed are ${onChain.totalClaimed}.`);
  }
}

/** Throws a 402 unless the reservation is for this request, body and amount, in time, and the payerAuthorizer's. */
export function checkReservation(
  { digests, curve }: { digests: ChannelDigests; curve: Curve },
  channelId: Hex32,
  config: ChannelConfig,
  reservation: Reservation,
  request: { requestId: Hex32; amount: bigint; bodyHash: Hex32; now: number },
): void {
  if (!sameHex(reservation.requestId, request.requestId)) {
    throw refuse('reservation_signature', `The reservation is for request ${reservation.requestId}.`);
  }
  if (reservation.amount < request.amount) {
    throw refuse(
      'reservation_amount',
      `The request may cost ${request.amount} base units, the reservation allows ${reservation.amount}.`,
      { hint: 'Reserve at least the quoted amount.' },
    );
  }
  if (reservation.expiresAt <= request.now || reservation.expiresAt > request.now + MAX_RESERVATION_SECONDS) {
    throw refuse(
      'reservation_expired',
      `The reservation ends at ${reservation.expiresAt}, expected ${request.now + 1} to ${request.now + MAX_RESERVATION_SECONDS}.`,
    );
  }
  if (!sameHex(reservation.bodyHash, request.bodyHash)) {
    throw refuse('reservation_body', 'The reservation is for another request body.');
  }
  const signer = curve.recover(digests.reservation({ ...reservation, channelId }), reservation.signature);
  if (signer === null || !sameHex(signer, config.payerAuthorizer)) {
    throw refuse('reservation_signature', "The reservation is not signed by the channel's payerAuthorizer.");
  }
}
