import { type Address, type Contracts, sameHex } from '@tributary/protocol';
import { type ContractEventName, type Log, parseEventLogs } from 'viem';
import {
  assetAccountAbi,
  assetRegistryAbi,
  channelsAbi,
  identityRegistryAbi,
  receiptLogAbi,
  reputationRegistryAbi,
  spokeAuthorizerAbi,
  testDollarAbi,
  tribAbi,
  validationRegistryAbi,
} from './generated/index.ts';
import type { EventLogs } from './logs.ts';

type MinedLog = Log<bigint, number, false>;

/** The contracts that speak in events, and `account` for the account of any asset. */
const ABIS = {
  assetRegistry: assetRegistryAbi,
  channels: channelsAbi,
  spokeAuthorizer: spokeAuthorizerAbi,
  receiptLog: receiptLogAbi,
  identityRegistry: identityRegistryAbi,
  reputationRegistry: reputationRegistryAbi,
  validationRegistry: validationRegistryAbi,
  dollar: testDollarAbi,
  trib: tribAbi,
  account: assetAccountAbi,
} as const;

export type EventSource = keyof typeof ABIS;

/** One decoded event. `source` and `eventName` together tell its arguments' types. */
export type NetworkEvent = {
  [S in EventSource]: { source: S } & EventLogs<(typeof ABIS)[S], ContractEventName<(typeof ABIS)[S]>>[number];
}[EventSource];

/**
 * Which ABI speaks at an address: one of the network's contracts, or an asset's account where `isAccount` says so.
 * Null for strangers.
 */
function sourceOf(
  contracts: Contracts,
  address: Address,
  isAccount: (address: Address) => boolean,
): EventSource | null {
  for (const name of Object.keys(ABIS) as EventSource[]) {
    if (name !== 'account' && sameHex(contracts[name], address)) return name;
  }
  return isAccount(address.toLowerCase() as Address) ? 'account' : null;
}

/**
 * Decodes the logs of a network in their order; logs of strangers and unknown events are left out.
 *
 * @param isAccount Whether an address is an asset's account. The default takes every stranger for one: right for logs
 * that were asked for by account, wrong for a whole block.
 */
export function decodeLogs(
  contracts: Contracts,
  logs: readonly MinedLog[],
  isAccount: (address: Address) => boolean = () => true,
): NetworkEvent[] {
  return logs.flatMap((log) => {
    const source = sourceOf(contracts, log.address, isAccount);
    if (!source) return [];
    const events = parseEventLogs({ abi: ABIS[source], logs: [log], strict: true });
    return events.map((event) => ({ source, ...event }) as NetworkEvent);
  });
}
