import { Contracts, NetworkFile, TributaryError } from '@tributary/protocol';
import { z } from 'zod';

/** ERC-8004 registries as published by their authors: one pair for main networks, one for test networks. */
export const CANONICAL_ERC8004 = {
  mainnet: {
    identityRegistry: '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432',
    reputationRegistry: '0x8004baa17c55a88189ae136b182e5fda19de9b63',
  },
  testnet: {
    identityRegistry: '0x8004a818bfb912233c491871b3d84c89a494bd9e',
    reputationRegistry: '0x8004b663056a597dffe9eccc1965a193b7388713',
  },
} as const;

/** Circle's USDC on the chains we name; elsewhere the dollar is part of the contracts file. */
export const CANONICAL_DOLLAR: Readonly<Record<number, `0x${string}`>> = {
  1: '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
  8453: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
  84532: '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
};

/**
 * Addresses out of the JSON text of a `network.json` or of a bare contracts file (a `Contracts` object, or one under the
 * key `contracts`). Throws `bad_contracts_file` naming the field at fault.
 */
export function parseContracts(text: string): Contracts {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('bad_contracts_file', 'The contracts file is not JSON.', { cause, hint: FILE_HINT });
  }
  const inner = z.looseObject({ contracts: z.unknown() }).safeParse(json);
  const parsed = Contracts.safeParse(inner.success ? inner.data.contracts : json);
  if (!parsed.success) throw badFile('contracts file', parsed.error);
  return parsed.data;
}

/** A `network.json` parsed by schema. Throws `bad_contracts_file` naming the field at fault. */
export function parseNetworkFile(text: string): NetworkFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('bad_contracts_file', 'network.json is not JSON.', { cause, hint: FILE_HINT });
  }
  const parsed = NetworkFile.safeParse(json);
  if (!parsed.success) throw badFile('network.json', parsed.error);
  return parsed.data;
}

const FILE_HINT = 'Take the network.json that `tributary up` writes, or the contracts file printed by a deployment.';

function badFile(what: string, error: z.ZodError): TributaryError {
  const issue = error.issues[0];
  const field = issue?.path.join('.') || '(whole file)';
  return new TributaryError('bad_contracts_file', `The ${what} is not valid at ${field}: ${issue?.message}.`, {
    param: field,
    hint: FILE_HINT,
  });
}
