import { Address, Amount, ChannelConfig, Hex32, Reservation, Voucher } from '@tributary/protocol';
import { z } from 'zod';

/** x402 v2 objects as they come over HTTP. Unknown fields are kept: other versions send them. */

export const X402_VERSION = 2;

export const Resource = z.looseObject({
  url: z.string().max(4096),
  description: z.string().max(4096).optional(),
  mimeType: z.string().max(256).optional(),
});
export type Resource = z.infer<typeof Resource>;

/** One way to pay. Addresses and amounts stay text, because a taken offer is compared with the one made. */
export const Requirements = z.looseObject({
  scheme: z.string().max(64),
  network: z.string().max(64),
  amount: z.string().max(78),
  asset: z.string().max(128),
  payTo: z.string().max(128),
  maxTimeoutSeconds: z.number().nonnegative(),
  extra: z.record(z.string(), z.unknown()),
});
export type Requirements = z.infer<typeof Requirements>;

/** Header `PAYMENT-REQUIRED`. */
export const PaymentRequired = z.looseObject({
  x402Version: z.literal(X402_VERSION),
  error: z.string().optional(),
  resource: Resource,
  accepts: z.array(Requirements).max(64),
  extensions: z.record(z.string(), z.unknown()).optional(),
});
export type PaymentRequired = z.infer<typeof PaymentRequired>;

/** Header `PAYMENT-SIGNATURE`. The version is checked apart, to answer another one by its number. */
export const PaymentPayload = z.looseObject({
  x402Version: z.number(),
  resource: Resource.optional(),
  accepted: Requirements,
  payload: z.record(z.string(), z.unknown()),
  extensions: z.record(z.string(), z.unknown()).optional(),
});
export type PaymentPayload = z.infer<typeof PaymentPayload>;

/** Header `PAYMENT-RESPONSE`. */
export const SettleResponse = z.looseObject({
  success: z.boolean(),
  errorReason: z.string().optional(),
  errorMessage: z.string().optional(),
  transaction: z.string(),
  network: z.string(),
  payer: z.string().optional(),
  amount: z.string().optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
});
export type SettleResponse = z.infer<typeof SettleResponse>;

/** Unix seconds or base units of a uint256 on the wire. */
const Uint256 = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,77})$/, 'expected a decimal number')
  .transform(BigInt)
  .refine((v) => v < 1n << 256n, 'exceeds uint256');

/** Checked by the curve; a malformed one is a wrong signature, not a malformed payload. */
const SignatureText = z
  .string()
  .max(4096)
  .transform((s) => s.toLowerCase() as `0x${string}`);

export const ExactPayload = z.looseObject({
  authorization: z.looseObject({
    from: Address,
    to: Address,
    value: Uint256,
    validAfter: Uint256,
    validBefore: Uint256,
    nonce: Hex32,
  }),
  signature: SignatureText,
});
export type ExactPayload = z.infer<typeof ExactPayload>;

const VoucherPart = z.looseObject({
  channelId: Voucher.shape.channelId,
  maxClaimableAmount: Amount,
  signature: SignatureText,
});

export const Erc3009Authorization = z.looseObject({
  validAfter: Uint256,
  validBefore: Uint256,
  salt: Hex32,
  signature: SignatureText,
});
export type Erc3009Authorization = z.infer<typeof Erc3009Authorization>;

const Common = { channelConfig: ChannelConfig, voucher: VoucherPart };

export const BatchPayload = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('deposit'),
    ...Common,
    deposit: z.looseObject({
      amount: Amount,
      authorization: z.looseObject({ erc3009Authorization: Erc3009Authorization.optional() }),
    }),
  }),
  z.looseObject({ type: z.literal('voucher'), ...Common }),
  z.looseObject({ type: z.literal('refund'), ...Common, amount: Amount.optional() }),
]);
export type BatchPayload = z.infer<typeof BatchPayload>;

/** `extensions.tributary`: marks a request of our SDK, which shares its channel with others. */
export const TributaryExtension = z.looseObject({ reservation: Reservation });
