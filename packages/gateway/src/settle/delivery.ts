import { type HubCharge, MAX_PAYMENT_ENTRIES, PaymentEntry, type SpokeChannel } from '@tributary/payments';
import {
  type Address,
  type Curve,
  type Hex32,
  hex32,
  NODE_HEADERS,
  PaymentsAccepted,
  type ReceiptDigests,
  SessionGrant,
  type SignedReceipt,
  sessionDigest,
  TributaryError,
  toWire,
} from '@tributary/protocol';
import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { exchange } from '../dispatch/exchange.ts';
import { toNodeFailure } from '../dispatch/node-client.ts';
import type { Service } from '../route/catalog.ts';
import type { Books } from './books.ts';

const SESSION_SECONDS = 12 * 3600;
/** A session this close to its end is renewed before it is used. */
const RENEW_BEFORE_SECONDS = 600;
const CALL_TIMEOUT_MS = 10_000;
const MAX_REPLY_BYTES = 64 * 1024;
const MAX_ENTRIES_BYTES = 16 * 1024 * 1024;
const FIRST_RETRY_MS = 200;
/** Least time between two readings of the journal for one node that says it lost payments. */
const REWIND_PAUSE_MS = 10_000;
const LONGEST_RETRY_MS = 3_000;

const EntriesReply = z.object({ entries: z.array(PaymentEntry).min(1).max(MAX_PAYMENT_ENTRIES) });

/** What delivery needs. */
export interface DeliveryDeps {
  chainId: number;
  receiptLog: Address;
  curve: Curve;
  /** Private key of the spokes' payerAuthorizer. */
  sessionKey: Uint8Array;
  digests: ReceiptDigests;
  books: Pick<Books, 'hub' | 'spokes' | 'keep' | 'keepAnswer'>;
  /** A payment came back from a node that our own journal had lost. */
  onTakenBack(receipt: SignedReceipt, seq: number): void;
  http: Dispatcher;
  /** Payments on disk with `from` ≤ payment.from, in order and without gap, for a node that lost them. */
  paymentsFrom(channelId: Hex32, from: bigint): Promise<PaymentEntry[]>;
  log: Logger;
  /** How long payments are gathered before they are sent, milliseconds. */
  gatherMs: number;
}

/** Hands payments to nodes in order until they are acknowledged, and keeps the session with each. */
export interface Delivery {
  /** Token of the session with a service's node. @throws `provider_unreachable` or what the node answered */
  session(service: Service): Promise<string>;
  dropSession(service: Service, token: string): void;
  /** The node may have restarted: hears from it how far its books are, and sends again what it lost. */
  renew(service: Service): void;
  /** There is something new to deliver. */
  nudge(service: Service): void;
  /** Delivers everything now. @throws when the node does not take it */
  deliver(service: Service): Promise<void>;
  /** Waits for what is being sent; nothing is sent afterwards. */
  close(): Promise<void>;
}

interface Lane {
  service: Service;
  session: Promise<{ token: string; expiresAt: number }> | undefined;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
  retryMs: number;
}

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { log } = deps;
  const { spokes } = deps.books;
  const sessionAddress = deps.curve.addressOf(deps.sessionKey);
  const lanes = new Map<Address, Lane>();
  const rewoundAt = new Map<Hex32, number>();
  let closed = false;

  function laneOf(service: Service): Lane {
    let lane = lanes.get(service.account);
    if (!lane) {
      lane = { service, session: undefined, timer: undefined, running: undefined, retryMs: FIRST_RETRY_MS };
      lanes.set(service.account, lane);
    }
    lane.service = service;
    return lane;
  }

  function spokeOf(service: Service): SpokeChannel {
    const spoke = spokes.channelOf(service.account);
    if (spoke) return spoke;
    throw new TributaryError('spoke_not_open', `The channel to ${service.card.provider} is not open yet.`, {
      status: 503,
      retryable: true,
    });
  }

  async function call(
    service: Service,
    request: { method: 'GET' | 'POST'; path: string; headers?: Record<string, string>; body?: string },
    limit: number,
  ): Promise<{ status: number; json: unknown }> {
    const options = {
      ...request,
      origin: service.origin,
      path: service.basePath + request.path,
      headersTimeout: CALL_TIMEOUT_MS,
      bodyTimeout: CALL_TIMEOUT_MS,
    };
    const { status, text } = await exchange(deps.http, options, limit);
    return { status, json: JSON.parse(text) };
  }

  function post(service: Service, path: string, body: string): Promise<{ status: number; json: unknown }> {
    const headers = { 'content-type': 'application/json' };
    return call(service, { method: 'POST', path, headers, body }, MAX_REPLY_BYTES);
  }

  function unexpected(service: Service, path: string, status: number, json: unknown): TributaryError {
    const detail = JSON.stringify(json).slice(0, 500);
    return new TributaryError('provider_error', `${service.card.provider} answered ${path} with ${status}: ${detail}`, {
      status: 502,
      retryable: true,
    });
  }

  /** Takes note of what a node says it has. */
  async function acknowledge(channelId: Hex32, coveredTo: bigint): Promise<void> {
    const spoke = spokes.channel(channelId);
    if (spoke && coveredTo < spoke.ackedTo) {
      if (performance.now() - (rewoundAt.get(channelId) ?? Number.NEGATIVE_INFINITY) < REWIND_PAUSE_MS) {
        const message = `The node forgets payments that it has just been given again: it is at ${coveredTo}.`;
        throw new TributaryError('provider_error', message, { status: 502, retryable: true });
      }
      rewoundAt.set(channelId, performance.now());
      // The node lost what it had acknowledged; its signature on the receipts proves them to itself again.
      const lost = await deps.paymentsFrom(channelId, coveredTo);
      spokes.rewind(
        channelId,
        lost.filter((e) => e.payment.to <= spoke.ackedTo),
      );
      return;
    }
    const record = spokes.ack(channelId, coveredTo);
    if (record) await deps.books.keep([record]);
  }

  /**
   * The node has payments that our own journal lost. What carries our signature was promised: it is taken back, with the
   * charge that belongs to it, before anything new is numbered.
   */
  async function takeBack(service: Service, channelId: Hex32, token: string, coveredTo: bigint): Promise<void> {
    for (;;) {
      const promised = spokes.channel(channelId)?.promised ?? 0n;
      if (promised >= coveredTo) return;
      const headers = { [NODE_HEADERS.session]: token };
      const path = `/payments?from=${promised}`;
      const { status, json } = await call(service, { method: 'GET', path, headers }, MAX_ENTRIES_BYTES);
      const parsed = EntriesReply.safeParse(json);
      if (status !== 200 || !parsed.success) throw unexpected(service, '/payments', status, json);
      for (const entry of parsed.data.entries) await takeBackOne(service, channelId, entry);
    }
  }

  async function takeBackOne(service: Service, channelId: Hex32, entry: PaymentEntry): Promise<void> {
    const { payment, receipt } = entry;
    const promised = spokes.channel(channelId)?.promised ?? 0n;
    const ours =
      payment.channelId === channelId &&
      payment.from === promised &&
      payment.to === promised + receipt.price &&
      receipt.service === service.account &&
      payment.receiptHash === hex32(deps.digests.receipt(receipt)) &&
      deps.curve.recover(deps.digests.payment(payment), entry.paymentSignature) === sessionAddress;
    if (!ours) {
      throw new TributaryError('provider_error', `${service.card.provider} shows a payment that is not ours.`, {
        status: 502,
      });
    }
    const known = deps.books.hub.channel(payment.payerChannelId);
    const charge: HubCharge | null = known
      ? {
          kind: 'hub.charge',
          channelId: payment.payerChannelId,
          requestId: receipt.requestId,
          payerFrom: payment.payerFrom,
          payerTo: payment.payerTo,
          voucher: known.voucher,
          rememberUntil: 0,
        }
      : null;
    const seq = await deps.books.keepAnswer({ kind: 'answer', charge, exact: null, entry });
    deps.onTakenBack({ chainId: deps.chainId, receiptLog: deps.receiptLog, ...entry }, seq);
    log.warn({ requestId: receipt.requestId, service: service.account }, 'a lost payment was taken back');
  }

  async function openSession(service: Service): Promise<{ token: string; expiresAt: number }> {
    const { channelId, config } = spokeOf(service);
    const expiresAt = Math.floor(Date.now() / 1000) + SESSION_SECONDS;
    const digest = sessionDigest(deps.chainId, deps.receiptLog, {
      channelId,
      endpoint: service.card.endpoint,
      expiresAt,
    });
    const body = toWire({ config, expiresAt, signature: deps.curve.sign(digest, deps.sessionKey) });
    const { status, json } = await post(service, '/sessions', body);
    const grant = SessionGrant.safeParse(json);
    if (status !== 200 || !grant.success) throw unexpected(service, '/sessions', status, json);
    await takeBack(service, channelId, grant.data.token, grant.data.coveredTo);
    await acknowledge(channelId, grant.data.coveredTo);
    nudge(service);
    return { token: grant.data.token, expiresAt: Math.min(grant.data.expiresAt, expiresAt) };
  }

  async function session(service: Service): Promise<string> {
    const lane = laneOf(service);
    lane.session ??= openSession(service).catch((error: unknown) => {
      lane.session = undefined;
      throw toNodeFailure(error, service);
    });
    const current = await lane.session;
    if (current.expiresAt - RENEW_BEFORE_SECONDS > Date.now() / 1000) return current.token;
    lane.session = undefined;
    return session(service);
  }

  /** One `POST /payments`. Returns false when there is nothing to send. */
  async function sendBatch(service: Service): Promise<boolean> {
    const { channelId } = spokeOf(service);
    const batch = spokes.delivery(channelId);
    if (!batch) return false;
    const { status, json } = await post(service, '/payments', toWire(batch));
    const accepted = PaymentsAccepted.safeParse(json);
    // 409 `gap` carries where the node stands, like a success.
    if ((status !== 200 && status !== 409) || !accepted.success) throw unexpected(service, '/payments', status, json);
    const { coveredTo } = accepted.data;
    // Neither forward nor back: at once again would be for ever.
    if (coveredTo === batch.entries[0]?.payment.from) throw unexpected(service, '/payments', status, json);
    await acknowledge(channelId, coveredTo);
    return true;
  }

  /** Sends until nothing is left; runs once at a time for each service, so the order holds. */
  function run(lane: Lane): Promise<void> {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.running ??= (async () => {
      try {
        while (await sendBatch(lane.service)) lane.retryMs = FIRST_RETRY_MS;
      } finally {
        lane.running = undefined;
      }
    })();
    return lane.running;
  }

  function schedule(lane: Lane, ms: number): void {
    if (closed || lane.timer) return;
    lane.timer = setTimeout(() => {
      run(lane).catch((error: unknown) => {
        log.warn({ err: error, service: lane.service.account }, 'payments not delivered, trying again');
        lane.retryMs = Math.min(lane.retryMs * 2, LONGEST_RETRY_MS);
        schedule(lane, lane.retryMs);
      });
    }, ms);
  }

  function nudge(service: Service): void {
    schedule(laneOf(service), deps.gatherMs);
  }

  return {
    session,
    dropSession(service, token) {
      const lane = laneOf(service);
      const { session: current } = lane;
      // Another request may have renewed it meanwhile.
      current?.then(
        (s) => {
          if (s.token === token && lane.session === current) lane.session = undefined;
        },
        () => undefined,
      );
    },
    renew(service) {
      laneOf(service).session = undefined;
      session(service).catch((error: unknown) => log.debug({ err: error }, 'a node does not take a session yet'));
    },
    nudge,
    async deliver(service) {
      const lane = laneOf(service);
      // What is being sent may have been gathered before the newest payment.
      await lane.running?.catch(() => undefined);
      await run(lane);
    },
    async close() {
      closed = true;
      for (const lane of lanes.values()) clearTimeout(lane.timer);
      await Promise.allSettled([...lanes.values()].map((l) => l.running));
    },
  };
}
