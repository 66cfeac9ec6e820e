export { type DeployOptions, deploy } from './deploy.ts';
export { type Devnet, type DevnetOptions, startDevnet } from './devnet/devnet.ts';
export { type FollowedEvents, type Follower, type FollowerOptions, startFollower } from './follower/follower.ts';
export type { FollowedBlock } from './follower/tables.ts';
export { type FileJournal, type JournalOptions, openJournal } from './journal/journal.ts';
export { acquireLock, type Lock } from './lock.ts';
export { type AssetRow, type EdgeRow, listAssets, type TokenFlow } from './queries/assets.ts';
export { timesOf } from './queries/blocks.ts';
export {
  type ChannelRow,
  listChannels,
  payoutsAfter,
  settlementAfter,
  transfersAfter,
} from './queries/channels.ts';
export { type ClaimRow, claimsCovering, listClaims } from './queries/claims.ts';
export { type EventFilter, type EventRow, listEvents } from './queries/events.ts';
export {
  type HolderCursor,
  type HolderRow,
  listHolders,
  listOwnerPayouts,
  listPositions,
  type PositionRow,
} from './queries/holders.ts';
export {
  countParties,
  type FeedbackRow,
  type FeedbackSummaryRow,
  listFeedback,
  listParties,
  type PartyRow,
  summarizeFeedback,
} from './queries/parties.ts';
export { type RevenueRow, revenueOf } from './queries/revenue.ts';
export type { Order } from './queries/rows.ts';
export { type NetworkTotals, networkTotals } from './queries/totals.ts';
export {
  type Card,
  type CardSubject,
  cardNames,
  cardOf,
  type DueCard,
  dueCards,
  nextRetry,
  saveCard,
} from './store/cards.ts';
export {
  clearReceipts,
  foldedTo,
  foldReceipts,
  listReceipts,
  receiptById,
  receiptTotals,
  type ServiceTotal,
  type StoredReceipt,
} from './store/receipts.ts';
export { type Database, openStore, type Store, type StoreOptions } from './store/store.ts';
