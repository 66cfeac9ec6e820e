import type { Journal } from '@tributary/payments';
import {
  type Address,
  type Curve,
  type ReceiptDigests,
  receiptDigests,
  type SignedReceipt,
  TributaryError,
} from '@tributary/protocol';
import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import type { Nodes, Patience } from './dispatch/question.ts';
import type { AskDoor } from './http/ask.ts';
import { createReplays } from './http/replay.ts';
import type { Metrics } from './metrics.ts';
import type { Catalog, Service } from './route/catalog.ts';
import type { Rank } from './route/plan.ts';
import type { Books } from './settle/books.ts';
import { checkReceipt } from './settle/check-receipt.ts';
import { createDelivery, type Delivery } from './settle/delivery.ts';
import type { PaidBefore } from './settle/paid-before.ts';
import type { GatewayRecord } from './settle/record.ts';
import { settleAnswer } from './settle/settle-answer.ts';

/** How long payments are gathered before they are handed to a node, milliseconds. */
const GATHER_MS = 100;

export interface CoreDeps {
  chainId: number;
  receiptLog: Address;
  feePpm: bigint;
  curve: Curve;
  sessionKey: Uint8Array;
  books: Books;
  journal: Pick<Journal<GatewayRecord>, 'replay'>;
  catalog: Catalog;
  http: Dispatcher;
  metrics: Metrics;
  patience: Patience;
  keepAliveMs: number;
  log: Logger;
  /** Ranks services for `auto`. */
  rank: Rank;
  payerOf: AskDoor['payerOf'];
  paidBefore: PaidBefore;
  /** A service's channel has too little left for an answer. */
  onSpokeLow(service: Service, price: bigint): void;
  /** An answer is on disk. */
  onAnswer(receipt: SignedReceipt, seq: number): void;
}

/** The path of one question and of its money, without the chain. */
export interface Core {
  asking: AskDoor;
  delivery: Delivery;
}

export function createCore(deps: CoreDeps): Core {
  const { chainId, receiptLog, curve, books, metrics, log } = deps;
  const { spokes } = books;
  const digests: ReceiptDigests = receiptDigests(chainId, receiptLog);

  const delivery = createDelivery({
    chainId,
    receiptLog,
    curve,
    sessionKey: deps.sessionKey,
    digests,
    books,
    onTakenBack: deps.onAnswer,
    http: deps.http,
    async paymentsFrom(channelId, from) {
      const found = [];
      for await (const { record } of deps.journal.replay()) {
        if (record.kind !== 'answer') continue;
        const { payment } = record.entry;
        if (payment.channelId === channelId && payment.to > payment.from && payment.from >= from)
          found.push(record.entry);
      }
      return found;
    },
    log,
    gatherMs: GATHER_MS,
  });

  const nodes: Nodes = {
    http: deps.http,
    session: (service) => delivery.session(service),
    dropSession: (service, token) => delivery.dropSession(service, token),
    deliver: (service) => delivery.deliver(service),
    hold(service, requestId, price) {
      const spoke = spokes.channelOf(service.account);
      if (!spoke || spoke.left < price) deps.onSpokeLow(service, price);
      if (!spoke)
        throw new TributaryError('spoke_not_open', 'The channel to the service is not open yet.', {
          status: 503,
          retryable: true,
        });
      spokes.hold(spoke.channelId, requestId, price);
      return spoke.channelId;
    },
    drop: (requestId) => spokes.drop(requestId),
    check: (service, asked, answered, evidence) =>
      checkReceipt({
        card: service.card,
        agentWallet: service.agentWallet,
        asked,
        answered,
        evidence,
        digests,
        curve,
        nowSeconds: Math.floor(Date.now() / 1000),
      }),
  };

  const asking: AskDoor = {
    planning: { catalog: deps.catalog, feePpm: deps.feePpm, rank: deps.rank },
    nodes,
    patience: deps.patience,
    replays: createReplays(),
    keepAliveMs: deps.keepAliveMs,
    payerOf: deps.payerOf,
    paidBefore: deps.paidBefore,
    async settle(question, found, hold) {
      const bill = await settleAnswer({ chainId, receiptLog, feePpm: deps.feePpm, books }, question, found, hold);
      deps.onAnswer(bill.receipt, bill.seq);
      const { service } = found.step;
      metrics.answered(service.account, found.evidence.outcome, bill.charged);
      if (bill.price > 0n) delivery.nudge(service);
      return bill;
    },
    onProviderFailure(step, error) {
      metrics.providerFailed(step.service.account, error.code);
      log.debug({ service: step.service.account, code: error.code, detail: error.message }, 'a provider failed');
    },
    onEnd: (result, elapsedMs) => metrics.requestEnded(result, elapsedMs),
  };
  return { asking, delivery };
}
