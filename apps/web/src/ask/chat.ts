import { toWire } from '@tributary/protocol';
import type { NetworkFacts } from '@tributary/protocol/explorer';
import { z } from 'zod';
import { inWords } from '../ui/page-error.ts';
import { createSaved } from '../ui/saved.ts';
import { useStore } from '../ui/store.ts';
import { loadEngine } from '../wallet/load.ts';
import { type Purse, purseStore } from '../wallet/purse.ts';
import { type Connected, connectedWallet } from '../wallet/wallets.ts';
import { asLoaded, requestFor, Turn, toKeep } from './turn.ts';

const turns = createSaved<Turn[]>('chat.v1', z.array(Turn), []);
turns.set(asLoaded);
const stops = new Map<string, AbortController>();

/** Refusals of a purse of play money after which a fresh one is opened: the devnet may have been made anew. */
const EMPTY_PURSE = new Set(['channel_not_found', 'insufficient_balance', 'invalid_api_key', 'withdrawal_pending']);

export function useTurns(): Turn[] {
  return useStore(turns);
}

function change(id: string, part: Partial<Turn>): void {
  turns.set((all) => all.map((turn) => (turn.id === id ? { ...turn, ...part } : turn)));
}

/** Forgets the conversation; answers under way are stopped. */
export function clearChat(): void {
  for (const stop of stops.values()) stop.abort();
  turns.set([]);
}

export function stopTurn(id: string): void {
  stops.get(id)?.abort();
}

/** Asks, and follows the answer until it is whole and its receipt is checked. Never throws: the turn tells what happened. */
export async function askQuestion(
  question: string,
  model: string,
  network: () => Promise<NetworkFacts>,
): Promise<void> {
  const id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('');
  const request = requestFor(turns.get(), question, model);
  const askedAt = Date.now();
  const fresh: Turn = {
    id,
    question,
    model,
    request,
    state: purseStore.get() ? 'waiting' : 'preparing',
    text: '',
    answer: null,
    error: null,
    askedAt,
    firstTokenMs: null,
    elapsedMs: null,
  };
  turns.set((all) => toKeep([...all, fresh]));
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    await run(fresh, await network(), stop.signal);
  } catch (error) {
    const { message, hint } = inWords(error);
    const code = (error as { code?: unknown }).code;
    if (stop.signal.aborted) change(id, { state: 'stopped' });
    else {
      change(id, {
        state: 'failed',
        error: { message, ...(hint ? { hint } : {}), ...(typeof code === 'string' ? { code } : {}) },
      });
    }
  } finally {
    stops.delete(id);
  }
}

async function run(turn: Turn, network: NetworkFacts, signal: AbortSignal): Promise<void> {
  const engine = await loadEngine();
  for (let tries = 1; ; tries++) {
    if (!purseStore.get() && engine.hasPlayMoney(network)) {
      change(turn.id, { state: 'preparing' });
      purseStore.set(await engine.openTrialPurse(network));
    }
    const purse = purseStore.get();
    try {
      if (!purse) {
        throw Object.assign(new Error('Nothing pays for this question yet.'), {
          code: 'no_purse',
          hint: 'Paste an API key, or connect a wallet and put some dollars aside for questions.',
        });
      }
      const client = clientOf(engine, network, purse);
      return await oneTabAtATime(purse, () => follow(turn, client, signal));
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const isEmpty = typeof code === 'string' && EMPTY_PURSE.has(code);
      if (purse?.kind !== 'trial' || !isEmpty || tries > 1 || signal.aborted) throw error;
      purseStore.set(null);
    }
  }
}

type Engine = Awaited<ReturnType<typeof loadEngine>>;
type Client = ReturnType<Engine['clientFor']>;

let inUse: { purse: Purse; wallet: Connected | null; client: Client } | null = null;

/** One client for as long as the same purse pays: it knows where the channel stands, and who was found to sign rightly. */
function clientOf(engine: Engine, network: NetworkFacts, purse: Purse): Client {
  const wallet = connectedWallet.get();
  if (inUse?.purse !== purse || inUse.wallet !== wallet) {
    inUse = { purse, wallet, client: engine.clientFor({ network, purse, wallet }) };
  }
  return inUse.client;
}

/** Two tabs that sign on one channel would not know of each other's promises. */
function oneTabAtATime<T>(purse: Purse, work: () => Promise<T>): Promise<T> {
  // Browsers have locks on secure origins only.
  const locks = navigator.locks as LockManager | undefined;
  return purse.kind === 'channel' && locks ? locks.request('tributary.channel', work) : work();
}

async function follow(turn: Turn, client: Client, signal: AbortSignal): Promise<void> {
  const { id } = turn;
  change(id, { state: 'waiting', text: '' });
  const started = performance.now();
  const stream = client.stream(turn.request as never, { signal });
  let text = '';
  let shown = 0;
  const show = () => {
    shown = 0;
    change(id, { text });
  };
  for await (const piece of stream) {
    if (text === '') change(id, { state: 'streaming', firstTokenMs: Math.round(performance.now() - started) });
    text += piece;
    // Many pieces come within one frame; the eye needs one.
    shown ||= requestAnimationFrame(show);
  }
  cancelAnimationFrame(shown);
  const answer = await stream.answer;
  purseStore.addSpent(answer.charged);
  // A channel that was used before has a history that its first answer tells.
  if (purseStore.get()?.kind === 'channel') purseStore.setLeft((await client.balance()).available);
  change(id, {
    state: 'done',
    text: answer.text,
    elapsedMs: Math.round(performance.now() - started),
    answer: {
      text: answer.text,
      outcome: answer.outcome,
      citations: answer.citations,
      model: answer.model,
      provider: answer.provider,
      service: answer.service,
      why: answer.why,
      receipt: JSON.parse(toWire(answer.receipt)),
      message: { ...answer.message },
    },
  });
}
