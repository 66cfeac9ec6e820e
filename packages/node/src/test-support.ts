import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Answer, AnswerCall, OpenExpert } from '@tributary/models';
import { createEarningsBook, curve, type EarningsRecord, type OnChain } from '@tributary/payments';
import {
  type Address,
  type ChannelConfig,
  type ChatRequest,
  channelDigests,
  type Hex32,
  hex32,
  NODE_HEADERS,
  type Receipt,
  receiptDigests,
  ServiceCard,
  sessionDigest,
  toHex,
  toWire,
  ZERO_32,
} from '@tributary/protocol';
import { createOpener } from '@tributary/protocol/sealed';
import { pino } from 'pino';
import { earningsOf } from './earnings.ts';
import { createHotKey } from './hot-key.ts';
import { listen } from './http/listen.ts';
import { createServeApp } from './http/routes.ts';
import { openLeavesFolder } from './leaves.ts';
import { createNodeMetrics } from './metrics.ts';
import { createPaid } from './paid.ts';
import type { Offer, Service } from './service.ts';
import { createSessionTokens } from './session-token.ts';
import { createSpokes } from './spokes.ts';
import type { NodeState } from './state.ts';

/** A node's doors over a fake expert, a fake chain and a journal in memory; and a gateway that talks to them. */

export const CHAIN_ID = 31_337;
export const CHANNELS: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';
export const RECEIPT_LOG: Address = `0x${'1e'.repeat(20)}`;
const DOLLAR: Address = `0x${'70'.repeat(20)}`;
const SPOKE_AUTHORIZER: Address = `0x${'5a'.repeat(20)}`;
export const SERVICE: Address = `0x${'5e'.repeat(20)}`;
export const MODEL = 'tributary/echo';
export const NODE_KEY = toHex(new Uint8Array(32).fill(4));
export const GATEWAY_KEY = new Uint8Array(32).fill(3);
export const digests = channelDigests(CHAIN_ID, CHANNELS);
export const receipts = receiptDigests(CHAIN_ID, RECEIPT_LOG);
export const PRICE = { perRequest: 100n, perMillionPrompt: 1_000_000n, perMillionCompletion: 2_000_000n };

/** Answers with the question, word for word, one word a delta. Some words are orders. */
export async function echo(request: ChatRequest, call: AnswerCall): Promise<Answer> {
  const text = String(request.messages.at(-1)?.content ?? '');
  const base: Answer = {
    outcome: 'answered',
    finishReason: 'stop',
    usage: { promptTokens: 10, completionTokens: 20 },
    attribution: [],
    citations: [],
    notes: [],
  };
  if (text === 'unknown') {
    await call.emit({ content: 'I do not know.' });
    return { ...base, outcome: 'unknown' };
  }
  if (text === 'fail') throw new Error('secret inside of the expert');
  for (const word of text.split(/(?<= )/)) {
    if (word === 'break') throw new Error('secret inside of the expert');
    if (word === 'hang') await new Promise(() => undefined);
    await call.emit({ content: word });
  }
  return base;
}

function serviceOf(endpoint: string, { answer = echo, embed, supports = [] }: TestNodeOptions): Service {
  const expert: OpenExpert = {
    modelDigest: toHex(new Uint8Array(32).fill(6)),
    hints: {},
    supports,
    deterministic: true,
    contextTokens: 8192,
    maxOutputTokens: 1000,
    answer,
    ...(embed ? { embed } : {}),
    close: async () => undefined,
  };
  const json = {
    service: SERVICE,
    agentId: '7',
    chainId: CHAIN_ID,
    endpoint,
    expert: 'echo',
    model: {
      id: MODEL,
      name: 'Echo',
      description: 'Repeats.',
      asset: SERVICE,
      digest: expert.modelDigest,
      contextTokens: 8192,
      maxOutputTokens: 1000,
    },
    provider: 'Ada',
    price: {
      token: DOLLAR,
      perRequest: String(PRICE.perRequest),
      perMillionPrompt: String(PRICE.perMillionPrompt),
      perMillionCompletion: String(PRICE.perMillionCompletion),
    },
    ...(embed ? { answers: ['embeddings'] } : {}),
    supports,
    deterministic: true,
    hints: {},
    issuedAt: 1,
  };
  const card = ServiceCard.parse(json);
  const offer: Offer = { expert, card, signedCard: JSON.stringify({ card: json, signature: `0x${'00'.repeat(65)}` }) };
  return {
    account: SERVICE,
    price: card.price,
    offer: () => offer,
    take: () => ({ offer, done: () => undefined }),
    reload: async () => false,
    close: async () => undefined,
  };
}

export interface TestNodeOptions {
  answer?: OpenExpert['answer'];
  /** Makes it a service that turns texts into vectors. */
  embed?: NonNullable<OpenExpert['embed']>;
  supports?: string[];
  uncoveredLimit?: bigint;
  operatorToken?: string;
  /** What the fake chain says of every channel. */
  onChain?: Partial<OnChain>;
}

export type TestNode = Awaited<ReturnType<typeof startTestNode>>;

export async function startTestNode(t: TestContext, options: TestNodeOptions = {}) {
  const home = await mkdtemp(join(tmpdir(), 'node-http-'));
  const listener = await listen('127.0.0.1', 0);
  t.after(() => listener.close(0));
  const service = serviceOf(listener.url, options);
  const key = createHotKey(NODE_KEY, CHAIN_ID, RECEIPT_LOG, receipts);
  const book = createEarningsBook({
    channelDigests: digests,
    receiptDigests: receipts,
    curve,
    signer: key.address,
    services: () => [SERVICE],
    spokeAuthorizer: SPOKE_AUTHORIZER,
    token: DOLLAR,
    uncoveredLimit: options.uncoveredLimit ?? 1_000_000n,
    unpaidLimit: 1_000_000n,
  });
  const journal: EarningsRecord[] = [];
  const paid = createPaid(async function* (fromSeq) {
    for (const record of journal.slice(fromSeq)) yield { record };
  });
  const keep = async (records: readonly EarningsRecord[]) => {
    for (const record of records) {
      paid.note(journal.push(record) - 1, record);
      book.apply(record);
    }
  };
  const chain: { state: OnChain; reads: number } = {
    state: { balance: 10_000_000n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n, ...options.onChain },
    reads: 0,
  };
  const read = async () => {
    chain.reads++;
    return chain.state;
  };
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const state: NodeState = {
    network: { chainId: CHAIN_ID, receiptLog: RECEIPT_LOG, channelId: digests.channelId },
    endpoint: listener.url,
    services: new Map([[SERVICE, service]]),
    tokens: createSessionTokens(new Uint8Array(32).fill(9)),
    key,
    opener: await createOpener(new Uint8Array(32).fill(5)),
    book,
    keep,
    paid: paid.from,
    spokes: createSpokes({ book, keep, read }),
    earnings: () => earningsOf(book, [SERVICE], new Map()),
    running: new Map(),
    metrics: createNodeMetrics(),
    log,
    nowSeconds: () => Math.floor(Date.now() / 1000),
  };
  const leaves = await openLeavesFolder(home);
  const done = { claims: 0, reloads: 0 };
  const actions = {
    claim: async () => ++done.claims,
    reload: async () => ++done.reloads,
  };
  listener.serve(createServeApp(state, leaves, actions, options.operatorToken));
  return { url: listener.url, state, book, journal, chain, leaves, done, lines, key };
}

export function spokeConfig(changes: Partial<ChannelConfig> = {}): ChannelConfig {
  const gateway = curve.addressOf(GATEWAY_KEY);
  return {
    payer: gateway,
    payerAuthorizer: gateway,
    receiver: SERVICE,
    receiverAuthorizer: SPOKE_AUTHORIZER,
    token: DOLLAR,
    withdrawDelay: 900,
    salt: ZERO_32,
    ...changes,
  };
}

/** The body of `POST /sessions`, signed by the gateway's key. */
export function sessionBody(endpoint: string, config: ChannelConfig = spokeConfig(), lifeSeconds = 3600) {
  const expiresAt = Math.floor(Date.now() / 1000) + lifeSeconds;
  const channelId = digests.channelId(config);
  const digest = sessionDigest(CHAIN_ID, RECEIPT_LOG, { channelId, endpoint, expiresAt });
  return { config, expiresAt, signature: curve.sign(digest, GATEWAY_KEY) };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : toWire(body),
  });
}

export async function openSession(node: TestNode): Promise<string> {
  const answer = await post(`${node.url}/sessions`, sessionBody(node.url));
  if (answer.status !== 200) throw new Error(await answer.text());
  return ((await answer.json()) as { token: string }).token;
}

export function id(n: number): Hex32 {
  return `0x${n.toString(16).padStart(64, '0')}`;
}

export const SALT = id(0x5a17);

export function questionHeaders(token: string, requestId: Hex32, changes: Record<string, string> = {}) {
  return {
    [NODE_HEADERS.session]: token,
    [NODE_HEADERS.request]: requestId,
    [NODE_HEADERS.salt]: SALT,
    [NODE_HEADERS.service]: SERVICE,
    [NODE_HEADERS.maxPrice]: '100000',
    ...changes,
  };
}

export function ask(
  node: TestNode,
  token: string,
  requestId: Hex32,
  text: string,
  more: { headers?: Record<string, string>; body?: Record<string, unknown> } = {},
): Promise<Response> {
  const body = { model: MODEL, messages: [{ role: 'user', content: text }], ...more.body };
  return post(`${node.url}/v1/chat/completions`, body, questionHeaders(token, requestId, more.headers));
}

/** The body of `POST /payments` for receipts in order, from `from` on. */
export function paymentsFor(
  signed: readonly { receipt: Receipt; signature: string; attribution: unknown[] }[],
  from = 0n,
  channelId: Hex32 = digests.channelId(spokeConfig()),
) {
  let at = from;
  const entries = signed.map(({ receipt, signature, attribution }) => {
    const payment = {
      receiptHash: hex32(receipts.receipt(receipt)),
      channelId,
      from: at,
      to: at + receipt.price,
      payerChannelId: id(1),
      payerFrom: 0n,
      payerTo: receipt.price,
    };
    at = payment.to;
    const paymentSignature = curve.sign(receipts.payment(payment), GATEWAY_KEY);
    return { receipt, signature, salt: SALT, attribution, payment, paymentSignature };
  });
  const voucher = { maxClaimableAmount: at, signature: curve.sign(digests.voucher(channelId, at), GATEWAY_KEY) };
  return { channelId, voucher, entries };
}
