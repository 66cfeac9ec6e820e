import {
  type Address,
  type ChannelConfig,
  channelDigests,
  type Hex32,
  hashAttribution,
  type Receipt,
  type Reservation,
  receiptDigests,
  toHex,
  type Voucher,
  ZERO_32,
} from '@tributary/protocol';
import { type ApiKey, authorizerOf } from './api-key.ts';
import { curve } from './curve.ts';
import type { OnChain } from './on-chain.ts';

/** Keys, addresses and builders for tests of the books. */

export const CHAIN_ID = 31_337;
export const CHANNELS: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';
export const RECEIPT_LOG: Address = `0x${'1e'.repeat(20)}`;
export const TOKEN: Address = `0x${'70'.repeat(20)}`;
export const SPOKE_AUTHORIZER: Address = `0x${'5a'.repeat(20)}`;
export const SERVICE: Address = `0x${'5e'.repeat(20)}`;
export const NOW = 1_767_225_600;

export const digests = channelDigests(CHAIN_ID, CHANNELS);
export const receipts = receiptDigests(CHAIN_ID, RECEIPT_LOG);

export function key(n: number): Uint8Array {
  return new Uint8Array(32).fill(n);
}
export const payerKey = key(1);
export const voucherKey = key(2);
export const gatewayKey = key(3);
export const nodeKey = key(4);
export const payer = curve.addressOf(payerKey);
export const gateway = curve.addressOf(gatewayKey);
export const node = curve.addressOf(nodeKey);

export const terms = { receiver: gateway, receiverAuthorizer: gateway, token: TOKEN };

export function hubConfig(changes: Partial<ChannelConfig> = {}): ChannelConfig {
  return {
    payer,
    payerAuthorizer: curve.addressOf(voucherKey),
    receiver: gateway,
    receiverAuthorizer: gateway,
    token: TOKEN,
    withdrawDelay: 900,
    salt: ZERO_32,
    ...changes,
  };
}

export function apiKeyConfig(apiKey: ApiKey): ChannelConfig {
  return hubConfig({ payerAuthorizer: authorizerOf(apiKey, curve) });
}

export function spokeConfig(changes: Partial<ChannelConfig> = {}): ChannelConfig {
  return hubConfig({
    payer: gateway,
    payerAuthorizer: gateway,
    receiver: SERVICE,
    receiverAuthorizer: SPOKE_AUTHORIZER,
    ...changes,
  });
}

export function onChain(balance: bigint, changes: Partial<OnChain> = {}): OnChain {
  return { balance, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n, ...changes };
}

export function id(n: number): Hex32 {
  return `0x${n.toString(16).padStart(64, '0')}`;
}

export function voucher(channelId: Hex32, maxClaimableAmount: bigint, by: Uint8Array = voucherKey): Voucher {
  return { channelId, maxClaimableAmount, signature: curve.sign(digests.voucher(channelId, maxClaimableAmount), by) };
}

export const BODY_HASH: Hex32 = toHex(key(9));

export function reservation(
  channelId: Hex32,
  requestId: Hex32,
  amount: bigint,
  changes: Partial<Reservation> = {},
  by: Uint8Array = voucherKey,
): Reservation {
  const unsigned = { requestId, bodyHash: BODY_HASH, amount, expiresAt: NOW + 300, ...changes };
  const signature = curve.sign(digests.reservation({ ...unsigned, channelId }), by);
  return { ...unsigned, signature, ...changes };
}

export function receipt(n: number, price: bigint, changes: Partial<Receipt> = {}): Receipt {
  return {
    requestId: id(n),
    service: SERVICE,
    agentId: 7n,
    requestHash: id(1),
    responseHash: id(2),
    modelDigest: id(3),
    promptTokens: 10,
    completionTokens: 20,
    token: TOKEN,
    price,
    attributionHash: hashAttribution([]),
    issuedAt: NOW,
    ...changes,
  };
}
