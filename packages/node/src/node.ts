import { mkdir } from 'node:fs/promises';
import { createWriter, identity, readChainId } from '@tributary/chain';
import { acquireLock } from '@tributary/ledger';
import { discoverUpstreams } from '@tributary/models';
import { type Address, fromHex, receiptDigests, sameHex, TributaryError } from '@tributary/protocol';
import { createOpener } from '@tributary/protocol/sealed';
import { type Logger, pino } from 'pino';
import type { NodeConfig } from './config.ts';
import { createHotKey, type HotKey, readPrivateKey } from './hot-key.ts';
import { listen } from './http/listen.ts';
import { openServe } from './serve.ts';
import { openOrClose } from './shutdown.ts';

/** How long answers under way may go on when the node ends. */
const CLOSE_GRACE_MS = 5_000;

/** A running provider. */
export interface Node {
  /** Where it listens. */
  readonly url: string;
  /** Reads documents again; the accounts of the services whose cards changed. */
  reload(): Promise<Address[]>;
  /** Lets answers under way finish for five seconds, closes everything, and gives the data folder back. */
  close(): Promise<void>;
}

/** A node signs for an identity; with another key every one of its receipts would be refused. */
async function checkIdentity(config: NodeConfig, key: HotKey, reader: Parameters<typeof identity.agentWallet>[0]) {
  const wallet = await identity.agentWallet(reader, config.agentId);
  if (wallet !== null && sameHex(wallet, key.address)) return;
  throw new TributaryError(
    'wrong_agent_wallet',
    `Agent ${config.agentId} is signed for by ${wallet ?? 'nobody'}, this node's key is ${key.address}.`,
    { hint: 'Run `tributary provide` again, which registers the key, or give the node the right one.' },
  );
}

/**
 * Starts a provider on its own folder: lock, key, chain, socket, then its roles. Resolves when it answers.
 * Throws `folder_in_use`, `port_taken`, `wrong_chain`, `rpc_unreachable`, `wrong_agent_wallet`, or what a role says.
 */
export function createNode(
  config: NodeConfig,
  { log = pino({ level: 'silent' }), env = {} }: { log?: Logger; env?: NodeJS.ProcessEnv } = {},
): Promise<Node> {
  return openOrClose(async (shutdown) => {
    const { chainId, contracts, rpc, home } = config;
    await mkdir(home, { recursive: true });
    const lock = await acquireLock(home);
    shutdown.add(lock.release);
    const privateKey = await readPrivateKey(config.key, env);
    const key = createHotKey(privateKey, chainId, contracts.receiptLog, receiptDigests(chainId, contracts.receiptLog));
    await readChainId(rpc, chainId);
    const writer = createWriter({ rpc, chainId, contracts, signer: privateKey });
    await checkIdentity(config, key, writer);

    // Bound first: with port 0 the endpoint, and so every card, follows from it.
    const listener = await listen(config.host, config.port);
    let graceMs = 0;
    const stopListening = () => listener.close(graceMs);
    shutdown.add(stopListening);
    const endpoint = config.endpoint ?? listener.url;
    const opener = await createOpener(fromHex(privateKey));
    const base = { config, endpoint, writer, key, opener, log, nowSeconds: () => Math.floor(Date.now() / 1000) };

    // The roles of a node. Each brings its doors; a role to come is opened here, beside this one.
    const serve = await openServe(base);
    shutdown.add(serve.close);
    // Answers under way still need the role, so the socket closes before it; closing twice is harmless.
    shutdown.add(stopListening);
    listener.serve(serve.app);
    graceMs = CLOSE_GRACE_MS;

    if (config.discover) {
      const found = await discoverUpstreams();
      log.info(
        { found },
        found.length > 0 ? 'model servers found; offer them with `tributary provide`' : 'no model server found',
      );
    }
    log.info({ url: listener.url, endpoint, services: config.services.map((s) => s.account) }, 'serving');
    return { url: listener.url, reload: serve.reload, close: shutdown.close };
  });
}
