import type { EarningsBook, EarningsRecord } from '@tributary/payments';
import type { Address, ChannelConfig, Hex32 } from '@tributary/protocol';
import type { Opener } from '@tributary/protocol/sealed';
import type { Logger } from 'pino';
import type { ServiceEarnings } from './earnings.ts';
import type { HotKey } from './hot-key.ts';
import type { NodeMetrics } from './metrics.ts';
import type { Paid } from './paid.ts';
import type { Service } from './service.ts';
import type { SessionTokens } from './session-token.ts';
import type { Spokes } from './spokes.ts';

/** A question that is being answered. */
interface Running {
  channelId: Hex32;
  /** Ends the answer with what there is. */
  stop: AbortController;
}

/** What the doors of a node share. */
export interface NodeState {
  readonly network: {
    chainId: number;
    receiptLog: Address;
    channelId(config: ChannelConfig): Hex32;
  };
  /** Base URL by which gateways reach this node. */
  readonly endpoint: string;
  readonly services: ReadonlyMap<Address, Service>;
  readonly tokens: SessionTokens;
  readonly key: HotKey;
  /** Opens private questions. */
  readonly opener: Opener;
  readonly book: EarningsBook;
  /** Writes records to the journal and, when they are on disk, into the book. */
  keep(records: readonly EarningsRecord[]): Promise<void>;
  readonly paid: Paid['from'];
  readonly spokes: Spokes;
  earnings(): ReadonlyMap<Address, ServiceEarnings>;
  /** By request id. */
  readonly running: Map<Hex32, Running>;
  readonly metrics: NodeMetrics;
  readonly log: Logger;
  nowSeconds(): number;
}
