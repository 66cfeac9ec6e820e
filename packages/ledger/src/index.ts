export { type DeployOptions, deploy } from './deploy.ts';
export { type Devnet, type DevnetOptions, startDevnet } from './devnet/devnet.ts';
export { type FollowedEvents, type Follower, type FollowerOptions, startFollower } from './follower/follower.ts';
export type { FollowedBlock } from './follower/tables.ts';
export { type FileJournal, type JournalOptions, openJournal } from './journal/journal.ts';
export { acquireLock, type Lock } from './lock.ts';
export { type AssetRow, type ClaimedRow, listAssets, listClaims } from './store/chain-queries.ts';
export {
  clearReceipts,
  foldedTo,
  foldReceipts,
  receiptById,
  receiptsSince,
  type StoredReceipt,
} from './store/receipts.ts';
export { type Database, openStore, type Store, type StoreOptions } from './store/store.ts';
