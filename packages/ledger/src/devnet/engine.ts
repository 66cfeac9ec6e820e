import { join } from 'node:path';
import { TributaryError } from '@tributary/protocol';
import type { Logger } from 'pino';
import { openJournal } from '../journal/journal.ts';
import { type Anvil, AnvilGone, RpcError, startAnvil } from './anvil.ts';
import { DevnetRecord } from './record.ts';
import { readState, writeState } from './state-file.ts';

/** Result of one JSON-RPC call: what anvil answered, or its error. */
export type Outcome = { result: unknown } | { error: RpcError };

/** The chain: anvil, the journal of all that changed it, and the state a restart begins with. */
export interface Engine {
  /** Puts a raw transaction into the next block. Resolves when it is in the chain, or refused. */
  send(raw: string): Promise<Outcome>;
  /** Something only tests do. `build` sees the time the next block would get. */
  change(build: (now: { at: number; offset: number }) => DevnetRecord): Promise<Outcome>;
  /** Asks anvil; waits while it is being started again. */
  forward(body: Buffer | string): Promise<Buffer>;
  stop(): Promise<void>;
}

export interface EngineOptions {
  dir: string;
  genesisPath: string;
  chainId: number;
  /** Keeps no state files: anvil's dump would lose the snapshots that tests go back to. */
  admin: boolean;
  log: Logger;
}

/** Transactions taken into one block at most. */
const BLOCK_TXS = 100;
/** A state file is written once this many blocks came after the last one, or a sixteenth of the chain if that is more. */
const DUMP_BLOCKS = 200;
/** Starts of anvil in a row before the devnet gives up. */
const MAX_STARTS = 5;

export async function startEngine({ dir, genesisPath, chainId, admin, log }: EngineOptions): Promise<Engine> {
  const args = ['--init', genesisPath, '--chain-id', String(chainId), '--hardfork', 'prague', '--order', 'fifo'];
  // Mining is ours, so that the journal knows each block's time; old states would be kept on disk outside our folder.
  args.push('--no-mining', '--no-request-size-limit', '--prune-history', '256');

  const journal = await openJournal({
    dir: join(dir, 'journal'),
    parse: (json) => DevnetRecord.parse(json),
    minSeq: (await readState(dir))?.nextSeq ?? 0,
  });
  let anvil: Anvil | null = null;
  let stopped = false;
  let clockOffset = 0;
  let nextAt: number | null = null;
  let latestAt = 0;
  let blocks = 0;
  let dumpedAt = 0;
  /** Accepted transactions that may still wait in anvil's pool. */
  let floating: string[] = [];

  async function latestTime(a: Anvil): Promise<number> {
    const block = (await a.call('eth_getBlockByNumber', ['latest', false])) as { timestamp: string };
    return Number(block.timestamp);
  }

  async function mine(a: Anvil, at: number): Promise<void> {
    await a.call('evm_mine', [{ timestamp: `0x${at.toString(16)}` }]);
    latestAt = at;
    blocks++;
  }

  async function applyBlock(a: Anvil, at: number, txs: readonly string[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const raw of txs) {
      const outcome = await attempt(a, 'eth_sendRawTransaction', [raw]);
      if ('result' in outcome) floating.push(raw);
      outcomes.push(outcome);
    }
    if (!outcomes.some((o) => 'result' in o)) return outcomes;
    // A block may be too small for all; what waits for an earlier nonce never goes into one.
    let before = Number.POSITIVE_INFINITY;
    for (;;) {
      await mine(a, at);
      const { pending, queued } = (await a.call('txpool_status', [])) as { pending: string; queued: string };
      if (Number(pending) === 0 && Number(queued) === 0) floating = [];
      if (Number(pending) === 0 || Number(pending) >= before) return outcomes;
      before = Number(pending);
    }
  }

  /** The one way a record becomes part of the chain, the first time and in every replay. */
  async function apply(a: Anvil, record: DevnetRecord): Promise<Outcome[]> {
    switch (record.kind) {
      case 'block':
        nextAt = null;
        return applyBlock(a, record.at, record.txs);
      case 'mine':
        nextAt = null;
        for (let i = 0; i < record.blocks; i++) await mine(a, record.at + i * record.interval);
        return [{ result: '0x0' }];
      case 'clock':
        ({ offset: clockOffset, nextAt } = record);
        return [{ result: clockOffset }];
      case 'admin': {
        const outcome = await attempt(a, record.method, record.params);
        latestAt = await latestTime(a);
        return [outcome];
      }
    }
  }

  /** Starts anvil and brings it to the journal's end. Gives the outcomes of the last record. */
  async function bringUp(): Promise<Outcome[]> {
    const startedAt = performance.now();
    const a = await startAnvil(args);
    try {
      const state = await readState(dir);
      clockOffset = 0;
      nextAt = null;
      blocks = 0;
      floating = [];
      if (state) {
        await a.call('anvil_loadState', [state.dump]);
        clockOffset = state.clockOffset;
        for (const raw of state.floating) await attempt(a, 'eth_sendRawTransaction', [raw]);
        floating = state.floating;
        blocks = Number(await a.call('eth_blockNumber', []));
      }
      dumpedAt = blocks;
      latestAt = await latestTime(a);
      let last: Outcome[] = [];
      for await (const { record } of journal.replay(state?.nextSeq)) last = await apply(a, record);
      anvil = a;
      void a.exited.then(() => onGone(a));
      log.debug({ blocks, fromBlock: dumpedAt, ms: Math.round(performance.now() - startedAt) }, 'chain is up');
      return last;
    } catch (error) {
      await a.stop();
      throw error;
    }
  }

  function onGone(a: Anvil): void {
    if (stopped || anvil !== a) return;
    anvil = null;
    log.warn('anvil ended; starting it again');
    takeTurn(current).catch((error: unknown) => log.error({ err: error }, 'anvil could not be started again'));
  }

  /** Only inside a turn: a replay must not run beside a commit, or it might miss its record or apply it twice. */
  async function up(): Promise<Outcome[]> {
    for (let start = 1; ; start++) {
      try {
        return await bringUp();
      } catch (error) {
        if (!(error instanceof AnvilGone) || start === MAX_STARTS || stopped) throw error;
      }
    }
  }

  /** The running anvil; only inside a turn. */
  async function current(): Promise<Anvil> {
    if (!anvil) {
      if (stopped)
        throw new TributaryError('devnet_stopped', 'The devnet is stopping.', { status: 503, retryable: true });
      await up();
    }
    return anvil!;
  }

  async function commit(record: DevnetRecord): Promise<Outcome[]> {
    const a = await current();
    await journal.append(record);
    try {
      return await apply(a, record);
    } catch (error) {
      if (!(error instanceof AnvilGone)) throw error;
      // How far anvil came is unknown; the replay of the journal, which ends with this record, settles it.
      anvil = null;
      await a.stop();
      return await up();
    }
  }

  async function dump(): Promise<void> {
    const a = await current();
    const state = await a.call('anvil_dumpState', []);
    await writeState(dir, { nextSeq: journal.nextSeq(), clockOffset, floating, dump: String(state) });
    dumpedAt = blocks;
  }

  let queue: { raw: string; resolve: (o: Outcome) => void; reject: (e: unknown) => void }[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  /** One change at a time; what waits meanwhile shares the next block. */
  function takeTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  function blockTime(): number {
    return nextAt ?? Math.max(latestAt, Math.floor(Date.now() / 1000) + clockOffset);
  }

  async function sendQueued(): Promise<void> {
    const batch = queue.slice(0, BLOCK_TXS);
    queue = queue.slice(BLOCK_TXS);
    if (batch.length === 0) return;
    try {
      const outcomes = await commit({ kind: 'block', at: blockTime(), txs: batch.map((b) => b.raw) });
      batch.forEach((b, i) => {
        b.resolve(outcomes[i]!);
      });
      if (!admin && blocks - dumpedAt >= Math.max(DUMP_BLOCKS, dumpedAt / 16)) await dump();
    } catch (error) {
      for (const b of batch) b.reject(error);
      log.error({ err: error }, 'a block could not be made');
    }
  }

  await takeTurn(current);
  return {
    send(raw) {
      return new Promise((resolve, reject) => {
        queue.push({ raw, resolve, reject });
        void takeTurn(sendQueued);
      });
    },
    change: (build) => takeTurn(async () => (await commit(build({ at: blockTime(), offset: clockOffset })))[0]!),
    async forward(body) {
      const a = anvil ?? (await takeTurn(current));
      try {
        return await a.forward(body);
      } catch (error) {
        if (!(error instanceof AnvilGone) || stopped) throw error;
        await a.exited;
        return (await takeTurn(current)).forward(body);
      }
    },
    async stop() {
      if (stopped) return;
      await turn;
      try {
        if (!admin && anvil && blocks > dumpedAt) await dump();
      } catch (error) {
        log.warn({ err: error }, 'the state could not be written; the next start replays more of the journal');
      }
      stopped = true;
      await turn;
      await anvil?.stop();
      await journal.close();
    },
  };
}

async function attempt(anvil: Anvil, method: string, params: readonly unknown[]): Promise<Outcome> {
  try {
    return { result: await anvil.call(method, params) };
  } catch (error) {
    if (error instanceof RpcError) return { error };
    throw error;
  }
}
