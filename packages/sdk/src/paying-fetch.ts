import { HEADER_PAYMENT_SIGNATURE } from '@tributary/payments/x402-headers';
import { type AnswerMessage, type Curve, formatUnits, type Hex32, TributaryError } from '@tributary/protocol';
import { z } from 'zod';
import { checkAnswer, parseTributaryField, type TributaryField } from './answer.ts';
import { createAnswerBuilder, type Delta } from './answer-builder.ts';
import type { Channel } from './channel.ts';
import { Chunk, Completion, parseJson } from './completion.ts';
import { toHttpError } from './http-error.ts';
import { createQuotes } from './quotes.ts';
import { sseData } from './sse.ts';
import { checkSameTerms, type Offer, type PaymentRequired, readPaymentRequired } from './x402.ts';

/** Errors after which nothing more is signed for a gateway. */
const LIES = new Set(['gateway_lied', 'gateway_overcharged', 'receipt_missing']);
/** Tries of one request: to learn the price, to correct the total, and to pay. */
const MAX_TRIES = 4;

export interface PayingFetchOptions {
  /** Base URL of the gateway; requests to other origins pass through unpaid. */
  gateway: string;
  /** The channel in use, if one is open. */
  channel: () => Channel | null;
  apiKey?: string | undefined;
  /** The most one request may be quoted at, base units. */
  maxPricePerRequest: bigint;
  /** What is claimed of the channel on chain, to check a corrective 402 against; default 0. */
  claimed?: (() => Promise<bigint>) | undefined;
  /** Told of every checked answer. A promise is waited for before the end of the answer is handed out. */
  onAnswer?: ((field: TributaryField) => Promise<void> | void) | undefined;
  curve?: Curve | undefined;
  fetch?: typeof fetch | undefined;
}

interface Prepared {
  url: string;
  method: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  json: Record<string, unknown>;
  signal: AbortSignal;
}

/** How one request is paid: by a reservation on the channel, by the API key, or not at all. */
interface Attempt {
  channel: Channel;
  requestId: Hex32;
  reserved: bigint;
}

/**
 * A `fetch` that pays Tributary's gateway, for `new OpenAI({ baseURL, apiKey: 'none', fetch })` and for our own client.
 * Every paid answer is checked against what was asked and reserved; an answer that fails the check is an error, in a
 * stream at its end, and nothing more is signed.
 */
export function createPayingFetch(options: PayingFetchOptions): typeof fetch {
  const send = options.fetch ?? globalThis.fetch;
  const origin = new URL(options.gateway).origin;
  const quotes = createQuotes();
  let terms: PaymentRequired | null = null;

  /** The offer to pay by. The first request asks for it without paying; a gateway that answers at once is taken at its word. */
  async function learnTerms(request: Prepared): Promise<PaymentRequired | Response> {
    const response = await sendOnce(request, {});
    if (response.status !== 402) return response;
    const required = readPaymentRequired(response.headers);
    if (!required) throw await toHttpError(response);
    return required;
  }

  function sendOnce(request: Prepared, extra: Record<string, string>): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const [k, v] of Object.entries(extra)) headers.set(k, v);
    return send(request.url, { method: request.method, headers, body: request.body, signal: request.signal });
  }

  function checkQuote(offer: Offer): bigint {
    if (offer.amount > options.maxPricePerRequest) {
      throw new TributaryError(
        'price_too_high',
        `This request may cost ${formatUnits(offer.amount)} dollars, more than maxPricePerRequest ${formatUnits(options.maxPricePerRequest)}.`,
        { status: 402, hint: 'Lower max_completion_tokens, choose a cheaper model, or raise maxPricePerRequest.' },
      );
    }
    return offer.amount;
  }

  /** Requests that start together catch up together. */
  let catchingUp: Promise<void> | null = null;

  function catchUp(channel: Channel, request: Prepared): Promise<void> {
    catchingUp ??= learnTotal(channel, request).finally(() => {
      catchingUp = null;
    });
    return catchingUp;
  }

  async function learnTotal(channel: Channel, request: Prepared): Promise<void> {
    // The offer must be this request's own: without a reservation every field of it counts.
    const learned = await learnTerms(request);
    if (learned instanceof Response) throw malformed('The gateway answered a request that nobody paid.');
    // For a free request the probe would be a payment; it can wait for one that costs something.
    if (learned.offer.amount === 0n) return;
    const response = await sendOnce(request, { [HEADER_PAYMENT_SIGNATURE]: channel.probe(learned) });
    const required = response.status === 402 ? readPaymentRequired(response.headers) : null;
    if (!required) throw await toHttpError(response);
    if (channel.correct(required, (await options.claimed?.()) ?? 0n)) return;
    throw await toHttpError(response);
  }

  async function payByChannel(channel: Channel, request: Prepared): Promise<Response> {
    const model = String(request.json.model ?? '');
    const size = request.body.length;
    if (!terms) {
      const learned = await learnTerms(request);
      if (learned instanceof Response) return learned;
      terms = learned;
      quotes.learn(model, size, checkQuote(learned.offer));
    }
    if (channel.mustCatchUp) await catchUp(channel, request);
    let amount = quotes.guess(model, size) ?? checkQuote(terms.offer);
    if (amount > options.maxPricePerRequest) amount = options.maxPricePerRequest;
    for (let tries = 1; ; tries++) {
      const { requestId, header } = channel.pay(terms, request.body, amount);
      const attempt: Attempt = { channel, requestId, reserved: amount };
      let response: Response;
      let repeated = false;
      try {
        response = await sendOnce(request, { [HEADER_PAYMENT_SIGNATURE]: header }).catch((error: unknown) => {
          if (request.signal.aborted) throw error;
          // A kept-alive connection that was just being closed. A reservation is good once, so this cannot pay twice.
          repeated = true;
          return sendOnce(request, { [HEADER_PAYMENT_SIGNATURE]: header });
        });
      } catch (error) {
        channel.lose(requestId);
        throw error;
      }
      if (response.ok) return checked(response, request, attempt);
      const required = response.status === 402 ? readPaymentRequired(response.headers) : null;
      // An answer that is not the gateway's own (a proxy's, say) does not tell whether the gateway still works on it.
      // Nor does the refusal of a repeated one: its first try may be under way.
      const refused = required !== null || response.headers.has('x-tributary-request') || response.status < 500;
      if (refused && !repeated) {
        channel.book.release(requestId);
      } else {
        channel.lose(requestId);
      }
      if (!required || repeated || tries >= MAX_TRIES) return response;
      checkSameTerms(terms.offer, required.offer);
      terms = required;
      const quoted = checkQuote(required.offer);
      quotes.learn(model, size, quoted);
      const corrected = channel.correct(required, (await options.claimed?.()) ?? 0n);
      if (!corrected && quoted <= amount) return response;
      if (quoted > amount) amount = quoted;
    }
  }

  /** Hands the answer on as it is, and checks it on the way. */
  async function checked(response: Response, request: Prepared, attempt: Attempt | null): Promise<Response> {
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream') && response.body) {
      return new Response(checkedStream(response.body, request, attempt), response);
    }
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      attempt?.channel.lose(attempt.requestId);
      throw error;
    }
    await settleWhole(text, request, attempt);
    return new Response(text, response);
  }

  async function settleWhole(text: string, request: Prepared, attempt: Attempt | null): Promise<void> {
    const completion = Completion.safeParse(parseJson(text));
    const message = completion.data?.choices[0]?.message;
    if (!completion.success || !message) {
      // Some other endpoint of the gateway, such as /v1/models: there is nothing to pay.
      if (!attempt) return;
      attempt.channel.lose(attempt.requestId);
      throw malformed('The answer is not a chat completion.');
    }
    await settle(completion.data.tributary, message, request, attempt);
  }

  async function settle(
    tributary: unknown,
    message: AnswerMessage,
    request: Prepared,
    attempt: Attempt | null,
  ): Promise<void> {
    try {
      const field = parseTributaryField(tributary);
      const expected = attempt ? { channel: { ...attempt, channelId: attempt.channel.channelId } } : {};
      const { charged, replayed } = checkAnswer(field, { request: request.json, message, ...expected }, options.curve);
      if (attempt) {
        const { channel, requestId } = attempt;
        const comparable = !replayed && !channel.mustCatchUp;
        channel.book.settle(requestId, charged, comparable ? field.receipt.payment.payerTo : undefined);
      }
      await options.onAnswer?.(field);
    } catch (error) {
      if (attempt) {
        attempt.channel.lose(attempt.requestId);
        if (TributaryError.is(error) && LIES.has(error.code)) attempt.channel.book.stop(error);
      }
      throw error;
    }
  }

  function checkedStream(
    body: ReadableStream<Uint8Array>,
    request: Prepared,
    attempt: Attempt | null,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const builder = createAnswerBuilder();
    let tributary: unknown;
    let settled = false;
    const events = sseData(body);
    const giveUp = () => {
      if (!settled) attempt?.channel.lose(attempt.requestId);
      settled = true;
    };
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await events.next();
          if (done || value === '[DONE]') {
            if (!settled) {
              settled = true;
              await settle(tributary, builder.message(), request, attempt);
            }
            if (done) controller.close();
            else controller.enqueue(encoder.encode('data: [DONE]\n\n'));
            return;
          }
          const chunk = Chunk.safeParse(parseJson(value));
          if (chunk.data?.error !== undefined) {
            // The gateway charges nothing for an answer that failed.
            attempt?.channel.book.release(attempt.requestId);
            settled = true;
          }
          const delta = chunk.data?.choices?.[0]?.delta;
          if (delta) builder.take(delta as Delta);
          tributary = chunk.data?.tributary ?? tributary;
          controller.enqueue(encoder.encode(`data: ${value.replaceAll('\n', '\ndata: ')}\n\n`));
        } catch (error) {
          giveUp();
          controller.error(error);
        }
      },
      async cancel() {
        giveUp();
        await events.return();
      },
    });
  }

  return async (input, init) => {
    const original = new Request(input, init);
    if (new URL(original.url).origin !== origin || original.method !== 'POST') {
      return send(input instanceof Request ? original : input, withApiKey(init, original, origin));
    }
    const body = new Uint8Array(await original.arrayBuffer());
    const json = z
      .record(z.string(), z.unknown())
      .catch({})
      .parse(parseJson(new TextDecoder().decode(body)));
    const { url, method, signal } = original;
    const request: Prepared = { url, method, headers: new Headers(original.headers), body, json, signal };
    const channel = options.channel();
    if (channel) {
      // Whatever key the caller's client insists on sending, the channel pays.
      request.headers.delete('authorization');
      return payByChannel(channel, request);
    }
    if (options.apiKey) request.headers.set('authorization', `Bearer ${options.apiKey}`);
    const response = await sendOnce(request, {});
    return response.ok ? checked(response, request, null) : response;
  };

  function withApiKey(init: RequestInit | undefined, original: Request, ownOrigin: string): RequestInit {
    const headers = new Headers(original.headers);
    if (options.apiKey && new URL(original.url).origin === ownOrigin) {
      headers.set('authorization', `Bearer ${options.apiKey}`);
    }
    return { ...init, headers };
  }
}

function malformed(message: string): TributaryError {
  return new TributaryError('gateway_malformed', message, { status: 502 });
}
