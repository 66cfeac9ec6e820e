import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ApiKey,
  authorizerOf,
  createHubBook,
  createSpokeBook,
  curve,
  newApiKey,
  type PaymentEntry,
  PaymentsBody,
} from '@tributary/payments';
import {
  type Address,
  type Attribution,
  type ChannelConfig,
  cardDigest,
  channelDigests,
  costOf,
  countTokens,
  type EmbeddingsRequest,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hashRequest,
  inputsOf,
  NODE_HEADERS,
  type Price,
  packVector,
  questionOf,
  type Receipt,
  receiptDigests,
  ServiceCard,
  SessionRequest,
  type SignedReceipt,
  TributaryError,
  toHex,
  toWire,
  ZERO_32,
} from '@tributary/protocol';
import { createGuardedAgent } from '@tributary/work';
import { pino } from 'pino';
import { createCore } from './core.ts';
import type { Patience } from './dispatch/question.ts';
import type { ReceiptChecks } from './doors/agents/receipt-tools.ts';
import { createApp } from './http/app.ts';
import { createMetrics } from './metrics.ts';
import { createCatalog } from './route/catalog.ts';
import { createBooks } from './settle/books.ts';
import { createPaidBefore } from './settle/paid-before.ts';
import { payByApiKey } from './settle/pay-by-channel.ts';
import { apiKeyOf } from './settle/payers.ts';
import type { GatewayRecord } from './settle/record.ts';
import { remoteOf } from './settle/remote.ts';

/** The gateway's doors over fake nodes, a fake chain and a journal in memory. */

export const CHAIN_ID = 31_337;
export const CHANNELS: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';
export const RECEIPT_LOG: Address = `0x${'1e'.repeat(20)}`;
export const DOLLAR: Address = `0x${'70'.repeat(20)}`;
export const SPOKE_AUTHORIZER: Address = `0x${'5a'.repeat(20)}`;
export const FEE_PPM = 50_000n;
const MODEL_DIGEST = toHex(new Uint8Array(32).fill(6));
const digests = channelDigests(CHAIN_ID, CHANNELS);
const receipts = receiptDigests(CHAIN_ID, RECEIPT_LOG);
const SESSION_KEY = new Uint8Array(32).fill(3);
const GATEWAY = curve.addressOf(new Uint8Array(32).fill(2));

/** How a fake node misbehaves. */
export type Fault =
  | 'none'
  | 'status-500'
  | 'hang'
  | 'hang-midway'
  | 'comments-for-ever'
  | 'nothing-for-ever'
  | 'words-for-ever'
  | 'words-past-stop'
  | 'break-midway'
  | 'not-json'
  | 'overprices'
  | 'too-many-tokens'
  | 'wrong-signature'
  | 'wrong-answer-hash'
  | 'wrong-request-hash'
  | 'too-few-vectors'
  | 'session-lost'
  | 'wants-payment'
  | 'deposit-unseen';

export interface FakeNode {
  readonly account: Address;
  readonly url: string;
  fault: Fault;
  outcome: 'answered' | 'unknown';
  /** Words of the answer; by default the question's. */
  words: string[] | null;
  /** JSON text of the `logprobs` at the end of its answers. */
  logprobs: string;
  /** Held before the last word until it resolves. */
  gate: Promise<void>;
  asked: number;
  stopped: number;
  /** Answers to every question instead of an answer. */
  refusal: { status: number; code: string; message: string } | null;
  /** Says of every delivery that it knows of no payment at all. */
  forgets: boolean;
  /** Times that payments were brought. */
  deliveries: number;
  coveredTo: bigint;
  readonly entries: PaymentEntry[];
  /** The channel that pays it, and the newest promise on it: what the service claims with. */
  spoke: ChannelConfig | null;
  voucher: PaymentsBody['voucher'] | null;
}

export interface FakeNodeOptions {
  model?: string;
  provider?: string;
  expert?: string;
  price?: Partial<Price>;
  supports?: string[];
  deterministic?: boolean;
  /** What its card says that it answers; vectors are a text's length and 1. */
  answers?: ('chat' | 'embeddings')[];
  modelDigest?: Hex32;
  /** For a service that is registered on a real chain. */
  chain?: {
    chainId: number;
    receiptLog: Address;
    dollar: Address;
    account: Address;
    modelAsset: Address;
    agentId: bigint;
    key: Uint8Array;
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
}

let nodes = 0;

/** A node that answers with the question, word for word, and can be told to fail in many ways. */
export async function startFakeNode(
  t: TestContext,
  options: FakeNodeOptions = {},
): Promise<{ node: FakeNode; card: ServiceCard; wallet: Address }> {
  const n = ++nodes;
  const {
    chainId = CHAIN_ID,
    receiptLog = RECEIPT_LOG,
    dollar = DOLLAR,
    account = toHex(new Uint8Array(20).fill(n)),
    modelAsset = account,
    agentId = BigInt(n),
    key = new Uint8Array(32).fill(100 + n),
  } = options.chain ?? {};
  const receipts = receiptDigests(chainId, receiptLog);
  const stops = new Map<string, () => void>();
  const node = {
    account,
    fault: 'none',
    outcome: 'answered',
    words: null,
    logprobs: 'null',
    gate: Promise.resolve(),
    asked: 0,
    stopped: 0,
    refusal: null,
    forgets: false,
    deliveries: 0,
    coveredTo: 0n,
    entries: [],
    spoke: null,
    voucher: null,
    url: '',
  } as FakeNode & { url: string };
  let card!: ServiceCard;
  let cardJson: unknown;

  function evidence(request: IncomingMessage, body: Record<string, unknown>, text: string, embeddings?: string[]) {
    const header = (name: string) => String(request.headers[name]);
    const salt = header(NODE_HEADERS.salt) as Hex32;
    const attribution: Attribution[] = [];
    const usage = {
      promptTokens: countTokens(JSON.stringify(body.messages ?? body.input)),
      completionTokens: node.fault === 'too-many-tokens' ? 100_000 : countTokens(text),
    };
    const cost = node.outcome === 'unknown' ? 0n : costOf(card.price, usage);
    const receipt: Receipt = {
      requestId: header(NODE_HEADERS.request) as Hex32,
      service: account,
      agentId: card.agentId,
      requestHash: hashRequest(salt, node.fault === 'wrong-request-hash' ? {} : body),
      responseHash: hashAnswer(salt, { content: node.fault === 'wrong-answer-hash' ? 'another' : text, embeddings }),
      modelDigest: card.model.digest,
      ...usage,
      token: dollar,
      price: node.fault === 'overprices' ? cost + 1n : cost,
      attributionHash: hashAttribution(attribution),
      issuedAt: Math.floor(Date.now() / 1000),
    };
    const signer = node.fault === 'wrong-signature' ? new Uint8Array(32).fill(1) : key;
    const signature = curve.sign(receipts.receipt(receipt), signer);
    return {
      usage: {
        prompt_tokens: usage.promptTokens,
        completion_tokens: usage.completionTokens,
        total_tokens: usage.promptTokens + usage.completionTokens,
      },
      tributary: toWire({ receipt, signature, attribution, outcome: node.outcome }),
    };
  }

  function embed(request: IncomingMessage, response: ServerResponse, body: Record<string, unknown>): void {
    const texts = inputsOf(body as EmbeddingsRequest);
    const embeddings = texts.map((text) => packVector(Float32Array.of(text.length, 1)));
    const { usage, tributary } = evidence(request, body, '', embeddings);
    const sent = node.fault === 'too-few-vectors' ? embeddings.slice(1) : embeddings;
    const data = sent.map((embedding, index) => ({ object: 'embedding', index, embedding }));
    const text = JSON.stringify({ object: 'list', data, model: card.model.id, usage });
    if (node.fault === 'not-json') response.end('nonsense');
    else response.end(`${text.slice(0, -1)},"tributary":${tributary}}`);
  }

  async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    node.asked++;
    const { fault, refusal } = node;
    if (refusal) {
      response.writeHead(refusal.status).end(JSON.stringify({ error: refusal }));
      return;
    }
    const code = {
      'session-lost': 'session_expired',
      'wants-payment': 'uncovered_limit',
      'deposit-unseen': 'insufficient_balance',
    }[fault as string];
    if (code) {
      node.fault = 'none';
      response.writeHead(fault === 'session-lost' ? 401 : 402).end(JSON.stringify({ error: { message: code, code } }));
      return;
    }
    if (fault === 'status-500') {
      response.writeHead(500).end('{"error":{"message":"broken"}}');
      return;
    }
    if (fault === 'hang') return;
    if (request.url === '/v1/embeddings') {
      embed(request, response, body);
      return;
    }
    const words = node.words ?? questionOf(body.messages as never).split(/(?<= )/);
    let stopped = false;
    const stop = new Promise<void>((resolve) => {
      stops.set(String(request.headers[NODE_HEADERS.request]), () => {
        stopped = true;
        node.stopped++;
        resolve();
      });
    });
    const said: string[] = [];
    const chunk = (rest: object) =>
      `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', ...rest })}\n\n`;
    const stream = body.stream === true;
    if (stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
      );
    }
    for (const [i, word] of words.entries()) {
      if (i === words.length - 1) await Promise.race([node.gate, stop]);
      if (stopped) break;
      said.push(word);
      if (stream)
        response.write(chunk({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }], usage: null }));
      if (fault === 'comments-for-ever' || fault === 'nothing-for-ever') {
        const nothing = fault === 'comments-for-ever' ? ': wait\n\n' : chunk({ choices: [{ index: 0, delta: {} }] });
        for (; !response.destroyed; await pause(10)) response.write(nothing);
        return;
      }
      if (fault === 'words-for-ever' || fault === 'words-past-stop') {
        for (; !response.destroyed && (!stopped || fault === 'words-past-stop'); await pause(10)) {
          said.push(word);
          response.write(chunk({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }] }));
        }
        break;
      }
      if (fault === 'break-midway' || fault === 'hang-midway') {
        await pause(5);
        if (fault === 'break-midway') response.destroy();
        return;
      }
    }
    const { usage, tributary } = evidence(request, body, said.join(''));
    if (fault === 'not-json') {
      response.end('data: nonsense\n\n');
      return;
    }
    if (!stream) {
      const message = { role: 'assistant', content: said.join('') };
      const text = JSON.stringify({
        id: 'x',
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
        usage,
      }).replace('"logprobs":null', `"logprobs":${node.logprobs}`);
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`${text.slice(0, -1)},"tributary":${tributary}}`);
      return;
    }
    const end = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', logprobs: null }], usage: null });
    response.write(end.replace('"logprobs":null', `"logprobs":${node.logprobs}`));
    response.write(chunk({ choices: [], usage }));
    response.end(`data: {"object":"tributary.receipt","tributary":${tributary}}\n\ndata: [DONE]\n\n`);
  }

  const server = createServer((request, response) => {
    const handle = async () => {
      const path = request.url ?? '';
      if (request.method === 'DELETE') {
        stops.get(path.split('/').at(-1) ?? '')?.();
        response.writeHead(202).end();
      } else if (path.startsWith('/services/')) {
        response.end(
          JSON.stringify({ card: cardJson, signature: curve.sign(cardDigest(cardJson, chainId, receiptLog), key) }),
        );
      } else if (path === '/sessions') {
        const { config, expiresAt } = SessionRequest.parse(await readJson(request));
        node.spoke = config;
        response.end(toWire({ token: `token-${n}`, coveredTo: node.coveredTo, expiresAt }));
      } else if (path.startsWith('/payments?from=')) {
        const from = BigInt(path.slice(15));
        response.end(toWire({ entries: node.entries.filter((e) => e.payment.from >= from) }));
      } else if (path === '/payments') {
        const { entries, voucher } = PaymentsBody.parse(await readJson(request));
        node.voucher = voucher;
        node.deliveries++;
        if (node.forgets) {
          response.writeHead(409).end(toWire({ coveredTo: 0n }));
          return;
        }
        for (const entry of entries) {
          if (entry.payment.to <= node.coveredTo) continue;
          if (entry.payment.from !== node.coveredTo) {
            response.writeHead(409).end(toWire({ coveredTo: node.coveredTo }));
            return;
          }
          node.entries.push(entry);
          node.coveredTo = entry.payment.to;
        }
        response.end(toWire({ coveredTo: node.coveredTo }));
      } else {
        await chat(request, response);
      }
    };
    handle().catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  node.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const price = {
    token: dollar,
    perRequest: 100n,
    perMillionPrompt: 1_000_000n,
    perMillionCompletion: 2_000_000n,
    ...options.price,
  };
  cardJson = JSON.parse(
    toWire({
      service: account,
      agentId,
      chainId,
      endpoint: node.url,
      expert: options.expert ?? 'relay',
      model: {
        id: options.model ?? 'tributary/echo',
        name: 'Echo',
        description: 'Repeats',
        asset: modelAsset,
        digest: options.modelDigest ?? MODEL_DIGEST,
        contextTokens: 8192,
        maxOutputTokens: 1024,
      },
      provider: options.provider ?? `provider-${n}`,
      price,
      ...(options.answers ? { answers: options.answers } : {}),
      supports: options.supports ?? [],
      deterministic: options.deterministic ?? false,
      hints: {},
      issuedAt: 1,
    }),
  );
  card = ServiceCard.parse(cardJson);
  return { node, card, wallet: curve.addressOf(key) };
}

export interface TestGateway {
  url: string;
  apiKey: ApiKey;
  channelId: Hex32;
  hub: ReturnType<typeof createHubBook>;
  spokes: ReturnType<typeof createSpokeBook>;
  catalog: ReturnType<typeof createCatalog>;
  records: GatewayRecord[];
  receipts: SignedReceipt[];
  core: ReturnType<typeof createCore>;
  /** Times that the journal was read from its beginning. */
  journalReads(): number;
  /** POST to a path with the API key. */
  post(path: string, body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** The same to chat completions. */
  ask(body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** Charged so far to the API key's channel. */
  charged(): bigint;
  /** Where each question came from. */
  remotes: string[];
  /** No reservation and no hold is left over. */
  expectNothingOpen(): void;
  /** Resolves when so many answers are settled. */
  settled(count: number): Promise<void>;
}

const QUICK: Patience = { firstTokenMs: 300, idleMs: 300, wholeMs: 300, streamMs: 600, stopMs: 300 };

/** A gateway whose channel for one API key holds `deposit` base units, in front of the given fake nodes. */
export async function startTestGateway(
  t: TestContext,
  services: Awaited<ReturnType<typeof startFakeNode>>[],
  options: {
    deposit?: bigint;
    spokeDeposit?: bigint;
    patience?: Partial<Patience>;
    keepAliveMs?: number;
    /** Whether the API key proves who asks, as it does, or only a reservation does. */
    proven?: boolean;
    operatorToken?: string;
    /** By which clients reach the gateway. */
    publicUrl?: string;
    receiptChecks?: ReceiptChecks;
  } = {},
): Promise<TestGateway> {
  const hub = createHubBook({
    digests,
    curve,
    terms: { receiver: GATEWAY, receiverAuthorizer: GATEWAY, token: DOLLAR },
  });
  const spokes = createSpokeBook({
    channelDigests: digests,
    receiptDigests: receipts,
    curve,
    sessionKey: SESSION_KEY,
    spokeAuthorizer: SPOKE_AUTHORIZER,
    token: DOLLAR,
  });
  const catalog = createCatalog();
  const http = createGuardedAgent({ allowPrivate: true }, { connections: 256 });
  const records: GatewayRecord[] = [];
  const kept: SignedReceipt[] = [];
  const remotes: string[] = [];
  const waiting: (() => void)[] = [];
  let journalReads = 0;
  const journal = {
    append(record: GatewayRecord) {
      records.push(record);
      return Promise.resolve(records.length - 1);
    },
    async *replay() {
      journalReads++;
      for (const [seq, record] of records.entries()) yield { seq, record };
    },
  };
  const apiKey = newApiKey();
  const fresh = { totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n };
  const config: ChannelConfig = {
    payer: toHex(new Uint8Array(20).fill(0xaa)) as Address,
    payerAuthorizer: authorizerOf(apiKey, curve),
    receiver: GATEWAY,
    receiverAuthorizer: GATEWAY,
    token: DOLLAR,
    withdrawDelay: 900,
    salt: ZERO_32,
  };
  for (const record of hub.learn(config, { balance: options.deposit ?? 1_000_000n, ...fresh })) hub.apply(record);
  for (const { node, card, wallet } of services) {
    catalog.put({
      account: node.account,
      agentWallet: wallet,
      card,
      signed: { card: JSON.parse(toWire(card)), signature: `0x${'00'.repeat(65)}` },
    });
    const spoke: ChannelConfig = {
      ...config,
      payer: GATEWAY,
      payerAuthorizer: curve.addressOf(SESSION_KEY),
      receiver: node.account,
      receiverAuthorizer: SPOKE_AUTHORIZER,
    };
    for (const record of spokes.learn(spoke, { balance: options.spokeDeposit ?? 1_000_000n, ...fresh }))
      spokes.apply(record);
  }
  const metrics = createMetrics();
  const core = createCore({
    chainId: CHAIN_ID,
    receiptLog: RECEIPT_LOG,
    feePpm: FEE_PPM,
    curve,
    sessionKey: SESSION_KEY,
    books: createBooks({ hub, spokes, exact: undefined as never }, journal),
    journal,
    catalog,
    http,
    metrics,
    patience: { ...QUICK, ...options.patience },
    keepAliveMs: options.keepAliveMs ?? 10_000,
    log: pino({ level: 'silent' }),
    rank: (_, services) =>
      services
        .map((service) => ({ service, score: service.card.deterministic ? 0.9 : 0.5, why: 'it was its turn' }))
        .sort((a, b) => b.score - a.score),
    payerOf: async (request) => {
      remotes.push(remoteOf(request));
      const given = apiKeyOf(request);
      if (!given) throw new TributaryError('payment_required', 'Payment is required.', { status: 402 });
      const payer = payByApiKey(given, hub, curve, async () => undefined);
      return { ...payer, proven: options.proven ?? true };
    },
    paidBefore: createPaidBefore(),
    onSpokeLow: () => undefined,
    onAnswer(receipt) {
      kept.push(receipt);
      for (const wake of waiting.splice(0)) wake();
    },
  });
  const operator = { token: options.operatorToken, publicUrl: options.publicUrl ?? 'http://127.0.0.1' };
  const app = createApp({
    asking: core.asking,
    catalog,
    feePpm: FEE_PPM,
    explorer: {
      network: () => assert.fail('there is no network here'),
      receipt: async (id) => kept.find((r) => r.receipt.requestId === id || r.payment.receiptHash === id),
      answer: () => assert.fail('there are no tables here'),
      settle: async () => ({}),
      operator: () => operator,
    },
    metrics,
    receiptChecks: async () => options.receiptChecks ?? assert.fail('nobody checks receipts here'),
    publicUrl: () => options.publicUrl ?? url,
    pageSources: () => ({ rpc: undefined, endpoints: [] }),
    offer: async () => ({}),
    errorHeaders: () => ({}),
    notReady: () => null,
    onInternal: (error) => {
      throw error;
    },
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
    await core.delivery.close();
    await http.destroy();
  });
  const channelId = digests.channelId(config);
  const post: TestGateway['post'] = (path, body, headers = {}, signal) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  return {
    url,
    apiKey,
    channelId,
    hub,
    spokes,
    catalog,
    records,
    receipts: kept,
    remotes,
    core,
    journalReads: () => journalReads,
    post,
    ask: (body, headers, signal) => post('/v1/chat/completions', body, headers, signal),
    charged: () => hub.channel(channelId)?.charged ?? 0n,
    expectNothingOpen() {
      assert.equal(hub.channel(channelId)?.reserved, 0n);
      assert.equal(hub.channel(channelId)?.openRequests, 0);
      for (const spoke of spokes.channels()) assert.equal(spoke.held, 0n);
    },
    async settled(count) {
      while (kept.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
