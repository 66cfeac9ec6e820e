import { z } from 'zod';
import { Address, Hex32, SignatureHex } from './hex.ts';
import { Amount } from './money.ts';
import { arrayHash, digestOf, domainSeparator, hex32, structHash, textHash } from './typed-data.ts';

/** The seven immutable facts of a channel (x402 batch-settlement `ChannelConfig`). */
export const ChannelConfig = z.object({
  payer: Address,
  /** The key that signs vouchers. Zero means the payer itself; we accept only channels where it is not zero. */
  payerAuthorizer: Address,
  receiver: Address,
  receiverAuthorizer: Address,
  token: Address,
  /** Seconds between asking for a withdrawal and getting it, 900 to 2 592 000. */
  withdrawDelay: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40 - 1),
  salt: Hex32,
});
export type ChannelConfig = z.infer<typeof ChannelConfig>;

export const MIN_WITHDRAW_DELAY_SECONDS = 900;
export const MAX_WITHDRAW_DELAY_SECONDS = 2_592_000;

/** A promise to pay up to `maxClaimableAmount` over the life of a channel. Cumulative: the highest one counts. */
export const Voucher = z.object({
  channelId: Hex32,
  maxClaimableAmount: Amount,
  signature: SignatureHex,
});
export type Voucher = z.infer<typeof Voucher>;

/** x402's canonical settlement contract and collectors, the same on every chain (package constants of @x402/evm 2.27.0). */
export const CANONICAL = {
  channels: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003',
  erc3009Collector: '0x4020806089470a89826cb9fb1f4059150b550004',
  permit2Collector: '0x4020425faf3b746c082c2f942b4e5159887b0005',
} as const;

const CHANNEL_CONFIG_TYPEHASH = textHash(
  'ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)',
);
const VOUCHER_TYPEHASH = textHash('Voucher(bytes32 channelId,uint128 maxClaimableAmount)');
const REFUND_TYPEHASH = textHash('Refund(bytes32 channelId,uint256 nonce,uint128 amount)');
const CLAIM_ENTRY_TYPE = 'ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)';
const CLAIM_ENTRY_TYPEHASH = textHash(CLAIM_ENTRY_TYPE);
const CLAIM_BATCH_TYPEHASH = textHash(`ClaimBatch(ClaimEntry[] claims)${CLAIM_ENTRY_TYPE}`);
/** Ours: binds one request to one voucher, so a captured voucher cannot pay for another question. */
const RESERVATION_TYPEHASH = textHash(
  'Reservation(bytes32 channelId,bytes32 requestId,bytes32 bodyHash,uint128 amount,uint64 expiresAt)',
);

/** Digests of everything that is signed for one `Channels` contract on one chain. */
export interface ChannelDigests {
  channelId(config: ChannelConfig): Hex32;
  voucher(channelId: Hex32, maxClaimableAmount: bigint): Uint8Array;
  refund(channelId: Hex32, nonce: bigint, amount: bigint): Uint8Array;
  claimBatch(entries: readonly { channelId: Hex32; maxClaimableAmount: bigint; totalClaimed: bigint }[]): Uint8Array;
  reservation(r: Omit<Reservation, 'signature'> & { channelId: Hex32 }): Uint8Array;
}

/**
 * One request's claim on a channel, carried beside the voucher by our SDK (`extensions.tributary` of the x402 payload).
 * It lets many requests share a channel at once; see spec/payments.md.
 */
export const Reservation = z.object({
  /** Random; used once. */
  requestId: Hex32,
  /** SHA-256 of the request body's bytes. */
  bodyHash: Hex32,
  /** The most this request may cost, base units. */
  amount: Amount,
  /** Unix seconds; at most 600 ahead. */
  expiresAt: z.number().int().nonnegative(),
  signature: SignatureHex,
});
export type Reservation = z.infer<typeof Reservation>;

/** The digests under a `Channels` contract's EIP-712 domain ("x402 Batch Settlement", "1"). */
export function channelDigests(chainId: number, channels: Address): ChannelDigests {
  const domain = domainSeparator('x402 Batch Settlement', '1', chainId, channels);
  return {
    channelId: (c) =>
      hex32(
        digestOf(
          domain,
          structHash(CHANNEL_CONFIG_TYPEHASH, [
            c.payer,
            c.payerAuthorizer,
            c.receiver,
            c.receiverAuthorizer,
            c.token,
            c.withdrawDelay,
            c.salt,
          ]),
        ),
      ),
    voucher: (channelId, max) => digestOf(domain, structHash(VOUCHER_TYPEHASH, [channelId, max])),
    refund: (channelId, nonce, amount) => digestOf(domain, structHash(REFUND_TYPEHASH, [channelId, nonce, amount])),
    claimBatch: (entries) =>
      digestOf(
        domain,
        structHash(CLAIM_BATCH_TYPEHASH, [
          arrayHash(
            entries.map((e) => structHash(CLAIM_ENTRY_TYPEHASH, [e.channelId, e.maxClaimableAmount, e.totalClaimed])),
          ),
        ]),
      ),
    reservation: (r) =>
      digestOf(domain, structHash(RESERVATION_TYPEHASH, [r.channelId, r.requestId, r.bodyHash, r.amount, r.expiresAt])),
  };
}
