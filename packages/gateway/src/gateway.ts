import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createWriter, readChainId, tokens } from '@tributary/chain';
import { acquireLock, openJournal } from '@tributary/ledger';
import { rankServices } from '@tributary/models';
import {
  createBatchPayments,
  createExactPayments,
  createHubBook,
  createHubClaimer,
  createRateLimit,
  createSpokeBook,
  createWatchTower,
  createX402Server,
  curve,
  watchHub,
  x402Chain,
} from '@tributary/payments';
import { type Address, channelDigests, fromHex, receiptDigests, withFee } from '@tributary/protocol';
import { createGuardedAgent, createGuardedFetch } from '@tributary/work';
import type { Logger } from 'pino';
import type { GatewayConfig } from './config.ts';
import { loadKey } from './config.ts';
import { createCore } from './core.ts';
import { createDiscovery } from './discovery/services.ts';
import { createTableQuestions } from './explore/explorer.ts';
import { readTokens } from './explore/tokens.ts';
import { createApp } from './http/app.ts';
import { type Listening, listen } from './http/listen.ts';
import { publishedRpc } from './http/published.ts';
import { createMetrics } from './metrics.ts';
import { createRepeating } from './repeating.ts';
import { createCatalog } from './route/catalog.ts';
import { applyRecord, createBooks } from './settle/books.ts';
import { createPaidBefore } from './settle/paid-before.ts';
import { createPayers } from './settle/payers.ts';
import { createReceipts } from './settle/receipts.ts';
import { GatewayRecord } from './settle/record.ts';
import { createRefunds } from './settle/refunds.ts';
import { createSpokes, sessionKeyOf } from './settle/spokes.ts';
import { createSharedLook } from './shared-look.ts';
import { openTables } from './tables/tables.ts';

/** Connections kept open to one node, at most. */
const MAX_CONNECTIONS = 256;
/** How long requests under way may take when the gateway ends, milliseconds. */
const GRACE_MS = 5_000;
/** What payers are offered between asking for their deposit and getting it, seconds. */
const WITHDRAW_DELAY_SECONDS = 3_600;
/** Payments that made us read the chain and were good for nothing: from one address, and from all. */
const FAILURES = { perKey: { burst: 60, perHour: 600 }, all: { burst: 1_000, perHour: 20_000 } };
/** Between two looks for deposits of services that went away, milliseconds. */
const RECLAIM_PAUSE_MS = 600_000;
/** How long the start waits for the cards of services, milliseconds. */
const FIRST_LOOK_MS = 10_000;
/** Pause between looks while registered services have not answered yet. */
const AWAIT_PAUSE_MS = 500;
/** Between two looks at the chain because an unknown API key came, at least, milliseconds. */
const FIND_CHANNEL_PAUSE_MS = 500;

/** A running gateway. */
export interface Gateway {
  /** Where it can be reached from this machine. */
  readonly url: string;
  /** Claims all that payers owe now; resolves when it is on chain. */
  settle(): Promise<unknown>;
  /** Looks for services now instead of in a while. */
  discover(): Promise<void>;
  /** Ends: no new requests, those under way get a few seconds, then everything is on disk. */
  close(): Promise<void>;
}

export interface GatewayContext {
  log: Logger;
  env: NodeJS.ProcessEnv;
  /** The journal cannot be written: nothing may be promised any more, so the process must end. */
  onFatal(error: unknown): void;
}

/** What was opened, to be closed in reverse order: at the end, and when a later step of the start fails. */
type Closers = (() => Promise<unknown>)[];

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close();
}

/** Starts a gateway on its folder. @throws `folder_in_use`, `cannot_listen`, and what the chain says */
export async function createGateway(config: GatewayConfig, context: GatewayContext): Promise<Gateway> {
  const closers: Closers = [];
  try {
    return await start(config, context, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function start(config: GatewayConfig, context: GatewayContext, closers: Closers): Promise<Gateway> {
  const { log } = context;
  const { contracts, chainId, feePpm } = config;
  await readChainId(config.rpc, chainId);
  const lock = await acquireLock(config.home);
  closers.push(() => lock.release());
  const key = await loadKey(config.key, context.env);
  const keyBytes = fromHex(key);
  const sessionKey = sessionKeyOf(keyBytes);
  const writer = createWriter({ rpc: config.rpc, chainId, contracts, signer: key });
  const self = curve.addressOf(keyBytes);
  const token = await tokens.tokenDomain(writer);
  const revenueTokens = await readTokens(writer);
  const chain = x402Chain(writer);

  const digests = channelDigests(chainId, contracts.channels);
  const hub = createHubBook({
    digests,
    curve,
    terms: { receiver: self, receiverAuthorizer: self, token: contracts.dollar },
  });
  const spokeBook = createSpokeBook({
    channelDigests: digests,
    receiptDigests: receiptDigests(chainId, contracts.receiptLog),
    curve,
    sessionKey,
    spokeAuthorizer: contracts.spokeAuthorizer,
    token: contracts.dollar,
  });
  const exact = createExactPayments({ chain, curve, token, gatewayKey: keyBytes });
  const journal = await openJournal({ dir: join(config.home, 'journal'), parse: (v) => GatewayRecord.parse(v) });
  closers.push(() => journal.close());
  const receipts = createReceipts(() => tables);
  const paidBefore = createPaidBefore();
  /** When each service last answered, unix seconds. */
  const lastAnswers = new Map<Address, number>();
  for await (const { record } of journal.replay()) {
    applyRecord({ hub, spokes: spokeBook, exact }, record);
    if (record.kind !== 'answer') continue;
    const signed = { chainId, receiptLog: contracts.receiptLog, ...record.entry };
    receipts.add(signed);
    paidBefore.add(signed);
    lastAnswers.set(signed.receipt.service, signed.receipt.issuedAt);
  }
  const tables = openTables({
    setup: {
      home: config.home,
      databaseUrl: config.databaseUrl,
      rpc: config.rpc,
      chainId,
      contracts,
      fromBlock: config.fromBlock,
      allowPrivateEndpoints: config.allowPrivateEndpoints,
    },
    journal,
    log,
  });
  closers.push(() => tables.close());
  const books = createBooks(
    { hub, spokes: spokeBook, exact },
    {
      append: (record) =>
        journal.append(record).catch((error: unknown) => {
          context.onFatal(error);
          throw error;
        }),
    },
  );

  const catalog = createCatalog();
  const guard = { allowPrivate: config.allowPrivateEndpoints };
  const http = createGuardedAgent(guard, { connections: MAX_CONNECTIONS });
  const fetchCards = createGuardedFetch(guard);
  closers.push(() => Promise.all([http.destroy(), fetchCards.close()]));
  const metrics = createMetrics();
  closers.push(async () => metrics.close());
  const refunds = createRefunds(books, log);
  closers.push(() => refunds.close());
  const spokes = createSpokes({
    writer,
    key: keyBytes,
    sessionAddress: curve.addressOf(sessionKey),
    digests,
    curve,
    books,
    deposit: config.spokeDeposit,
    reclaim: {
      afterSeconds: config.reclaimDays * 86_400,
      minimum: config.claim.minimum,
      isGone: (service) => catalog.get(service) === undefined,
      lastAnswer: (service) => lastAnswers.get(service),
    },
    log,
  });
  const discovery = createDiscovery({
    reader: writer,
    fetch: fetchCards,
    curve,
    catalog,
    openSpoke: spokes.open,
    onNewCard: (service) => core.delivery.renew(service),
    fromBlock: config.fromBlock,
    log,
  });
  const onError = (what: string) => (error: unknown) => log.error({ err: error }, what);
  const claimer = createHubClaimer({ writer, hub, onError: onError('a claim failed') });
  const tower = createWatchTower({
    reader: writer,
    book: watchHub({
      hub,
      claimer,
      receiver: self,
      token: contracts.dollar,
      record: books.keep,
      dust: config.claim.dust,
    }),
    fromBlock: config.fromBlock,
    onError: onError('watching the channels failed'),
    onWithdrawal: (channelId) => log.warn({ channelId }, 'a payer announced a withdrawal'),
  });

  const { minTransfer, minDeposit, minRefund, perPayer, perHour } = config.x402;
  const sponsored = createRateLimit('the transactions that the gateway makes for payers', {
    perKey: { burst: perPayer, perHour: perPayer },
    all: { burst: perHour, perHour },
  });
  const batch = createBatchPayments({
    hub,
    chain,
    curve,
    digests,
    token,
    erc3009Collector: contracts.erc3009Collector,
    sponsored: { minDeposit, minRefund, limit: sponsored },
    record: books.keep,
  });
  const x402 = createX402Server({
    terms: {
      token,
      payTo: self,
      receiverAuthorizer: self,
      withdrawDelaySeconds: WITHDRAW_DELAY_SECONDS,
      minTransfer,
      minDeposit,
    },
    hub,
    batch,
    exact,
    failures: createRateLimit('payments that fail', FAILURES),
  });
  let listening: Listening | undefined;
  const publicUrl = () => config.publicUrl ?? listening?.url ?? '';
  const payers = createPayers({
    chainId,
    curve,
    books,
    x402,
    batch,
    publicUrl,
    findChannel: createSharedLook(tower.poll, FIND_CHANNEL_PAUSE_MS),
    sponsored,
    refundSoon: refunds.soon,
  });

  const core = createCore({
    chainId,
    receiptLog: contracts.receiptLog,
    feePpm,
    curve,
    sessionKey,
    books,
    journal,
    catalog,
    http,
    metrics,
    patience: config.patience,
    keepAliveMs: config.keepAliveMs,
    log,
    rank: rankServices,
    payerOf: payers.payerOf,
    paidBefore,
    onSpokeLow(service, price) {
      spokes.topUp(service.account, price).catch(onError('a channel to a service could not be filled'));
    },
    onAnswer(receipt, seq) {
      lastAnswers.set(receipt.receipt.service, receipt.receipt.issuedAt);
      receipts.add(receipt);
      tables.add(seq, receipt);
    },
  });

  closers.push(() => core.delivery.close());

  /** The least that any request costs here, for an offer that is made without a request. */
  function smallestCharge(): bigint {
    const charges = catalog.all().map((s) => withFee(s.card.price.perRequest, feePpm));
    return charges.toSorted((a, b) => Number(a - b))[0] || 1n;
  }

  let ready = false;
  const app = createApp({
    asking: core.asking,
    catalog,
    feePpm,
    metrics,
    receiptChecks: async () => (await import('./doors/agents/chain-checks.ts')).chainChecks(writer, fetchCards),
    publicUrl,
    pageSources: () => ({
      rpc: publishedRpc(config.rpc),
      endpoints: catalog.all().flatMap((s) => (s.unavailable === null ? [s.card.endpoint] : [])),
    }),
    offer: async (caller) => (await payers.withoutBody(caller, smallestCharge())).refunded,
    errorHeaders: payers.headersOf,
    notReady: () => (ready ? null : 'starting'),
    onInternal: (error, path) => log.error({ err: error, path }, 'a request failed inside the gateway'),
    explorer: {
      network() {
        const rpc = publishedRpc(config.rpc);
        const facts = { chainId, contracts, gateway: self, url: publicUrl(), feePpm, tokens: revenueTokens };
        return rpc === undefined ? facts : { ...facts, rpc };
      },
      receipt: receipts.find,
      answer: createTableQuestions({ catalog, feePpm, tables, receipts, since: Math.floor(Date.now() / 1000) }),
      settle: () => claimer.claimNow(),
      operator: () => ({ token: config.operatorToken, publicUrl: publicUrl() }),
    },
  });

  await refunds.recover();
  closers.push(() => tower.stop());
  await tower.start(config.watchSeconds * 1000);
  await spokes.recover();
  // Services of strangers that do not answer must not keep us from opening.
  await Promise.race([discovery.look(), pause(FIRST_LOOK_MS, undefined, { ref: false })]);
  // A node may hold payments that our journal lost; they come back before anything new is numbered.
  await Promise.allSettled(catalog.all().map((service) => core.delivery.session(service)));
  const looking = createRepeating(
    discovery.look,
    config.discoverSeconds * 1000,
    onError('looking for services failed'),
  );
  // After a start of everything at once the nodes come up a little later than the gateway.
  const awaiting = createRepeating(
    async () => {
      if (catalog.awaited > 0) await discovery.look();
    },
    AWAIT_PAUSE_MS,
    onError('looking for services failed'),
  );
  // A transfer may reach its block after we gave it up: its payer got no answer for it.
  const refunding = createRepeating(refunds.recover, config.watchSeconds * 1000, onError('looking for refunds failed'));
  const filling = createRepeating(spokes.topUpLow, config.watchSeconds * 1000, onError('filling channels failed'));
  const reclaiming = createRepeating(spokes.reclaim, RECLAIM_PAUSE_MS, onError('taking deposits back failed'));
  closers.push(() =>
    Promise.all([looking, awaiting, refunding, filling, reclaiming, claimer].map((repeating) => repeating.stop())),
  );
  claimer.start({
    intervalMs: config.claim.intervalSeconds * 1000,
    minAmount: config.claim.minimum,
    onReport: (report) => log.info({ claimed: report.claimed.length, amount: String(report.amount) }, 'claimed'),
  });
  metrics.watch(
    'tributary_services',
    'Services that can be asked',
    () => catalog.all().filter((s) => !s.unavailable).length,
  );
  metrics.watch(
    'tributary_unfolded_receipts',
    'Receipts that the explorer’s tables do not have yet',
    () => tables.pending,
  );
  metrics.watch('tributary_undelivered_payments', 'Payments that nodes have not acknowledged', () =>
    spokeBook.channels().reduce((sum, c) => sum + c.undelivered, 0),
  );
  const listener = await listen(app, config);
  listening = listener;
  closers.push(() => listener.close(GRACE_MS));
  ready = true;

  return {
    url: listener.url,
    settle: () => claimer.claimNow(),
    discover: discovery.look,
    close() {
      ready = false;
      return closeAll(closers);
    },
  };
}
