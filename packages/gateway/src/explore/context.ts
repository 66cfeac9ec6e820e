import type { Database } from '@tributary/ledger';
import {
  type Address,
  type Contracts,
  type Price,
  type ServiceCard,
  type SignedReceipt,
  TributaryError,
} from '@tributary/protocol';
import type { AssetRef, ExplorerApi, ExplorerName, Money, Observed } from '@tributary/protocol/explorer';
import type { z } from 'zod';
import { type AssetBook, shortened } from './book.ts';
import type { LiveChain } from './live.ts';

/** Everything the explorer's answers are made of. They are made in the thread of the tables. */
export interface Explore {
  db: Database;
  contracts: Contracts;
  book: AssetBook;
  live: LiveChain;
}

/** A service as the gateway sees it. */
export interface SeenService {
  account: Address;
  agentWallet: Address;
  card: ServiceCard;
  /** With the gateway's fee. */
  price: Price;
  available: boolean;
  unavailable: string | null;
  observed: Observed;
}

/** A receipt of the journal that may not be in the tables yet. */
export interface RecentReceipt {
  seq: number;
  signed: SignedReceipt;
}

/** What the tables' thread cannot know and is handed with each question. */
export interface Given {
  /** Services that the answer is about. */
  services: readonly SeenService[];
  /** `next` of a page of services. */
  nextService: string | null;
  /** Receipts that may belong on the page and may not be in the tables, in its order. */
  recent: readonly RecentReceipt[];
  /** How many receipts are not in the tables. */
  unfolded: number;
  /** The receipt that was asked for by its id, where it is in memory. */
  receipt: SignedReceipt | null;
}

export const NOTHING_GIVEN: Given = { services: [], nextService: null, recent: [], unfolded: 0, receipt: null };

/** A question by its parsed parts. */
export interface Asked<N extends ExplorerName> {
  params: z.infer<ExplorerApi[N]['params']>;
  query: z.infer<ExplorerApi[N]['query']>;
}

/** What the gateway's own thread answers without the tables. */
type DirectName = 'network' | 'receipt';
export type TableName = Exclude<ExplorerName, DirectName>;

export type Answer<N extends ExplorerName> = z.infer<ExplorerApi[N]['answer']>;

/** How one question is answered. */
export type Answerer<N extends TableName> = (ctx: Explore, asked: Asked<N>, given: Given) => Promise<Answer<N>>;

export function notFound(what: string, id: string, hint?: string): TributaryError {
  return new TributaryError(`${what}_not_found`, `There is no ${what} ${id}.`, {
    status: 404,
    ...(hint ? { hint } : {}),
  });
}

/** Amounts in both revenue tokens; what is nothing is left out. */
export function moneyOf({ contracts }: Explore, { dollars, tribs }: { dollars: bigint; tribs: bigint }): Money[] {
  const all = [
    { token: contracts.dollar, amount: dollars },
    { token: contracts.trib, amount: tribs },
  ];
  return all.filter((m) => m.amount > 0n);
}

/** An asset by name; one that the tables have not heard of yet by its account. */
export function refOf({ book }: Explore, account: Address): AssetRef {
  return book.refOf(account) ?? { account, kind: 'work', name: shortened(account) };
}
