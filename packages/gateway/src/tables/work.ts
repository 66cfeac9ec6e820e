import type { Contracts, SignedReceipt } from '@tributary/protocol';
import type { Asked, Given, TableName } from '../explore/context.ts';

/** What the thread of the tables is told at its start. */
export interface TablesSetup {
  home: string;
  databaseUrl: string | undefined;
  rpc: string;
  chainId: number;
  contracts: Contracts;
  fromBlock: bigint;
  /** Lets cards live at private addresses: for a network on one machine. */
  allowPrivateEndpoints: boolean;
  /** Number of the journal's next record. */
  journalEnd: number;
}

/** An explorer question. */
export interface TablesQuestion<N extends TableName = TableName> {
  name: N;
  asked: Asked<N>;
  given: Given;
  /** Whether the answer may be packed. */
  gzip: boolean;
}

/** An answer as it goes out: JSON, packed or not. Made in the tables' thread, so that no question waits for it. */
export interface TablesAnswer {
  body: Uint8Array<ArrayBuffer>;
  gzip: boolean;
}

/** What the thread of the tables does for the others. */
export interface TablesWork {
  /** The first journal record that is not in the tables. */
  foldedTo(): Promise<number>;
  fold(entries: { seq: number; signed: SignedReceipt }[], next: number): Promise<void>;
  receipt(id: string): Promise<unknown>;
  answer(question: TablesQuestion): Promise<TablesAnswer>;
  close(): Promise<void>;
}

/** An error on its way between threads. */
export interface SentError {
  code: string;
  message: string;
  status: number;
  retryable: boolean;
  param: string | null;
  hint: string | undefined;
}
