export { loadNodeConfig, type NodeConfig, type NodeConfigJson, parseNodeConfig } from './config.ts';
export { createNode, type Node } from './node.ts';
export {
  type AssetPlan,
  ensureAsset,
  ensureGas,
  ensureIdentity,
  ensureService,
  type IdentityPlan,
  predictAsset,
} from './provision.ts';
