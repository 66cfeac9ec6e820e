import {
  type BatchPayments,
  createBatchPayments,
  createHubBook,
  createX402Server,
  type ExactPayments,
  type HubBook,
  type OnChain,
  type Pay,
  type X402Chain,
} from '@tributary/payments';
import {
  type Address,
  type AnswerMessage,
  type Attribution,
  channelDigests,
  fromHex,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hashRequest,
  hex32,
  noble,
  type Receipt,
  receiptDigests,
  type SignedReceipt,
  sha256Hex,
  TributaryError,
  toHex,
  toOpenAi,
  toWire,
  ZERO_32,
} from '@tributary/protocol';
import type { ChannelSession } from './channel.ts';

/** A gateway without network, chain or nodes: the real hub book and x402 door, and answers made up here. */

export const CHAIN_ID = 31_337;
export const CHANNELS: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';
export const RECEIPT_LOG: Address = `0x${'1e'.repeat(20)}`;
export const DOLLAR: Address = `0x${'70'.repeat(20)}`;
export const SERVICE: Address = `0x${'5e'.repeat(20)}`;
export const GATEWAY_URL = 'http://gateway.test';

const key = (n: number): Hex32 => toHex(new Uint8Array(32).fill(n));
const addressOf = (k: Hex32): Address => noble.addressOf(fromHex(k));
export const PAYER_KEY = key(1);
export const SESSION_KEY = key(2);
const GATEWAY_KEY = key(3);
const NODE_KEY = key(4);
const SPOKE_CHANNEL: Hex32 = `0x${'cc'.repeat(32)}`;

export const session: ChannelSession = {
  chainId: CHAIN_ID,
  channels: CHANNELS,
  key: SESSION_KEY,
  config: {
    payer: addressOf(PAYER_KEY),
    payerAuthorizer: addressOf(SESSION_KEY),
    receiver: addressOf(GATEWAY_KEY),
    receiverAuthorizer: addressOf(GATEWAY_KEY),
    token: DOLLAR,
    withdrawDelay: 900,
    salt: ZERO_32,
  },
};

const digests = channelDigests(CHAIN_ID, CHANNELS);
const receipts = receiptDigests(CHAIN_ID, RECEIPT_LOG);
export const channelId = digests.channelId(session.config);

/** What the fake gateway does wrong, or how it answers; read anew for each request. */
export interface Behaviour {
  /** Most a request may cost. */
  quote: (body: Record<string, unknown>) => bigint;
  /** What its answer costs. */
  price: (body: Record<string, unknown>) => bigint;
  text: (body: Record<string, unknown>) => string;
  /** Changes a finished receipt: the place for lies. Signatures are the gateway's and the node's own. */
  twist?: (receipt: SignedReceipt) => SignedReceipt;
  /** Changes the answer after it was signed. */
  alter?: (message: AnswerMessage) => AnswerMessage;
  /** Runs before an answer is made; throw to fail. */
  before?: (body: Record<string, unknown>) => Promise<void> | void;
  /** Streams break off after this many pieces. */
  cutAfter?: number;
  omitReceipt?: boolean;
}

export interface FakeGateway {
  readonly fetch: typeof fetch;
  readonly hub: HubBook;
  readonly behaviour: Behaviour;
  readonly onChain: OnChain;
  /** Status of every answer, in order. */
  readonly statuses: number[];
  /** Total charged by the gateway's own count. */
  charged(): bigint;
}

/** Signs a receipt and the payment for it. */
export function signedReceipt(parts: {
  requestId: Hex32;
  request: Record<string, unknown>;
  message: AnswerMessage;
  price: bigint;
  from: bigint;
  payerFrom: bigint;
  attribution?: Attribution[];
}): SignedReceipt {
  const salt = sha256Hex(parts.requestId);
  const attribution = parts.attribution ?? [];
  const receipt: Receipt = {
    requestId: parts.requestId,
    service: SERVICE,
    agentId: 0n,
    requestHash: hashRequest(salt, parts.request),
    responseHash: hashAnswer(salt, parts.message),
    modelDigest: ZERO_32,
    promptTokens: 3,
    completionTokens: 4,
    token: DOLLAR,
    price: parts.price,
    attributionHash: hashAttribution(attribution),
    issuedAt: 1_767_225_600,
  };
  const digest = receipts.receipt(receipt);
  const payment = {
    receiptHash: hex32(digest),
    channelId: SPOKE_CHANNEL,
    from: parts.from,
    to: parts.from + parts.price,
    payerChannelId: channelId,
    payerFrom: parts.payerFrom,
    payerTo: parts.payerFrom + parts.price,
  };
  return {
    chainId: CHAIN_ID,
    receiptLog: RECEIPT_LOG,
    receipt,
    signature: noble.sign(digest, fromHex(NODE_KEY)),
    salt,
    attribution,
    payment,
    paymentSignature: resign(payment),
  };
}

/** The gateway's signature over a payment: a lying gateway signs its lies. */
export function resign(payment: SignedReceipt['payment']): `0x${string}` {
  return noble.sign(receipts.payment(payment), fromHex(GATEWAY_KEY));
}

const noChain = (): never => {
  throw new Error('the fake gateway has no chain');
};

export function createFakeGateway(behaviour: Partial<Behaviour> = {}): FakeGateway {
  const onChain: OnChain = { balance: 1_000_000n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };
  const { config } = session;
  const terms = { receiver: config.receiver, receiverAuthorizer: config.receiverAuthorizer, token: DOLLAR };
  const hub = createHubBook({ digests, curve: noble, terms });
  const token = { name: 'Test Dollar', version: '1', chainId: CHAIN_ID, token: DOLLAR };
  const chain = new Proxy({} as X402Chain, {
    get: (_, name) => (name === 'channelState' ? async () => ({ ...onChain }) : noChain),
  });
  const batch: BatchPayments = createBatchPayments({
    hub,
    chain,
    curve: noble,
    digests,
    token,
    erc3009Collector: CHANNELS,
    record: async (records) => records.forEach((r) => void hub.apply(r)),
  });
  const exact = new Proxy({} as ExactPayments, { get: () => noChain });
  const door = createX402Server({
    terms: { token, payTo: config.receiver, receiverAuthorizer: config.receiverAuthorizer, withdrawDelaySeconds: 900 },
    hub,
    batch,
    exact,
  });
  const current: Behaviour = {
    quote: () => 100n,
    price: () => 60n,
    text: () => 'Forty-two.',
    ...behaviour,
  };
  const statuses: number[] = [];
  let spokeTotal = 0n;

  async function serve(request: Request): Promise<Response> {
    const bytes = new Uint8Array(await request.arrayBuffer());
    const body = bytes.length > 0 ? JSON.parse(new TextDecoder().decode(bytes)) : {};
    const amount = request.method === 'GET' ? 1n : current.quote(body);
    const asked = {
      header: request.headers.get('PAYMENT-SIGNATURE'),
      resource: { url: request.url },
      amount,
      requestId: toHex(crypto.getRandomValues(new Uint8Array(32))),
      bodyHash: sha256Hex(bytes),
    };
    let requestId: Hex32;
    try {
      const { payment } = await door.read(asked);
      const paid = payment as { requestId: Hex32 | null; pay: Pay };
      requestId = paid.requestId ?? asked.requestId;
      await hub.reserveWhenFree({ channelId, requestId, amount, pay: paid.pay });
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      const { headers } = door.refusal(asked, error);
      return new Response(toWire(toOpenAi(error)), { status: 402, headers });
    }
    const headers = { 'x-tributary-request': requestId };
    try {
      await current.before?.(body);
    } catch (error) {
      hub.release(requestId);
      if (!TributaryError.is(error)) throw error;
      return new Response(toWire(toOpenAi(error)), { status: error.status, headers });
    }
    return respond(body, requestId, headers);
  }

  function respond(body: Record<string, unknown>, requestId: Hex32, headers: Record<string, string>): Response {
    const message: AnswerMessage = { content: current.text(body) };
    const cut = current.cutAfter !== undefined && body.stream === true;
    let tributary: unknown;
    if (!cut) {
      const record = hub.charge(requestId, current.price(body));
      hub.apply(record);
      const price = record.payerTo - record.payerFrom;
      const parts = { requestId, request: body, message, price, from: spokeTotal, payerFrom: record.payerFrom };
      spokeTotal += price;
      const receipt = signedReceipt(parts);
      const shown = current.twist?.(receipt) ?? receipt;
      tributary = { service: SERVICE, model: 'test/model', why: 'it is a test', receipt: shown, outcome: 'answered' };
    } else {
      hub.release(requestId);
    }
    const sent = current.alter?.(message) ?? message;
    const own = current.omitReceipt ? {} : { tributary };
    if (body.stream !== true) {
      const completion = {
        provider: 'tester',
        choices: [{ index: 0, message: { role: 'assistant', ...sent } }],
        ...own,
      };
      return new Response(toWire(completion), { headers: { ...headers, 'content-type': 'application/json' } });
    }
    const pieces = (sent.content ?? '').match(/.{1,4}/gs) ?? [];
    const shown = cut ? pieces.slice(0, current.cutAfter) : pieces;
    const chunks: unknown[] = shown.map((content) => ({
      provider: 'tester',
      choices: [{ index: 0, delta: { content } }],
    }));
    if (cut) chunks.push({ error: { message: 'The provider broke off.', code: 'provider_malformed' } });
    else chunks.push({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...own });
    const text = chunks.map((c) => `data: ${toWire(c)}\n\n`).join('') + (cut ? '' : 'data: [DONE]\n\n');
    return new Response(text, { headers: { ...headers, 'content-type': 'text/event-stream' } });
  }

  return {
    hub,
    behaviour: current,
    onChain,
    statuses,
    charged: () => hub.channel(channelId)?.charged ?? 0n,
    async fetch(input, init) {
      const response = await serve(new Request(input, init));
      statuses.push(response.status);
      return response;
    },
  };
}
