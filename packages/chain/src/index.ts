export * from './addresses.ts';
export type { AssetFacts, Holder, Obligation, RegisteredAsset, Upstream } from './assets/index.ts';
export * as assets from './assets/index.ts';
export * from './call.ts';
export type {
  ChannelState,
  ClaimOutcome,
  ClaimRow,
  CreatedChannel,
  DepositAuthorization,
  LoggedReceipts,
  Payout,
  ReceiptsEntry,
} from './channels/index.ts';
export * as channels from './channels/index.ts';
export * from './clients.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './generated/index.ts';
export * as identity from './identity/index.ts';
export * from './logs.ts';
export type { Authorization, TokenDomain } from './tokens/index.ts';
export * as tokens from './tokens/index.ts';
