import { z } from 'zod';
import { Address } from './hex.ts';

export const ASSET_KINDS = ['dataset', 'model', 'device', 'service', 'agent', 'work'] as const;
/** In the contract's enum order. */
export type AssetKind = (typeof ASSET_KINDS)[number];

/** The contracts of one network. */
export const Contracts = z.object({
  dollar: Address,
  trib: Address,
  assetRegistry: Address,
  channels: Address,
  erc3009Collector: Address,
  spokeAuthorizer: Address,
  receiptLog: Address,
  identityRegistry: Address,
  reputationRegistry: Address,
  validationRegistry: Address,
});
export type Contracts = z.infer<typeof Contracts>;

/** `$TRIBUTARY_HOME/network.json`: written when everything answers. */
export const NetworkFile = z.object({
  gateway: z.url(),
  rpc: z.url(),
  chainId: z.number().int().positive(),
  contracts: Contracts,
  apiKey: z.string(),
  assets: z.array(z.object({ id: Address, kind: z.enum(ASSET_KINDS), name: z.string(), upstream: z.array(Address) })),
});
export type NetworkFile = z.infer<typeof NetworkFile>;
