import { mkdir } from 'node:fs/promises';
import { DEVNET_CHAIN_ID } from '@tributary/chain';
import { type Logger, pino } from 'pino';
import { acquireLock } from '../lock.ts';
import { startEngine } from './engine.ts';
import { openFront } from './front.ts';
import { genesisFile } from './genesis.ts';

export interface DevnetOptions {
  /** The chain's data folder. */
  home: string;
  /** 0, the default, takes any free port. */
  port?: number;
  chainId?: number;
  /** Lets callers move the clock, take snapshots and rewrite the chain. For tests. */
  admin?: boolean;
  log?: Logger;
}

/** A running devnet. */
export interface Devnet {
  /** JSON-RPC over HTTP. */
  url: string;
  chainId: number;
  stop(): Promise<void>;
}

/**
 * Starts the embedded chain: anvil behind a front that writes every transaction and its block's time to a journal before
 * anvil sees it. A transaction whose receipt somebody saw exists after SIGKILL of anything, with the same hash, block and
 * time. Accounts come from the public test mnemonic, and each transaction is mined at once.
 *
 * Throws `folder_in_use`, `port_in_use`, `no_anvil`, `anvil_failed` or `journal_corrupt`.
 */
export async function startDevnet({
  home,
  port = 0,
  chainId = DEVNET_CHAIN_ID,
  admin = false,
  log = pino({ level: 'silent' }),
}: DevnetOptions): Promise<Devnet> {
  await mkdir(home, { recursive: true });
  const lock = await acquireLock(home);
  try {
    const engine = await startEngine({ dir: home, genesisPath: await genesisFile(home, chainId), chainId, admin, log });
    try {
      const front = await openFront(engine, { port, admin, log });
      return {
        url: front.url,
        chainId,
        async stop() {
          await front.close();
          await engine.stop();
          await lock.release();
        },
      };
    } catch (error) {
      await engine.stop();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}
