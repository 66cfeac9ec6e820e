import {
  type Address,
  type AnswerMessage,
  Citation,
  type Curve,
  type Hex32,
  SignedReceipt,
  sameHex,
  TributaryError,
} from '@tributary/protocol';
import { z } from 'zod';
import { type Check, checkReceipt } from './receipt-check.ts';

/** What our gateways add to a chat completion, and to the last chunk of a stream. */
export const TributaryField = z.looseObject({
  service: z.string(),
  model: z.string(),
  /** Why the router chose this service; absent when the caller named the model. */
  why: z.string().optional(),
  receipt: SignedReceipt,
  outcome: z.enum(['answered', 'unknown']),
});
export type TributaryField = z.infer<typeof TributaryField>;

/** What a receipt must fit. */
export interface Expected {
  /** The request body as parsed JSON. */
  request: Record<string, unknown>;
  message: AnswerMessage;
  /** The channel that pays, and what was reserved on it; left out for an API key. */
  channel?: { channelId: Hex32; requestId: Hex32; reserved: bigint };
}

/** The gateway's `tributary` member, parsed. Throws `receipt_missing` when it is not there or not one. */
export function parseTributaryField(value: unknown): TributaryField {
  const parsed = TributaryField.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TributaryError(
    'receipt_missing',
    `The answer carries no valid receipt: ${issue?.path.join('.') || 'tributary'}: ${issue?.message ?? 'absent'}.`,
    { status: 502, hint: 'The gateway is not one of Tributary, or it hides what was paid to whom.' },
  );
}

/**
 * Holds a gateway's receipt against what was asked, answered and reserved.
 * Throws `gateway_lied` naming every check that fails. `replayed` is true when the gateway sent the answer of an earlier,
 * equal request again, which costs nothing.
 */
export function checkAnswer(
  field: TributaryField,
  expected: Expected,
  curve?: Curve,
): { charged: bigint; replayed: boolean } {
  const signed = field.receipt;
  const { checks, charged } = checkReceipt(signed, { request: expected.request, answer: expected.message }, curve);
  const add = (name: string, ok: boolean, detail: string) => checks.push({ name, ok, detail });
  add('service', sameHex(field.service, signed.receipt.service), `answered by ${field.service}`);
  const { channel } = expected;
  let replayed = false;
  if (channel) {
    add('paying channel', sameHex(signed.payment.payerChannelId, channel.channelId), 'the payment names our channel');
    replayed = !sameHex(signed.receipt.requestId, channel.requestId);
    if (!replayed) {
      add(
        'charge within reservation',
        charged <= channel.reserved,
        `charged ${charged} of ${channel.reserved} base units`,
      );
    }
  }
  const failed = checks.filter((c) => c.ok === false);
  if (failed.length > 0) throw gatewayLied(failed);
  return { charged: replayed ? 0n : charged, replayed };
}

function gatewayLied(failed: Check[]): TributaryError {
  return new TributaryError(
    'gateway_lied',
    `The gateway's receipt does not hold: ${failed.map((c) => `${c.name} (${c.detail})`).join('; ')}.`,
    { status: 502, hint: 'Nothing more is signed for this gateway. Keep the answer and the receipt as evidence.' },
  );
}

/** One answer with everything that belongs to it. */
export interface Answer {
  text: string;
  outcome: 'answered' | 'unknown';
  citations: Citation[];
  model: string;
  provider: string;
  service: Address;
  why: string | null;
  /** What it cost, base units of the dollar. */
  charged: bigint;
  promptTokens: number;
  completionTokens: number;
  receipt: SignedReceipt;
  /** Request body and message as they went over the wire, sealed or not: what the receipt's hashes are of. */
  request: Record<string, unknown>;
  message: AnswerMessage;
}

/** Builds the answer for people out of a completion's parts. `shown` is the message as opened, where it came sealed. */
export function toAnswer(
  field: TributaryField,
  request: Record<string, unknown>,
  message: AnswerMessage & { annotations?: unknown },
  provider: unknown,
  shown: AnswerMessage & { annotations?: unknown } = message,
): Answer {
  const { receipt, payment } = field.receipt;
  const citations = z
    .array(z.unknown())
    .catch([])
    .parse(shown.annotations ?? []);
  return {
    text: shown.content ?? '',
    outcome: field.outcome,
    citations: citations.flatMap((c) => {
      const parsed = Citation.safeParse(c);
      return parsed.success ? [parsed.data] : [];
    }),
    model: field.model,
    provider: typeof provider === 'string' ? provider : '',
    service: receipt.service,
    why: field.why ?? null,
    charged: payment.payerTo - payment.payerFrom,
    promptTokens: receipt.promptTokens,
    completionTokens: receipt.completionTokens,
    receipt: field.receipt,
    request,
    message: { content: message.content, refusal: message.refusal, tool_calls: message.tool_calls },
  };
}
