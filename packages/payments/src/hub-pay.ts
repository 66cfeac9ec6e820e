import { sameHex } from '@tributary/protocol';
import { authorizerOf } from './api-key.ts';
import type { ReadChannel } from './hub-channels.ts';
import type { HubBookOptions, ReserveRequest } from './hub-types.ts';
import { refuse } from './refusals.ts';
import { checkCeiling, checkReservation, checkVoucherSignature } from './vouchers.ts';

/** Throws 402 unless the one who asks may use the channel for this request, at `now` (unix seconds). */
export function checkPay(options: HubBookOptions, channel: ReadChannel, request: ReserveRequest, now: number): void {
  const { pay, amount } = request;
  if (pay.kind === 'apiKey') {
    if (!sameHex(authorizerOf(pay.apiKey, options.curve), channel.config.payerAuthorizer)) {
      throw refuse('voucher_signature', 'This API key does not belong to the channel.');
    }
    return;
  }
  const { voucher } = pay;
  if (pay.kind === 'x402') {
    checkVoucherSignature(options, channel.id, channel.config, voucher);
    const expected = channel.charged + amount;
    if (voucher.maxClaimableAmount !== expected) {
      throw refuse(
        'cumulative_amount_mismatch',
        `The voucher promises ${voucher.maxClaimableAmount}, expected ${expected} (${channel.charged} charged + ${amount}).`,
        { hint: 'Take the charged total from the answer and sign again.' },
      );
    }
    checkCeiling(voucher.maxClaimableAmount, channel.onChain);
    return;
  }
  const request402 = { requestId: request.requestId, amount, bodyHash: pay.bodyHash, now };
  checkReservation(options, channel.id, channel.config, pay.reservation, request402);
  const needed = channel.charged + channel.reserved + amount;
  const raises = !channel.voucher || voucher.maxClaimableAmount > channel.voucher.maxClaimableAmount;
  // A voucher below the best one is not looked at: parallel requests arrive in any order.
  if (raises) {
    checkVoucherSignature(options, channel.id, channel.config, voucher);
    checkCeiling(voucher.maxClaimableAmount, channel.onChain);
  }
  const ceiling = raises ? voucher.maxClaimableAmount : channel.voucher!.maxClaimableAmount;
  if (ceiling < needed) {
    throw refuse(
      'cumulative_amount_mismatch',
      `The vouchers promise ${ceiling}, needed are ${needed} (${channel.charged} charged + ${channel.reserved} reserved + ${amount}).`,
      { hint: 'Sign a voucher of at least that total and send the request again.' },
    );
  }
}
