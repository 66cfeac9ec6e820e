import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { channels, type Writer } from '@tributary/chain';
import { openJournal } from '@tributary/ledger';
import { createEarningsBook, curve, EarningsRecord } from '@tributary/payments';
import { type Address, channelDigests, receiptDigests } from '@tributary/protocol';
import type { Opener } from '@tributary/protocol/sealed';
import type { Logger } from 'pino';
import { openClaims } from './claims.ts';
import type { NodeConfig } from './config.ts';
import { createDocumentFolders } from './documents.ts';
import { earningsOf } from './earnings.ts';
import type { HotKey } from './hot-key.ts';
import { createServeApp } from './http/routes.ts';
import { openLeavesFolder } from './leaves.ts';
import { createNodeMetrics } from './metrics.ts';
import { createFactsSource } from './network-facts.ts';
import { createPaid } from './paid.ts';
import { openService, type Service } from './service.ts';
import { createSessionTokens, sessionSecret } from './session-token.ts';
import { openOrClose, type Shutdown } from './shutdown.ts';
import { createSpokes } from './spokes.ts';
import type { NodeState } from './state.ts';

/** What a node has before it has a role. */
export interface NodeBase {
  readonly config: NodeConfig;
  /** Base URL by which others reach this node. */
  readonly endpoint: string;
  readonly writer: Writer;
  readonly key: HotKey;
  readonly opener: Opener;
  readonly log: Logger;
  nowSeconds(): number;
}

/** A role that a node plays, with its doors. */
export interface Role {
  readonly app: RequestListener;
  /** Reads data again; the accounts of the services that changed. */
  reload(): Promise<Address[]>;
  close(): Promise<void>;
}

/** The role `serve`: answers questions for gateways, is paid by their vouchers, and claims them. */
export function openServe(base: NodeBase): Promise<Role> {
  return openOrClose((shutdown) => openServeWith(base, shutdown));
}

async function openServeWith(base: NodeBase, shutdown: Shutdown): Promise<Role> {
  const { config, endpoint, writer, key, opener, log, nowSeconds } = base;
  const { chainId, contracts } = config;
  const { receiptLog, dollar, spokeAuthorizer } = contracts;
  const digests = channelDigests(chainId, contracts.channels);
  const metrics = createNodeMetrics();
  const services = new Map<Address, Service>();

  const folders = createDocumentFolders(log);
  const facts = createFactsSource({
    gateway: config.gateway,
    endpoint,
    chainId,
    dollar,
    own: () => [...services.values()].map((s) => s.offer()),
    log,
  });
  shutdown.add(facts.close);
  for (const service of config.services) {
    const opened = await openService(service, {
      chainId,
      agentId: config.agentId,
      provider: config.provider,
      endpoint,
      dollar,
      sealKey: opener.publicKey,
      signCard: (card) => key.signCard(card),
      context: async ({ documents }) => ({
        facts: facts.now,
        ...(documents ? { dataset: await folders.read(documents) } : {}),
      }),
      nowSeconds,
    });
    shutdown.add(opened.close);
    services.set(service.account, opened);
  }

  const book = createEarningsBook({
    channelDigests: digests,
    receiptDigests: receiptDigests(chainId, receiptLog),
    curve,
    signer: key.address,
    services: () => [...services.keys()],
    spokeAuthorizer,
    token: dollar,
    uncoveredLimit: config.uncoveredLimit,
    unpaidLimit: config.unpaidLimit,
    now: nowSeconds,
  });
  const journal = await openJournal({
    dir: join(config.home, 'journal'),
    parse: (json) => EarningsRecord.parse(json),
  });
  shutdown.add(journal.close);
  const paid = createPaid(journal.replay);
  const fold = (seq: number, record: EarningsRecord): void => {
    book.apply(record);
    paid.note(seq, record);
  };
  for await (const { seq, record } of journal.replay()) fold(seq, record);

  const keep = async (records: readonly EarningsRecord[]): Promise<void> => {
    const seqs = await Promise.all(records.map((record) => journal.append(record)));
    for (const [i, record] of records.entries()) fold(seqs[i]!, record);
  };
  const spokes = createSpokes({ book, keep, read: (channelId) => channels.state(writer, channelId) });
  const leaves = await openLeavesFolder(config.home);
  const claims = await openClaims({ config, writer, book, keep, leaves, metrics, log, nowSeconds });
  shutdown.add(claims.close);

  const state: NodeState = {
    network: { chainId, receiptLog, channelId: digests.channelId },
    endpoint,
    services,
    tokens: createSessionTokens(await sessionSecret(config.home)),
    key,
    opener,
    book,
    keep,
    paid: paid.from,
    spokes,
    earnings: () => earningsOf(book, services.keys(), claims.last()),
    running: new Map(),
    metrics,
    log,
    nowSeconds,
  };

  async function reload(): Promise<Address[]> {
    const changed: Address[] = [];
    for (const service of services.values()) if (await service.reload()) changed.push(service.account);
    return changed;
  }

  return {
    app: createServeApp(state, leaves, { claim: claims.now, reload }, config.operatorToken),
    reload,
    close: shutdown.close,
  };
}
