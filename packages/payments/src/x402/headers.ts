import { TributaryError } from '@tributary/protocol';
import type { z } from 'zod';
import { PaymentPayload as PayloadSchema, type PaymentPayload, PaymentRequired, SettleResponse } from './schemas.ts';

export const HEADER_PAYMENT_REQUIRED = 'PAYMENT-REQUIRED';
export const HEADER_PAYMENT_SIGNATURE = 'PAYMENT-SIGNATURE';
export const HEADER_PAYMENT_RESPONSE = 'PAYMENT-RESPONSE';

/** Longest header value that is looked at, characters of base64. */
export const MAX_HEADER_CHARS = 16 * 1024;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Standard base64 of the UTF-8 JSON of a value; amounts (`bigint`) become decimal strings. */
export function encodeHeader(value: unknown): string {
  const json = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
  let binary = '';
  for (const byte of new TextEncoder().encode(json)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The JSON in a header, or null when it is no base64 or no JSON. Throws `payment_header_too_long` (400). */
export function decodeJson(header: string): unknown {
  if (header.length > MAX_HEADER_CHARS) {
    throw new TributaryError(
      'payment_header_too_long',
      `The payment header has ${header.length} characters, at most ${MAX_HEADER_CHARS} are read.`,
    );
  }
  if (!BASE64.test(header)) return null;
  try {
    const bytes = Uint8Array.from(atob(header), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return null;
  }
}

function decode<T>(header: string, schema: z.ZodType<T>): T | null {
  const parsed = schema.safeParse(decodeJson(header));
  return parsed.success ? parsed.data : null;
}

/** Null when it is no offer. */
export function decodePaymentRequired(header: string): PaymentRequired | null {
  return decode(header, PaymentRequired);
}

/** Null when it is no payment: the official server then answers as if there were none, and so do we. */
export function decodePaymentSignature(header: string): PaymentPayload | null {
  return decode(header, PayloadSchema);
}

/** Null when it is no settlement. */
export function decodePaymentResponse(header: string): SettleResponse | null {
  return decode(header, SettleResponse);
}
