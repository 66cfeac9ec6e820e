import { createRateLimit, MAX_PAYMENT_ENTRIES, type Rate } from '@tributary/payments';
import { Amount, Hex32, NODE_HEADERS, TributaryError, toWire } from '@tributary/protocol';
import type { NodeState } from '../state.ts';
import type { NodeApp } from './app.ts';
import { readJsonObject } from './body.ts';
import { errorResponse } from './errors.ts';

/** 500 entries with some dozens of citations each. */
const MAX_PAYMENTS_BYTES = 8 * 1024 * 1024;

/** Payments are read back after a crash of the gateway, 500 at a time; for each channel, and for all together. */
const READS: Rate = { burst: 120, perHour: 3_600 };
const ALL_READS: Rate = { burst: 480, perHour: 14_400 };

/** Runs what belongs to one channel one after another. */
function createTurns(): <T>(channelId: Hex32, work: () => Promise<T>) => Promise<T> {
  const last = new Map<Hex32, Promise<unknown>>();
  return (channelId, work) => {
    const turn = (last.get(channelId) ?? Promise.resolve()).then(work, work);
    last.set(channelId, turn);
    const forget = () => {
      if (last.get(channelId) === turn) last.delete(channelId);
    };
    turn.then(forget, forget);
    return turn;
  };
}

/** `POST /payments`: what a gateway promises, on disk before it is acknowledged; `GET /payments`: the same read back. */
export function paymentRoutes(app: NodeApp, state: NodeState): void {
  const inTurn = createTurns();
  const reads = createRateLimit('the payments read back', { perKey: READS, all: ALL_READS });

  app.get('/payments', async (c) => {
    const { channelId } = state.tokens.read(c.req.header(NODE_HEADERS.session), state.nowSeconds());
    const from = Amount.safeParse(c.req.query('from'));
    if (!from.success) throw new TributaryError('invalid_value', 'from is not an amount.', { param: 'from' });
    reads.take(channelId);
    const coveredTo = state.book.channel(channelId)?.coveredTo ?? 0n;
    const entries = from.data < coveredTo ? await state.paid(channelId, from.data, MAX_PAYMENT_ENTRIES) : [];
    return new Response(toWire({ entries }), { headers: { 'content-type': 'application/json' } });
  });

  app.post('/payments', async (c) => {
    const body = await readJsonObject(c, MAX_PAYMENTS_BYTES);
    const id = Hex32.safeParse(body.channelId);
    if (!id.success) {
      throw new TributaryError('bad_payments', 'channelId is not 32 bytes in hex.', { param: 'channelId' });
    }
    const channelId = id.data;
    const coveredTo = () => state.book.channel(channelId)?.coveredTo ?? 0n;
    try {
      await inTurn(channelId, async () => {
        const record = await state.spokes.withFreshBalance(channelId, () => state.book.accept(body));
        if (record?.kind !== 'earnings.payments') return;
        await state.keep([record]);
        const service = state.book.channel(channelId)?.config.receiver;
        if (service) state.metrics.paymentsAccepted(service, record.entries.length);
      });
    } catch (error) {
      // The gateway resends from where we are: it has to be told.
      if (!TributaryError.is(error) || error.code !== 'gap') throw error;
      return errorResponse(c.req.path, error, { coveredTo: String(coveredTo()) });
    }
    return new Response(toWire({ coveredTo: coveredTo() }), { headers: { 'content-type': 'application/json' } });
  });
}
