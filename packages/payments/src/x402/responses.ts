import type { Hex } from '@tributary/protocol';
import type { HubChannel } from '../hub-types.ts';
import type { ExactPayment } from './exact-types.ts';
import { networkOf } from './offers.ts';
import type { PaymentRequired, Requirements, SettleResponse } from './schemas.ts';

/** A channel as x402 clients want to see it. `charged` defaults to the book's present total. */
export function channelStateOf(channel: HubChannel, charged: bigint = channel.charged) {
  const { balance, totalClaimed, withdrawRequestedAt, refundNonce } = channel.onChain ?? {
    balance: 0n,
    totalClaimed: 0n,
    withdrawRequestedAt: 0,
    refundNonce: 0n,
  };
  return {
    channelId: channel.channelId,
    balance: balance.toString(),
    totalClaimed: totalClaimed.toString(),
    withdrawRequestedAt,
    refundNonce: refundNonce.toString(),
    chargedCumulativeAmount: charged.toString(),
  };
}

/** The 402 that tells a client whose total is behind where it stands, with its own signature as the proof. */
export function corrective(required: PaymentRequired, channel: HubChannel): PaymentRequired {
  const { voucher } = channel;
  const state = {
    channelState: channelStateOf(channel),
    ...(voucher && channel.charged <= voucher.maxClaimableAmount
      ? { voucherState: { signedMaxClaimable: voucher.maxClaimableAmount.toString(), signature: voucher.signature } }
      : {}),
  };
  const accepts = required.accepts.map(
    (offer): Requirements =>
      offer.scheme === 'batch-settlement' ? { ...offer, extra: { ...offer.extra, ...state } } : offer,
  );
  return { ...required, accepts };
}

/** `PAYMENT-RESPONSE` of a request paid by channel. */
export function chargedResponse(
  chainId: number,
  channel: HubChannel,
  charge: { payerFrom: bigint; payerTo: bigint },
  deposit: { transaction: Hex; amount: bigint } | null,
): SettleResponse {
  return {
    success: true,
    transaction: deposit?.transaction ?? '',
    network: networkOf(chainId),
    payer: channel.config.payer,
    amount: deposit?.amount.toString() ?? '',
    extra: {
      channelState: channelStateOf(channel, charge.payerTo),
      chargedAmount: (charge.payerTo - charge.payerFrom).toString(),
    },
  };
}

/** `PAYMENT-RESPONSE` of a refund. */
export function refundedResponse(
  chainId: number,
  channel: HubChannel,
  refund: { transaction: Hex; amount: bigint },
): SettleResponse {
  return {
    success: true,
    transaction: refund.transaction,
    network: networkOf(chainId),
    payer: channel.config.payer,
    amount: refund.amount.toString(),
    extra: { channelState: channelStateOf(channel) },
  };
}

/** `PAYMENT-RESPONSE` of a transfer. */
export function exactResponse(chainId: number, payment: ExactPayment, transaction: Hex): SettleResponse {
  return { success: true, transaction, network: networkOf(chainId), payer: payment.payer };
}

/** `PAYMENT-RESPONSE` of a settlement that failed. */
export function failedResponse(chainId: number, errorReason: string): SettleResponse {
  return { success: false, errorReason, transaction: '', network: networkOf(chainId) };
}
