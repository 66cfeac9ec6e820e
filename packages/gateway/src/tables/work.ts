import type { AssetRow, ClaimedRow, StoredReceipt } from '@tributary/ledger';
import type { Contracts, Hex32, SignedReceipt } from '@tributary/protocol';

/** What the thread of the tables is told at its start. */
export interface TablesSetup {
  home: string;
  databaseUrl: string | undefined;
  rpc: string;
  chainId: number;
  contracts: Contracts;
  fromBlock: bigint;
  /** Number of the journal's next record. */
  journalEnd: number;
}

/** What the thread of the tables does for the others. */
export interface TablesWork {
  /** The first journal record that is not in the tables. */
  foldedTo(): Promise<number>;
  fold(entries: { seq: number; signed: SignedReceipt }[], next: number): Promise<void>;
  assets(): Promise<AssetRow[]>;
  claims(limit: number): Promise<ClaimedRow[]>;
  receipt(id: Hex32): Promise<unknown>;
  receipts(since: number, limit: number): Promise<StoredReceipt[]>;
  close(): Promise<void>;
}
